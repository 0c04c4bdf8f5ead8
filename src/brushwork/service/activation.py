"""Another bundle without a pause: new workers load it, then they take over, and the former ones finish what they have.

The choice is kept in the database. Every process that serves it looks there every FOLLOW_S seconds and does the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from ..errors import BrushworkError, BundleError, StoreError
from ..forensics.bundle import Bundle
from ..workers import Workers
from .desk import Desk
from .logs import log

FOLLOW_S: Final = 2.0


class Activation:
    """Changes the bundle of one desk, one change at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._one = asyncio.Lock()
        self._draining: set[asyncio.Task[None]] = set()
        self._refused = 0

    async def activate(self, name: str, by: str) -> Bundle:
        """Examine with the bundle `name` from now on, here and in every process on the same database.

        Raises NotFound, RequestRefused, BundleError or StoreError, and then everything is as it was.
        """
        async with self._one:
            bundle = await asyncio.to_thread(self._desk.models.named, name)
            workers = await self._awake(bundle)
            try:
                await asyncio.to_thread(self._desk.store.activations.choose, name, bundle.sha256, by=by)
            except StoreError:
                await asyncio.to_thread(workers.close)
                raise
            self._switch(bundle, workers)
        return bundle

    async def follow(self) -> None:
        """Take over the last choice where it is another than what is in use. One that fails is tried once."""
        async with self._one:
            choice = await asyncio.to_thread(self._desk.store.activations.current)
            if choice is None or choice.sha256 == self._desk.bundle.sha256 or choice.number == self._refused:
                return
            try:
                bundle = await asyncio.to_thread(self._desk.models.by_hash, choice.sha256)
                self._switch(bundle, await self._awake(bundle))
            except BrushworkError as error:
                self._refused = choice.number
                log().error("chosen model not taken over", model=choice.name, problem=error.slug)

    async def finish(self) -> None:
        """Wait until the former workers have done what they had."""
        await asyncio.gather(*self._draining)

    async def _awake(self, bundle: Bundle) -> Workers:
        """Workers that have loaded the bundle. Raises BundleError where none can."""
        workers = await asyncio.to_thread(self._desk.workers_for, bundle)
        try:
            await asyncio.wrap_future(workers.warm())
        except Exception as error:
            await asyncio.to_thread(workers.close)
            if isinstance(error, BundleError):
                raise
            raise BundleError("No worker could load the bundle.", "`brushwork models verify` says why.") from error
        return workers

    def _switch(self, bundle: Bundle, workers: Workers) -> None:
        former = self._desk.switch(bundle, workers)
        draining = asyncio.create_task(asyncio.to_thread(former.drain))
        self._draining.add(draining)
        draining.add_done_callback(self._draining.discard)


@asynccontextmanager
async def following(desk: Desk) -> AsyncIterator[Activation]:
    """Follow the choice of the model until the block ends."""
    activation = Activation(desk)
    task = asyncio.create_task(_forever(activation))
    try:
        yield activation
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await activation.finish()


async def _forever(activation: Activation) -> None:
    while True:
        await asyncio.sleep(FOLLOW_S)
        with suppress(StoreError):  # /readyz tells that the database is away; the next look finds the choice
            await asyncio.shield(activation.follow())
