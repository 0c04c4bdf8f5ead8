"""Sends the messages of finished batches to their webhooks: signed, again with growing waits, and noted each time."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from ..errors import BrushworkError, StoreError, UrlBlocked
from ..store.batch_facts import DeliveryState
from ..store.deliveries import Due
from ..webhooks import signed_headers
from .desk import Desk
from .logs import log

POLL_S: Final = 1.0
AT_ONCE: Final = 8
HOLD_S: Final = 60.0
"""How long a message in hand is not given to another process; longer than one call may take."""
GROWTH: Final = 4.0
"""How many times longer each wait is than the one before."""
LONGEST_WAIT_S: Final = 6 * 3600.0


class WebhookSender:
    """The messages that one process sends. A message may come twice, never not at all: its id stays the same."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        while True:
            try:
                due = await asyncio.to_thread(self._desk.store.deliveries.due, AT_ONCE, HOLD_S)
                await asyncio.gather(*(self._send(one) for one in due))
            except StoreError as error:
                log().warning("webhooks wait for the store", reason=error.slug)
            except Exception:  # noqa: BLE001  one message must not stop the others
                log().exception("webhooks failed")
            await asyncio.sleep(POLL_S)

    async def _send(self, due: Due) -> None:
        body = due.body.encode()
        headers = {"Content-Type": "application/json", **signed_headers(due.secret, due.id, int(time.time()), body)}
        status, outcome = None, "unreachable"
        try:
            status = await self._desk.outside.deliver(due.url, body, headers)
            outcome = "accepted" if 200 <= status < 300 else "refused"
        except UrlBlocked:
            outcome = "blocked"
        except BrushworkError:  # noted as unreachable; the words of the error are for callers who wait
            log().info("webhook unreachable", tries=due.tries + 1)
        state, wait = self._next(outcome, due.tries + 1)
        await asyncio.to_thread(self._desk.store.deliveries.tried, due.id, outcome, status, state, wait)

    def _next(self, outcome: str, tries: int) -> tuple[DeliveryState, float]:
        if outcome == "accepted":
            return "delivered", 0.0
        if tries >= self._desk.settings.webhook_tries:
            return "given_up", 0.0
        return "pending", min(self._desk.settings.webhook_backoff * GROWTH ** (tries - 1), LONGEST_WAIT_S)
