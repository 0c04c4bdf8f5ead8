"""The seal of a file: a signature over every byte of it but the seal's own, the same for JSON, HTML and PDF.

The signature of the data says that the data are as they were signed; the seal says so of the whole file, of what people
see as well. A file is written with BLANK in it, which is then replaced by a seal of the same length.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from .keys import PublicKey, SigningKey

_MARK: Final = "brushwork-seal:"
_LENGTH: Final = 86  # letters of 64 bytes in base64 without padding
BLANK: Final = _MARK + "0" * _LENGTH
_SEAL: Final = re.compile(re.escape(_MARK).encode() + rb"([A-Za-z0-9_-]{86})")


def sealed(data: bytes, key: SigningKey) -> bytes:
    """`data`, which has BLANK in it once, with the seal in its place."""
    if len(_SEAL.findall(data)) != 1:
        raise ValueError("a file that is to be sealed has one place for the seal")
    value = base64.urlsafe_b64encode(key.sign(_digest(data))).rstrip(b"=")
    return _SEAL.sub(_MARK.encode() + value, data)


def is_whole(data: bytes, public: PublicKey) -> bool | None:
    """Whether `data` is byte for byte what the owner of `public` sealed; None where it has no seal."""
    found = _SEAL.findall(data)
    if not found:
        return None
    value = base64.urlsafe_b64decode(found[0] + b"==")
    blank = _SEAL.sub(BLANK.encode(), data)
    return len(found) == 1 and _unpadded(value) == found[0] and public.made(value, _digest(blank))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _unpadded(value: bytes) -> bytes:
    """The one spelling of `value`: the last letter of base64 has spare bits, which must not hide a changed byte."""
    return base64.urlsafe_b64encode(value).rstrip(b"=")
