"""Tidies up while the service runs: at its start and every hour, and never so that a request would wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ..errors import BrushworkError
from ..store.retention import EVERY_S, Periods
from .desk import Desk
from .feedback_desk import FeedbackDesk
from .logs import log


@asynccontextmanager
async def tidying(desk: Desk) -> AsyncIterator[None]:
    """Run the janitor until the block ends; a look that was begun is finished first."""
    task = asyncio.create_task(_forever(desk))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _forever(desk: Desk) -> None:
    while True:
        await asyncio.shield(asyncio.to_thread(look_once, desk))
        await asyncio.sleep(EVERY_S)


def look_once(desk: Desk) -> None:
    """Delete what is old enough and bring the figures up to date. What cannot be done now is logged and tried later."""
    try:
        done = desk.store.retention.tidy(Periods.of(desk.settings))
        FeedbackDesk(desk).measure()
    except BrushworkError as error:
        log().warning("not tidied", problem=error.slug)
        return
    if done is not None:
        desk.metrics.tidied(done)
        log().info("tidied", verdicts=done.verdicts, pictures=done.pictures, batches=done.batches, held=done.held)
