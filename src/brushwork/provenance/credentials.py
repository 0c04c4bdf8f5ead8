"""Content Credentials: C2PA manifests, read with c2pa-python. `manifests.py` says what a chain of them means.

Trust. `trusted`: the library finds the chain of certificates good against the configured list, and no manifest that the
claim rests on has a failure, now or in what its signer noted. `tampered`: the picture or a claim was altered after
signing; harmless optimisers do that too, so it says no more. `unverified`: anything else, such as a signer that no list
names, or an expired, malformed or non-conforming certificate. Authentic files of 2023 to 2026 are commonly so, and
what they declare still counts as a declaration. No trust list is assumed: one that the operator names is the only one.

Network. The library would follow references to remote manifests, ask OCSP responders and resolve the issuers of CAWG
identity assertions (did:web, an address that the file chooses). All three are off, and the list of hosts is empty.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..errors import SettingsError
from ..text import shown
from ..verdict import Claim, Evidence, Fact, Trust
from .answers import absent, bare_pixels, fact, found, unreadable
from .manifests import Manifest, Reading, manifests_of, read_chain
from .metadata import Metadata
from .xmp import xmp_packet

SOURCE: Final = "credentials"
MAX_REPORT: Final = 16 << 20
"""Characters of the library's report that are read; the largest real one has about 60,000."""

_MEDIA_TYPES: Final = {
    "JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff",
    "GIF": "image/gif", "AVIF": "image/avif", "HEIF": "image/heif",
}  # fmt: skip

# Validation codes (C2PA 2.2, section 15.2) in plain words.
CODES: Final[dict[str, str]] = {
    "signingCredential.untrusted": "the signer is not in a configured trust list",
    "signingCredential.expired": "the signer's certificate had expired",
    "signingCredential.invalid": "the signer's certificate does not conform to the rules",
    "signingCredential.revoked": "the signer's certificate was revoked",
    "signingCredential.ocsp.revoked": "the signer's certificate was revoked",
    "claimSignature.outsideValidity": "it was signed outside the certificate's time of validity",
    "claimSignature.mismatch": "the signature does not fit the claim: altered after signing",
    "claimSignature.missing": "the signature is missing",
    "assertion.dataHash.mismatch": "the file was altered after signing",
    "assertion.boxesHash.mismatch": "the file was altered after signing",
    "assertion.bmffHash.mismatch": "the file was altered after signing",
    "assertion.hashedURI.mismatch": "a statement in the manifest was altered after signing",
    "assertion.missing": "a statement that the manifest lists is missing",
    "assertion.undeclared": "a statement was added after signing",
    "assertion.action.malformed": "the list of actions does not conform to the rules",
    "assertion.cbor.invalid": "a statement is damaged",
    "assertion.json.invalid": "a statement is damaged",
    "claim.malformed": "the claim does not conform to the rules",
    "claim.missing": "the claim is missing",
    "claim.hardBindings.missing": "the manifest is not bound to the picture",
    "ingredient.manifest.mismatch": "the manifest of an ingredient was altered after signing",
    "ingredient.claimSignature.mismatch": "the manifest of an ingredient was altered after signing",
    "ingredient.hashedURI.mismatch": "the manifest of an ingredient was altered after signing",
    "ingredient.manifest.missing": "the manifest of an ingredient is missing",
    "timeStamp.mismatch": "the time stamp does not fit the signature",
    "timeStamp.untrusted": "the authority of the time stamp is not in a trust list",
    "timeStamp.malformed": "the time stamp is damaged",
    "timeStamp.outsideValidity": "the time stamp lies outside its certificate's time of validity",
    "algorithm.unsupported": "it uses an unknown algorithm",
    "general.error": "the manifest could not be checked",
}
TAMPERED: Final = frozenset({
    "claimSignature.mismatch", "assertion.dataHash.mismatch", "assertion.boxesHash.mismatch",
    "assertion.bmffHash.mismatch", "assertion.hashedURI.mismatch", "assertion.undeclared", "assertion.missing",
    "ingredient.manifest.mismatch", "ingredient.claimSignature.mismatch", "ingredient.hashedURI.mismatch",
})  # fmt: skip
_SUCCESS: Final = re.compile(r"\.(match|validated|trusted|accessible|insideValidity|notRevoked|equal|provenance)$")


