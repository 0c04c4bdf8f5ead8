"""The verdict of a picture that could not be examined. Apart from `examine`, so that a process which only hands
pictures to workers loads no model runtime."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Literal

from .errors import BrushworkError
from .verdict import Failure, Verdict


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


def new_id() -> str:
    """An id that cannot be guessed: 128 random bits, 22 letters that are safe in a URL."""
    return secrets.token_urlsafe(16)
