"""Takes the pictures of a batch in: a form of files and zips that goes to the disk as it arrives, or a list of URLs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import BinaryIO, Final, cast

from pydantic import ValidationError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ..errors import PictureTooLarge, RequestRefused, UnsupportedFormat
from ..failures import new_id
from ..settings import Settings
from ..store.batch_facts import NewItem
from ..text import shown
from .batch_schemas import BatchOrder, PictureOrder
from .outside import is_json
from .spool import Spool
from .uploads import MAX_FIELD_BYTES, MAX_FIELDS, clean_path, why_not
from .zips import MAGICS, Bounds, unpack

PART: Final = "images"
MAX_ORDER_BYTES: Final = 8 * 1024 * 1024


class Intake:
    """What came with one request: items whose bytes lie in the spool folder, and what was said beside them."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._ids: list[str] = []
        self.unpacked = 0  # bytes out of all zips of the request
        self.items: list[NewItem] = []
        self.order = BatchOrder()

    def taken(self, item_id: str) -> None:
        """Bytes are about to be written under this id."""
        self._ids.append(item_id)

    def drop_but(self, kept: Sequence[str]) -> None:
        """Remove the bytes of everything that did not become an item."""
        self._spool.remove(set(self._ids) - set(kept))


@asynccontextmanager
async def taken_in(request: Request, spool: Spool, settings: Settings, key: str | None) -> AsyncIterator[Intake]:
    """Read the body; where the block fails, nothing of it stays on the disk.

    `key` names the one item of the request; several are called key.0, key.1 and so on. Raises RequestRefused,
    UnsupportedFormat, ArchiveRefused, SpoolFull, PictureTooLarge.
    """
    intake = Intake(spool)
    try:
        if is_json(request):
            await _read_order(request, intake, settings)
        elif "content-type" in request.headers:
            await _read_form(request, intake, spool, settings)
        _name_keys(intake, key)
        yield intake
    except BaseException:
        await asyncio.to_thread(intake.drop_but, ())
        raise


async def _read_order(request: Request, intake: Intake, settings: Settings) -> None:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_ORDER_BYTES:
            raise PictureTooLarge(f"The list has more than the {MAX_ORDER_BYTES:,} bytes allowed.", "Send it in parts.")
    try:
        intake.order = await asyncio.to_thread(BatchOrder.model_validate_json, bytes(body))
    except ValidationError as error:
        first = error.errors()[0]
        place = shown(".".join(str(part) for part in first["loc"]), 80) or "the body"
        raise RequestRefused(
            f"The JSON is not as it must be: {place}: {shown(first['msg'], 120)}.",
            'Send {"urls": ["https://..."]}, as /docs shows it.',
        ) from error
    urls = intake.order.urls
    if len(urls) > settings.max_batch_items:
        raise RequestRefused(f"There are more than {settings.max_batch_items:,} URLs.", "Make several batches of them.")
    orders = [PictureOrder(url=url) if isinstance(url, str) else url for url in urls]
    intake.items += [
        NewItem(new_id(), shown(order.external_id or order.url), url=order.url, client_key=order.key)
        for order in orders
    ]


async def _read_form(request: Request, intake: Intake, spool: Spool, settings: Settings) -> None:
    _check_type(request.headers)
    announced = request.headers.get("content-length", "0")
    name = await asyncio.to_thread(spool.prepare, int(announced) if announced.isdigit() else 0)
    parser = _Parser(request.headers, request.stream(), spool, intake, settings)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise RequestRefused(
            "The form is not as it must be: " + why_not(error, settings.max_batch_items),
            "Send multipart/form-data, as /docs shows it.",
        ) from error
    said = {part: value for part, value in form.multi_items() if isinstance(value, str)}
    if wrong := set(said) - {"name", "webhook_url"}:
        raise RequestRefused(f"The part `{shown(min(wrong), 40)}` is not expected.", f"Send pictures as `{PART}`.")
    try:
        intake.order = BatchOrder.model_validate(said)
    except ValidationError as error:
        raise RequestRefused("`name` or `webhook_url` is too long.", "Send a shorter one.") from error
    for file in parser.files:
        await asyncio.to_thread(_arrive, file, name, intake, spool, settings)
    if len(intake.items) > settings.max_batch_items:
        raise RequestRefused(
            f"There are more than {settings.max_batch_items:,} pictures.", "Make several batches of them."
        )


