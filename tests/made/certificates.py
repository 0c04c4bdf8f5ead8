"""A test certificate chain, made anew at every run: a root, an intermediate and a leaf that may sign C2PA claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Authority:
    """What signs: the leaf's key and its chain (leaf first, without the root), and the root that a list may trust."""

    root_pem: str
    chain_pem: str
    key_pem: str

    def trust_list(self, folder: Path) -> Path:
        """Write the root as a trust list into `folder` and give its path."""
        path = folder / "trust.pem"
        path.write_text(self.root_pem, encoding="ascii")
        return path


@lru_cache(maxsize=8)
def authority(organisation: str = "Brushwork Test Signer", ocsp_url: str | None = None) -> Authority:
    """A chain of its own whose leaf bears the name `organisation` and may name an OCSP responder; the same one for the
    same name within one run."""
    now = datetime.now(UTC).replace(microsecond=0)
    until = now + timedelta(days=365)
    root_key, middle_key, leaf_key = (generate_private_key(SECP256R1()) for _ in range(3))
    root_name, middle_name = _name("Brushwork Test", "Test Root"), _name("Brushwork Test", "Test Intermediate")
    begin = now - timedelta(days=730)
    root = _certificate(root_name, root_key, root_name, root_key, begin, now + timedelta(days=3650), ca=True)
    middle = _certificate(middle_name, middle_key, root_name, root_key, begin, now + timedelta(days=1825), ca=True)
    leaf_name = _name(organisation, "Leaf")
    leaf = _certificate(leaf_name, leaf_key, middle_name, middle_key, begin, until, ca=False, ocsp_url=ocsp_url)
    key = leaf_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Authority(_pem(root), _pem(leaf) + _pem(middle), key.decode())


def _name(organisation: str, common: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, f"{organisation} {common}"),
    ])  # fmt: skip


def _certificate(
    subject: x509.Name,
    key: EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: EllipticCurvePrivateKey,
    begin: datetime,
    until: datetime,
    *,
    ca: bool,
    ocsp_url: str | None = None,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(_usage(ca=ca), critical=True)
    )
    if not ca:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=True)
    if ocsp_url is not None:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
