"""The dates that a file carries: as they stand there, signed by nobody, so that anyone may have written them."""

from __future__ import annotations

import re
from typing import Final

from pydantic import BaseModel, ConfigDict

from ..picture import Picture
from .raw import fields_of

MAX_DATES: Final = 24
_NAMES: Final = re.compile(r"date|^creation.?time$|(^|:)when$", re.IGNORECASE)
"""EXIF DateTimeOriginal, XMP CreateDate and the `when` of its history, IPTC DateCreated, Creation Time of PNG."""


class Dated(BaseModel):
    """One date: the field that it stands in, and its text, which need not be a date at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    value: str


def dates_of(picture: Picture) -> tuple[Dated, ...]:
    """The dates in the metadata of `picture`, each once, at most MAX_DATES; those of a place are left out."""
    found = (
        Dated(field=f"{field.group} {field.name}", value=field.value[:80])
        for field in fields_of(picture)
        if not field.hidden and field.value.strip() and _NAMES.search(field.name)
    )
    return tuple(dict.fromkeys(found))[:MAX_DATES]
