"""Cursors of pages in the order of (time, id): opaque to callers, and good even where their row was deleted."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from ..errors import RequestRefused


def cursor(moment: datetime, row_id: str) -> str:
    """The cursor behind the row of `moment` and `row_id`."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def place(given: str) -> tuple[datetime, str]:
    """The time and id behind which the page begins. Raises RequestRefused for what `cursor` did not make."""
    try:
        moment, _, row_id = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode().partition("|")
        found = datetime.fromisoformat(moment), row_id
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise _bad() from error
    if found[0].tzinfo is None:
        raise _bad()
    return found


def _bad() -> RequestRefused:
    return RequestRefused("The cursor `after` is not one that this service gave.", "Start again without it.")
