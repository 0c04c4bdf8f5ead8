"""What stands in a case file: the verdict and everything that one needs to get it again, signed as one value."""

from __future__ import annotations

import base64
import hashlib
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from .. import __version__
from ..settings import Settings
from ..text import shown
from ..verdict import Verdict
from .canonical import canonical
from .keys import ALGORITHM, SigningKey

FORMAT: Final = "brushwork-case-file/1"
MAX_NOTE: Final = 4000
"""Characters of one note."""
_LIBRARIES: Final = ("numpy", "Pillow", "onnxruntime", "c2pa-python")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Note(_Part):
    """What a person added: a note, or a decision about the picture. `by` is a label, never a key or an address."""

    text: str
    at: datetime
    by: str | None = None


class Environment(_Part):
    """What the examination ran on, since another processor or library may move the last digits."""

    brushwork: str
    python: str
    machine: str
    libraries: dict[str, str]


class CaseFile(_Part):
    """The signed value. `name` is how the file was called when it was handed in; `trust_list` the hash of the list of
    trusted signers, None without one."""

    format: Literal["brushwork-case-file/1"] = FORMAT
    made_at: datetime
    name: str | None
    asked_by: str | None
    trust_list: str | None
    verdict: Verdict
    environment: Environment
    notes: tuple[Note, ...] = ()
    decisions: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Shown:
    """The pictures of a case file as JPEG, made from raw pixels: the picture itself, small, and the map of regions."""

    picture: bytes | None = None
    regions: bytes | None = None


def case_file(
    verdict: Verdict,
    *,
    name: str | None = None,
    note: str = "",
    asked_by: str | None = None,
    trust_list: str | None = None,
    decisions: tuple[Note, ...] = (),
) -> CaseFile:
    """The case file of `verdict`, made now. One without an answer raises ValueError: there is nothing to certify."""
    if verdict.wording is None:
        raise ValueError("a verdict without an answer has no case file")
    now = datetime.now(UTC).replace(microsecond=0)
    label = shown(asked_by, 120) if asked_by else None
    said = "\n".join(shown(line, MAX_NOTE) for line in note[:MAX_NOTE].splitlines()).strip()
    notes = (Note(text=said, at=now, by=label),) if said else ()
    return CaseFile(
        made_at=now,
        name=shown(name, 200) if name else None,
        asked_by=label,
        trust_list=trust_list,
        verdict=verdict,
        environment=_environment(),
        notes=notes,
        decisions=decisions,
    )


def trust_of(settings: Settings) -> str | None:
    """The hash of the list of trusted signers that the settings name; None without one."""
    return hashlib.sha256(settings.trust_list.read_bytes()).hexdigest() if settings.trust_list else None


def signed(case: CaseFile, key: SigningKey) -> dict[str, Any]:
    """The document {format, payload, signature}: the payload as JSON values, the signature over its canonical form."""
    payload = case.model_dump(mode="json")
    value = base64.b64encode(key.sign(canonical(payload))).decode()
    signature = {"algorithm": ALGORITHM, "key_id": key.public.id, "public_key": key.public.text, "value": value}
    return {"format": FORMAT, "payload": payload, "signature": signature}


def _environment() -> Environment:
    return Environment(
        brushwork=__version__,
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        libraries={name: version(name) for name in _LIBRARIES},
    )