def read(metadata: Metadata) -> tuple[Evidence, ...]:
    """The Content Credentials of the picture, checked against the trust list if there is one.

    Raises SettingsError where the trust list cannot be read.
    """
    picture = metadata.picture
    if picture.data is None:
        return (bare_pixels(SOURCE),)
    media_type = _MEDIA_TYPES.get(picture.facts.format or "")
    if media_type is None or not _may_have(picture.data, xmp_packet(picture)):
        return (absent(SOURCE, "No Content Credentials (C2PA) in this file."),)
    return (_read(picture.data, media_type, metadata.trust_list),)


def _may_have(data: bytes, packet: bytes) -> bool:
    """False where the file can neither hold nor point to a manifest, so that the library need not be loaded. Manifests
    lie in JUMBF boxes, whose type is never compressed; references stand in XMP."""
    return b"jumb" in data or b"dcterms:provenance" in data or b"provenance" in packet


def _read(data: bytes, media_type: str, trust_list: Path | None) -> Evidence:
    import c2pa  # on first use: loading the native library takes 50 ms and 30 MB

    context = c2pa.Context(c2pa.Settings.from_dict(reader_settings(trust_list)))
    try:
        with c2pa.Reader(media_type, io.BytesIO(data), context=context) as reader:
            text = reader.json()
    except c2pa.C2paError as error:
        return _refused(error)
    except Exception as error:  # noqa: BLE001, the boundary to native code: whatever it says is a reason, never a crash
        return unreadable(SOURCE, f"The Content Credentials could not be read: {type(error).__name__}.")
    if len(text) > MAX_REPORT:
        return unreadable(SOURCE, f"The Content Credentials have more than {MAX_REPORT:,} characters.")
    try:
        report = json.loads(text)
    except (ValueError, RecursionError) as error:
        return unreadable(SOURCE, f"The Content Credentials could not be read: {error}.")
    return _judge(report if isinstance(report, dict) else {})


def reader_settings(trust_list: Path | None) -> dict[str, Any]:
    """Settings of the library: no network at all, and the operator's trust list as the only anchors."""
    settings: dict[str, Any] = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
        "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
    }
    if trust_list is not None:
        settings["trust"] = {"trust_anchors": trust_anchors(trust_list)}
    return settings


def trust_anchors(path: Path) -> str:
    """The certificates of a trust list as text. Raises SettingsError where it cannot be read or holds a damaged one."""
    from cryptography.x509 import load_pem_x509_certificates  # on first use, like the library itself

    try:
        pem = path.read_bytes()
        load_pem_x509_certificates(pem)
        return pem.decode("utf-8")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The trust list {shown(str(path))} cannot be used: {shown(str(error), 120)}.",
            "Name a PEM file of certificates in BRUSHWORK_TRUST_LIST.",
        ) from error


def _refused(error: Exception) -> Evidence:
    """The library's error as an answer. It says in the name whether there is nothing, or something out of reach."""
    message = str(error)
    if type(error).__name__.endswith("ManifestNotFound"):
        return absent(SOURCE, "No Content Credentials (C2PA) in this file.")
    remote = re.search(r"https?://\S+", message)
    if "remote" in message[:60].lower():
        facts = (fact("C2PA remote manifest", remote.group()),) if remote else ()
        return unreadable(
            SOURCE,
            "The file has a remote manifest, not fetched: its Content Credentials are kept on a server that it names.",
            facts,
        )
    return unreadable(SOURCE, f"There are Content Credentials, but they are damaged: {shown(message, 160)}.")


def _judge(report: dict[str, Any]) -> Evidence:
    store = manifests_of(report)
    active = store.get(str(report.get("active_manifest")))
    if active is None:
        return unreadable(SOURCE, "There are Content Credentials, but none of them is named as the active one.")
    reading = read_chain(store, active.label)
    codes = tuple(dict.fromkeys(_failures(report)))
    trust = _trust(report, reading, active, codes)
    return found(
        SOURCE,
        _summary(active, reading, trust, codes),
        claim=reading.claim,
        trust=trust,
        tool=reading.tool or active.generator or None,
        facts=tuple(_facts(store, active, codes)),
    )


