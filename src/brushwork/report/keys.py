"""The Ed25519 key of an instance: made at first use and kept for its owner alone, or given by a setting."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..errors import SigningError
from ..settings import Settings

ALGORITHM: Final = "Ed25519"
KEY_FILE: Final = "signing-key.pem"
_MAKE_ANOTHER: Final = (
    "Name a key file with BRUSHWORK_SIGNING_KEY, or a folder of your own with BRUSHWORK_SIGNING_FOLDER."
)


@dataclass(frozen=True)
class PublicKey:
    """The half that everyone may have, 32 bytes."""

    raw: bytes

    @property
    def text(self) -> str:
        """As it stands in reports and at /v1/instance: base64."""
        return base64.b64encode(self.raw).decode()

    @property
    def id(self) -> str:
        """Sixteen hex digits by which people compare keys."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @classmethod
    def of(cls, text: str) -> PublicKey:
        """From base64. Raises SigningError where it is no such key."""
        try:
            raw = base64.b64decode(text.strip(), validate=True)
        except ValueError as error:
            raise _no_public_key() from error
        if len(raw) != 32:
            raise _no_public_key()
        return cls(raw)

    def made(self, signature: bytes, of: bytes) -> bool:
        """True where the owner of this key signed `of` with `signature`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, of)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """The half that signs. It stays in this process and is never printed."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.public = PublicKey(raw)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 64 bytes."""
        return self._private.sign(data)


def signing_key(settings: Settings) -> SigningKey:
    """The key that the settings name; where there is none yet it is made. Raises SigningError."""
    if settings.signing_key is not None:
        return _read(settings.signing_key)
    path = settings.signing_folder.expanduser() / KEY_FILE
    try:
        if not path.exists():
            _make(path)
    except OSError as error:
        raise SigningError("No key to sign reports with could be made.", _MAKE_ANOTHER) from error
    return _read(path)


def known_key(settings: Settings) -> PublicKey | None:
    """The public half of that key where there is one already; none is made. Raises SigningError."""
    made = settings.signing_key is not None or (settings.signing_folder.expanduser() / KEY_FILE).exists()
    return signing_key(settings).public if made else None


def _make(path: Path) -> None:
    """Write a new key whole or not at all. Where another process was first, its key stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f".{secrets.token_hex(8)}.pem")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(pem)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename it never replaces what is there
    finally:
        draft.unlink()


def _read(path: Path) -> SigningKey:
    try:
        others = path.stat().st_mode & 0o077
        pem = path.read_bytes()
    except OSError as error:
        raise SigningError("The key to sign reports with cannot be read.", _MAKE_ANOTHER) from error
    if others and sys.platform != "win32":
        raise SigningError(
            "The key to sign reports with can be read by other users of this machine.",
            "Allow only its owner to read it (chmod 600), or make another one.",
        )
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise SigningError("The key to sign reports with is damaged or needs a password.", _MAKE_ANOTHER) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SigningError("The key to sign reports with is not an Ed25519 key.", _MAKE_ANOTHER)
    return SigningKey(private)


def _no_public_key() -> SigningError:
    return SigningError("That is not a public key of Brushwork.", "Copy it from /v1/instance of the issuing service.")
