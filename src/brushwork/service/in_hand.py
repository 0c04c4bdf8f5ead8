"""What is in hand, so that the same thing is not done twice at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class InHand:
    """The things that one process has in hand. For one event loop."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._wanted: Counter[Hashable] = Counter()

    @asynccontextmanager
    async def alone(self, what: Hashable | None) -> AsyncIterator[None]:
        """Wait until nobody else has `what` in hand, and have it for the block; None is nothing to wait for."""
        if what is None:
            yield
            return
        self._wanted[what] += 1
        try:
            async with self._locks.setdefault(what, asyncio.Lock()):
                yield
        finally:
            self._wanted[what] -= 1
            if not self._wanted[what]:
                del self._wanted[what], self._locks[what]
