"""The verdict of a picture that could not be examined. Apart from `examine`, so that a process which only hands
pictures to workers loads no model runtime."""

from __future__ import annotations

import re
import secrets
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from .errors import BrushworkError
from .verdict import Failure, Verdict

_PACKAGE: Final = Path(__file__).resolve().parent


def failed(
    error: BrushworkError,
    *,
    external_id: str | None = None,
    channel: Literal["python", "command_line", "http", "page"] = "python",
) -> Verdict:
    """No answer, and why: the parts of `error`."""
    return Verdict(
        id=new_id(),
        created_at=datetime.now(UTC),
        channel=channel,
        external_id=external_id,
        error=Failure(type=error.slug, title=error.title, detail=error.detail, advice=error.advice),
    )


def places(error: BaseException, most: int = 8) -> list[str]:
    """The lines of code that `error` came through, the last `most`, for a log.

    An exception's own words are left out: they may quote what a stranger sent.
    """
    return [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-most:]]


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_PACKAGE)) if path.is_relative_to(_PACKAGE) else path.name


_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


def is_id(text: str) -> bool:
    """Whether `text` may be an id: a database need not be asked for anything else, and one refuses some characters."""
    return _ID.fullmatch(text) is not None


def new_id() -> str:
    """An id that cannot be guessed: 128 random bits, 22 letters that are safe in a URL."""
    return secrets.token_urlsafe(16)
