"""Reads an upload: multipart parts, in memory, within limits that hold while the bytes still arrive."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ..errors import RequestRefused, UnsupportedFormat
from ..settings import Settings
from ..text import shown

MAX_FIELDS: Final = 8
MAX_FIELD_BYTES: Final = 4096
MAX_NAME: Final = 120
MAX_PATH: Final = 200


@dataclass(frozen=True)
class Upload:
    """One picture that was sent: its bytes, and the name it had there, cleaned and without folders."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The hash of the bytes, in hex. Takes milliseconds for large ones: not in the event loop."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Form:
    """The parts of one request: pictures in order, and the few short fields beside them."""

    uploads: tuple[Upload, ...]
    fields: dict[str, str]


async def read_form(request: Request, settings: Settings, part: str, most: int, instead: str | None = None) -> Form:
    """Read the pictures in the parts named `part`, at most `most` of them; there may be none where the field `instead`
    is filled in.

    A picture larger than the limit keeps one byte more than it, so that opening it says so; the rest is dropped as
    it arrives. Raises RequestRefused for a form that is not as it must be, UnsupportedFormat for any other body.
    """
    async with _parts(request, settings, f"`{part}`", most) as items:
        return _form(items, part, instead)


async def read_pair(request: Request, settings: Settings, names: tuple[str, str]) -> tuple[Upload, Upload]:
    """Read two pictures, one in each of the parts `names`; errors as with `read_form`."""
    async with _parts(request, settings, " and ".join(f"`{name}`" for name in names), 2) as items:
        found = {name: value for name, value in items if not isinstance(value, str)}
        if set(found) != set(names):
            wanted = " and ".join(f"`{name}`" for name in names)
            raise RequestRefused("The form has not one file in each of its two parts.", f"Send pictures as {wanted}.")
        first, second = (Upload(clean_name(found[name].filename), found[name].file.read()) for name in names)
        return first, second


@asynccontextmanager
async def _parts(
    request: Request, settings: Settings, wanted: str, most: int
) -> AsyncIterator[list[tuple[str, UploadFile | str]]]:
    """The parts of the form in order; files are closed at the end."""
    _check_type(request.headers, wanted)
    parser = _Parser(request.headers, request.stream(), most, settings.max_bytes + 1)
    try:
        parts = await parser.parse()
    except MultiPartException as error:
        raise RequestRefused(
            "The form is not as it must be: " + why_not(error, most), "Send multipart/form-data, as /docs shows it."
        ) from error
    try:
        yield list(parts.multi_items())
    finally:
        await parts.close()


def _check_type(headers: Headers, wanted: str) -> None:
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != "multipart/form-data":
        raise UnsupportedFormat(
            f"The body is {shown(given, 60) or 'of no stated type'}.",
            f"Send multipart/form-data with the picture in the part {wanted}.",
        )


def _form(items: list[tuple[str, UploadFile | str]], part: str, instead: str | None) -> Form:
    uploads, fields = [], {}
    for name, value in items:
        if isinstance(value, str):
            fields[name] = value
        elif name == part:
            uploads.append(Upload(clean_name(value.filename), value.file.read()))
        else:
            raise RequestRefused(f"The part `{shown(name, 40)}` is not expected.", f"Send pictures as `{part}`.")
    if not uploads and not (instead and fields.get(instead)):
        raise RequestRefused(f"The form has no file in a part named `{part}`.", "Choose a picture and send it again.")
    return Form(tuple(uploads), fields)


def clean_name(name: str | None) -> str:
    """The last part of a file name that a stranger gave, on one line, without control characters."""
    return shown(PurePosixPath((name or "").replace("\\", "/")).name, MAX_NAME) or "picture"


def clean_path(name: str | None) -> str:
    """The same with the folders that it lay in, as text: which entry of a contest `final.png` was is told by them."""
    parts = (shown(part, MAX_NAME) for part in (name or "").replace("\\", "/").split("/"))
    path = "/".join(part for part in parts if part not in ("", ".", ".."))
    return f"…{path[-MAX_PATH + 1 :]}" if len(path) > MAX_PATH else path or "picture"


def why_not(error: MultiPartException, most: int) -> str:
    """What is wrong with a form that may have `most` files, in our words."""
    if "files" in error.message:
        return f"it has more than {most} files."
    if "fields" in error.message or "Part exceeded" in error.message:
        return f"it has more than {MAX_FIELDS} fields, or one of more than {MAX_FIELD_BYTES} bytes."
    return "it is not well-formed multipart data."


class _Parser(MultiPartParser):
    """Starlette's parser, with a limit for each file and without files on the disk."""

    def __init__(
        self, headers: Headers, stream: AsyncGenerator[bytes, None], max_files: int, max_file_bytes: int
    ) -> None:
        super().__init__(headers, stream, max_files=max_files, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
        self.spool_max_size = max_file_bytes + 1  # a picture is never written to the disk
        self._max_file_bytes = max_file_bytes
        self._taken = 0

    def on_part_begin(self) -> None:
        """Start counting for the next part."""
        super().on_part_begin()
        self._taken = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Take what is within the limit of one file; drop the rest."""
        if self._current_part.file is not None:
            end = min(end, start + self._max_file_bytes - self._taken)
            self._taken += end - start
            if end == start:
                return
        super().on_part_data(data, start, end)
