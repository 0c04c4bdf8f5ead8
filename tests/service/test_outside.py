"""The way out: what works in the background takes no lane from a caller who waits."""

from __future__ import annotations

import asyncio
import threading

import pytest

from brushwork.errors import QueueFull
from brushwork.service.outside import AT_ONCE, Outside
from brushwork.settings import Settings
from tests.made.elsewhere import drips, elsewhere, gives


def test_slow_addresses_of_batches_keep_no_caller_out(painting: bytes) -> None:
    end = threading.Event()
    with elsewhere() as site:
        site.replies |= {"/slow.png": drips(end), "/a.png": gives(painting)}
        outside = Outside(Settings(url_fetch_allow=(site.here,)), lambda _: None)

        async def run() -> None:
            slow = [asyncio.ensure_future(outside.picture_in_turn(site.url("/slow.png"))) for _ in range(AT_ONCE)]
            while len(site.seen) < AT_ONCE:
                await asyncio.sleep(0.01)
            assert (await outside.picture(site.url("/a.png"))).data
            callers = [asyncio.ensure_future(outside.picture(site.url("/slow.png"))) for _ in range(AT_ONCE)]
            while len(site.seen) < 2 * AT_ONCE + 1:
                await asyncio.sleep(0.01)
            with pytest.raises(QueueFull, match="fetched already"):
                await outside.picture(site.url("/a.png"))
            for task in (*slow, *callers):
                task.cancel()
            await asyncio.gather(*slow, *callers, return_exceptions=True)

        try:
            asyncio.run(run())
        finally:
            end.set()
