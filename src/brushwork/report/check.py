"""What of a case file still holds: the signature, the file, the key, the picture, and the verdict examined anew."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from ..errors import PictureError, ReportUnusable
from ..verdict import Verdict
from .canonical import canonical, parsed
from .casefile import FORMAT, CaseFile
from .keys import ALGORITHM, PublicKey
from .seal import is_whole

MAX_FILE: Final = 64 * 1024 * 1024
"""Bytes of a case file that are read; they are far smaller."""
SAME_SCORE: Final = 0.02
"""How far the same model may differ between processors and versions of its runtime."""
_IN_HTML: Final = re.compile(rb'href="data:application/json;base64,([A-Za-z0-9+/=]+)"')
_BEGINNING: Final = f'{{"format":"{FORMAT}"'.encode()
# What belongs to one asking, not to the picture.
_OF_THE_ASKING: Final = frozenset({"id", "created_at", "channel", "external_id", "timing_ms", "explanations"})


class Outcome(StrEnum):
    """What came of one check."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNCHECKED = "could not be checked"


@dataclass(frozen=True)
class Check:
    """One check, told in a sentence."""

    about: str
    outcome: Outcome
    words: str


@dataclass(frozen=True)
class Checked:
    """All checks of one case file, and the case file where its data could be read."""

    checks: tuple[Check, ...]
    case: CaseFile | None

    @property
    def holds(self) -> bool:
        """True where nothing differs; what could not be checked is said, and counts neither way."""
        return all(check.outcome is not Outcome.DIFFERS for check in self.checks)


@dataclass(frozen=True)
class Evidence:
    """What there is to check against: the original picture, the keys that are known and whose they are, the hash of the
    bundle that is here, and how to examine the picture as the case file did."""

    picture: bytes | None = None
    keys: tuple[tuple[PublicKey, str], ...] = ()
    only_these: bool = False
    bundle_sha256: str | None = None
    trust_list: str | None = None
    examine: Callable[[bytes, CaseFile], Verdict] | None = None


def check(data: bytes, against: Evidence) -> Checked:
    """Check a case file of any form. Raises ReportUnusable where it is none."""
    document = document_in(data)
    public, value = _signature(document)
    checks = [_signed(document["payload"], public, value), _sealed(data, public), _known(public, against)]
    try:
        case = CaseFile.model_validate(document["payload"])
    except ValidationError:
        words = "The signed data are of another version of Brushwork; install that one to compare the rest."
        return Checked((*checks, Check("verdict", Outcome.UNCHECKED, words)), None)
    return Checked((*checks, *_compared(case, against)), case)