def _failures(report: dict[str, Any]) -> Iterator[str]:
    """The codes of what failed now. Those of identity assertions (cawg) are about people, who are not looked at."""
    for status in report.get("validation_status") or []:
        code = status.get("code") if isinstance(status, dict) else None
        if isinstance(code, str) and not code.startswith("cawg.") and not _SUCCESS.search(code):
            yield code


def _trust(report: dict[str, Any], reading: Reading, active: Manifest, codes: tuple[str, ...]) -> Trust:
    if TAMPERED.intersection(codes):
        return Trust.TAMPERED
    if report.get("validation_state") != "Trusted":
        return Trust.UNVERIFIED
    if reading.claim not in (Claim.CAPTURE, Claim.HUMAN_EDIT) and len(reading.basis) <= 1:
        return Trust.TRUSTED  # the active manifest says it by itself
    # The library calls a chain trusted although an ingredient's signer is not, where the signer after it noted that.
    noted = {c for m in (reading.basis or (active,)) for c in m.recorded if not _SUCCESS.search(c)}
    if {m.label for m in reading.basis} <= _trusted_now(report):
        noted.discard("signingCredential.untrusted")
    return Trust.UNVERIFIED if codes or noted else Trust.TRUSTED


def _trusted_now(report: dict[str, Any]) -> set[str]:
    """Labels of the manifests whose signer is in the configured list."""
    results = report.get("validation_results") or {}
    deltas = [delta.get("validationDeltas") or {} for delta in results.get("ingredientDeltas") or []]
    checked = [results.get("activeManifest") or {}, *deltas]
    good = [status for part in checked for status in part.get("success") or []]
    urls = [str(status.get("url")) for status in good if status.get("code") == "signingCredential.trusted"]
    return {url.partition("/c2pa/")[2].split("/")[0] for url in urls}


_CLAIMS: Final = {
    Claim.WHOLLY_AI: "declare that AI made this picture",
    Claim.PARTLY_AI: "declare that AI was used in part of this picture",
    Claim.CAPTURE: "declare that this is a camera capture",
    Claim.HUMAN_EDIT: "declare that this is a camera capture that a person edited",
    Claim.NOT_STATED: "do not say whether AI made this picture",
}


def _declares(active: Manifest, claim: Claim) -> str:
    """The claim in words; where it is none that counts, what the source types of the actions say of the picture."""
    said = dict.fromkeys(a.source.words for a in active.actions if a.source is not None)
    if claim is Claim.NOT_STATED and said:
        return f"declare that it was {' and '.join(said)}"
    return _CLAIMS[claim]


def _summary(active: Manifest, reading: Reading, trust: Trust, codes: tuple[str, ...]) -> str:
    signer = shown(active.issuer, 80) or "an unnamed signer"
    head = f"Content Credentials by {signer} {_declares(active, reading.claim)}"
    if trust is Trust.TRUSTED:
        return f"{head}; the signature is intact and the signer is in the configured trust list."
    if trust is Trust.TAMPERED:
        return f"{head}, but the file or its credentials were altered after signing, so this does not count."
    others = [CODES.get(c, c) for c in codes if c not in ("signingCredential.untrusted", "general.error")]
    if others:
        return f"{head}; the signature cannot be verified: {'; '.join(others[:3])}."
    return f"{head}; the signature is intact, but no trust list is configured here that names the signer."


def _facts(store: dict[str, Manifest], active: Manifest, codes: tuple[str, ...]) -> Iterator[Fact]:
    """The fields that the claim rests on, active manifest first. Names of people, places and serials stay out."""
    for manifest in (active, *(m for m in store.values() if m is not active)):
        where = "C2PA" if manifest is active else "C2PA ingredient"
        if manifest.generator:
            yield fact(f"{where} claim generator", manifest.generator)
        if manifest.issuer:
            yield fact(f"{where} issuer", manifest.issuer)
        for action in manifest.actions[:12]:
            parts = (action.label, action.agent and f"by {action.agent}", action.raw_type and f"as {action.raw_type}")
            yield fact(f"{where} action", ", ".join(part for part in parts if part))
    for code in codes:
        yield fact("C2PA validation", f"{code}: {CODES.get(code, 'the manifest does not conform to the rules')}")
