"""A picture by its address on the command line. Apart from `run`, so that no scan of files loads what calls servers."""

from __future__ import annotations

import asyncio

from ..service.url_fetch import fetch
from ..settings import Settings


def fetched(url: str, settings: Settings) -> bytes:
    """The bytes at `url`, behind the same guard as in the service. Who gives an address asks for it to be called, so
    that only BRUSHWORK_URL_FETCH=false forbids it. Raises UrlBlocked, UrlFetchFailed, UrlTimeout or PictureTooLarge."""
    asked = settings.model_copy(update={"url_fetch": settings.url_fetch is not False})
    return asyncio.run(fetch(url, asked)).data