def document_in(data: bytes) -> dict[str, Any]:
    """The signed document inside a JSON, HTML or PDF case file. Raises ReportUnusable."""
    try:
        document = _found(data)
    except (ValueError, binascii.Error) as error:
        raise _unusable("The signed data in it cannot be read: they were changed or cut.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _unusable("It is no case file of a version that is known here.")
    if not isinstance(document.get("payload"), dict) or not isinstance(document.get("signature"), dict):
        raise _unusable("It has no signed data, or no signature.")
    return document


def _found(data: bytes) -> Any:
    inside = _IN_HTML.findall(data)
    if len(inside) > 1:
        raise ValueError("it has signed data twice")
    if inside:
        return parsed(base64.b64decode(inside[0], validate=True))
    if data.startswith(b"%PDF"):
        start = data.find(_BEGINNING)
        text = data[start:].decode("utf-8", "replace") if start >= 0 else ""
        _, end = json.JSONDecoder().raw_decode(text)
        return parsed(text[:end])
    return parsed(data)


def _signature(document: dict[str, Any]) -> tuple[PublicKey, bytes]:
    signature = document["signature"]
    try:
        raw = base64.b64decode(signature["public_key"], validate=True)
        value = base64.b64decode(signature["value"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable("Its signature cannot be read.") from error
    if signature.get("algorithm") != ALGORITHM or len(raw) != 32 or len(value) != 64:
        raise _unusable("Its signature is of a kind that is not known here.")
    return PublicKey(raw), value


def _signed(payload: dict[str, Any], public: PublicKey, value: bytes) -> Check:
    try:
        good = public.made(value, canonical(payload))
    except (ValueError, UnicodeEncodeError):  # a number or a letter that no signed data can have
        good = False
    if good:
        return Check("signature", Outcome.HOLDS, "The data are as they were signed.")
    return Check("signature", Outcome.DIFFERS, "The data were changed after signing. Nothing in them can be trusted.")


def _sealed(data: bytes, public: PublicKey) -> Check:
    whole = is_whole(data, public)
    if whole:
        return Check("file", Outcome.HOLDS, "The file is byte for byte as it was made.")
    how = "has no seal" if whole is None else "was changed after it was made"
    words = f"The file {how}: what it shows may not be what was signed. Trust only the signed data inside."
    return Check("file", Outcome.DIFFERS, words)


def _known(public: PublicKey, against: Evidence) -> Check:
    owner = next((whose for key, whose in against.keys if key == public), None)
    if owner is not None:
        return Check("key", Outcome.HOLDS, f"Signed by {owner} (key {public.id}).")
    if against.only_these:
        words = f"Signed by another key than the one that was given (key {public.id})."
        return Check("key", Outcome.DIFFERS, words)
    words = (
        f"Signed by a key that is not known here (key {public.id}): anyone can make one. Compare it with /v1/instance "
        "of the service that issued the file, or give that key."
    )
    return Check("key", Outcome.UNCHECKED, words)


def _compared(case: CaseFile, against: Evidence) -> Iterator[Check]:
    facts = case.verdict.input
    if against.picture is None:
        yield Check("picture", Outcome.UNCHECKED, "No picture was given to compare with.")
        return
    if facts is None or facts.sha256 is None:
        yield Check("picture", Outcome.UNCHECKED, "Bare pixels were examined: there is no hash to compare with.")
        return
    if hashlib.sha256(against.picture).hexdigest() != facts.sha256:
        words = "The picture is another file than the one that was examined: its hash differs."
        yield Check("picture", Outcome.DIFFERS, words)
        return
    yield Check("picture", Outcome.HOLDS, "The picture is the very file that was examined: its hash is the same.")
    yield _again(case, against)


def _again(case: CaseFile, against: Evidence) -> Check:
    model = case.verdict.model
    if against.examine is None or against.picture is None or model is None or model.sha256 != against.bundle_sha256:
        name = f"{model.name} {model.version}" if model else "of the verdict"
        return Check(
            "verdict", Outcome.UNCHECKED, f"The model {name} is not the one here, so it was not examined again."
        )
    if case.trust_list != against.trust_list:
        words = "The list of trusted signers here is another one, so it was not examined again."
        return Check("verdict", Outcome.UNCHECKED, words)
    try:
        return _told(case.verdict, against.examine(against.picture, case))
    except PictureError as error:
        return Check("verdict", Outcome.UNCHECKED, f"It could not be examined again here: {error.detail}")


def _told(then: Verdict, now: Verdict) -> Check:
    one, two = then.to_dict(), now.to_dict()
    changed = [name for name in one if name not in _OF_THE_ASKING and one[name] != two.get(name)]
    if not changed:
        return Check("verdict", Outcome.HOLDS, "Examined again here: the same verdict in every field.")
    same_score = abs((then.probability or 0) - (now.probability or 0)) <= SAME_SCORE
    if then.answer is now.answer and then.reason is now.reason and same_score:
        words = (
            f"Examined again here: the same answer for the same reason; {', '.join(changed)} not to the last letter."
        )
        return Check("verdict", Outcome.HOLDS, words)
    then_words, now_words = (f'"{v.wording.answer if v.wording else "none"}"' for v in (then, now))
    words = f"Examined again here: {now_words}, where the case file says {then_words}; {', '.join(changed)} differ."
    return Check("verdict", Outcome.DIFFERS, words)


def _unusable(detail: str) -> ReportUnusable:
    return ReportUnusable(f"The file is not a whole case file. {detail}", "Get it again from whoever made it.")