def _arrive(file: _File, name: str, intake: Intake, spool: Spool, settings: Settings) -> None:
    """Turn a finished part into its item, or a zip into its items."""
    if not file.is_archive:
        intake.items.append(NewItem(file.id, file.filename, spool=name))
        return
    left = settings.max_batch_items - len(intake.items)
    bounds = Bounds(left, settings.max_bytes + 1, settings.max_zip_bytes - intake.unpacked)
    found = unpack(spool.path(file.id), spool, bounds, intake.taken)
    intake.unpacked += sum(spool.path(one.id).stat().st_size for one in found)
    spool.remove([file.id])
    intake.items += [NewItem(one.id, one.name, spool=name) for one in found]


def _name_keys(intake: Intake, key: str | None) -> None:
    """Give each item its key; one that comes twice in a request is taken once."""
    only = len(intake.items) == 1
    named: dict[str, NewItem] = {}
    for number, item in enumerate(intake.items):
        own = item.client_key or (None if key is None else key if only else f"{key}.{number}")
        named.setdefault(own or item.id, replace(item, client_key=own))
    intake.items = list(named.values())


def _check_type(headers: Headers) -> None:
    given = headers["content-type"].partition(";")[0].strip().lower()
    if given != "multipart/form-data":
        raise UnsupportedFormat(
            f"The body is {shown(given, 60) or 'of no stated type'}.",
            f"Send multipart/form-data with pictures or zips in parts `{PART}`, or application/json with `urls`.",
        )


class _File(UploadFile):
    """One part on its way to the disk, no more of it than a picture may have; a zip may be as long as the request."""

    def __init__(self, filename: str, spool: Spool, most: int) -> None:
        super().__init__(cast("BinaryIO", None), filename=clean_path(filename))
        self.id = new_id()
        self._spool, self._most = spool, most
        self._head, self._came = b"", 0

    @property
    def is_archive(self) -> bool:
        """Told by the first bytes, never by the name."""
        return self._head in MAGICS

    async def write(self, data: bytes) -> None:
        """Append what there is room for."""
        self._head += data[: 4 - len(self._head)]
        kept = data if self.is_archive else data[: max(self._most - self._came, 0)]
        self._came += len(data)
        if kept:
            await asyncio.to_thread(self._spool.append, self.id, kept)

    async def seek(self, offset: int) -> None:  # noqa: ARG002  the parser's way to say that the part is whole
        """Make sure that an empty one is there, too."""
        if self._came == 0:
            await asyncio.to_thread(self._spool.append, self.id, b"")


class _Parser(MultiPartParser):
    """Starlette's parser, whose files go to the spool folder."""

    def __init__(
        self,
        headers: Headers,
        stream: AsyncGenerator[bytes, None],
        spool: Spool,
        intake: Intake,
        settings: Settings,
    ) -> None:
        most = settings.max_batch_items
        super().__init__(headers, stream, max_files=most, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
        self._spool, self._intake, self._most = spool, intake, settings.max_bytes + 1
        self.files: list[_File] = []

    def on_headers_finished(self) -> None:
        """Let the bytes of a file go where they wait for their turn."""
        super().on_headers_finished()
        part = self._current_part
        if part.file is None:
            return
        if part.field_name != PART:
            raise RequestRefused(
                f"The part `{shown(part.field_name, 40)}` is not expected.", f"Send pictures and zips as `{PART}`."
            )
        self._files_to_close_on_error.clear()
        file = _File(part.file.filename or "", self._spool, self._most)
        part.file = file
        self._intake.taken(file.id)
        self.files.append(file)
