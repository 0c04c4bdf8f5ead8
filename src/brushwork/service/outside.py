"""Pictures that a caller names by address: fetched a few at a time, and counted by how that ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.requests import Request

from ..errors import BrushworkError, PictureTooLarge, QueueFull, RequestRefused, UrlBlocked, UrlTimeout
from ..settings import Settings
from . import url_fetch
from .schemas import PictureAddress
from .uploads import Upload

AT_ONCE: Final = 8
"""How many addresses are fetched at once for callers who wait, and as many again for work in the background."""
MAX_JSON_BYTES: Final = 16 * 1024
_OUTCOMES: Final[Mapping[type[BrushworkError], str]] = {
    UrlBlocked: "blocked",
    UrlTimeout: "timeout",
    PictureTooLarge: "too_large",
}


class Outside:
    """The way out of one running service. `count` is told how each call ended: ok, or the kind of its failure."""

    def __init__(
        self, settings: Settings, count: Callable[[str], None], network: url_fetch.Network | None = None
    ) -> None:
        self._settings = settings
        self._count = count
        self._network = network or url_fetch.Network()
        self._lanes, self._background = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(AT_ONCE)

    async def picture(self, url: str) -> Upload:
        """The picture at `url`. Raises QueueFull where too many are fetched already, or what `fetch` raises."""
        if self._lanes.locked():
            raise QueueFull("As many addresses are fetched already as may be.", "Send it again in a few seconds.")
        return await self._fetched(url, self._lanes)

    async def picture_in_turn(self, url: str) -> Upload:
        """As `picture`, for work in the background, which takes no lane from callers and waits for its turn."""
        return await self._fetched(url, self._background)

    async def _fetched(self, url: str, lanes: asyncio.Semaphore) -> Upload:
        async with lanes:
            try:
                found = await url_fetch.fetch(url, self._settings, self._network)
            except BrushworkError as error:
                self._count(_OUTCOMES.get(type(error), "failed"))
                raise
        self._count("ok")
        return found

    async def deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send `body` to a webhook and return the status of the answer. Waits for its turn; raises as `post`."""
        async with self._background:
            return await url_fetch.post(url, body, headers, self._settings, self._network)


async def read_address(request: Request) -> str:
    """The address in a body like {"url": "https://..."}. Raises RequestRefused for any other."""
    try:
        return PictureAddress.model_validate(await read_json(request)).url
    except ValidationError as error:
        raise _refused() from error


async def read_json(request: Request) -> Any:
    """A short body in JSON. Raises RequestRefused for a long one and for what is none."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_JSON_BYTES:
            raise RequestRefused("The JSON is too long.", "Leave out what is not asked for.")
    try:
        return from_json(bytes(body))
    except ValueError as error:
        raise RequestRefused("The body is not JSON.", "Send what /docs shows.") from error


def is_json(request: Request) -> bool:
    """Whether the body is called JSON."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _refused() -> RequestRefused:
    return RequestRefused(
        "The JSON body is not an object with the text `url` alone.",
        'Send {"url": "https://..."}, or the picture itself in the part `image` of a form.',
    )
