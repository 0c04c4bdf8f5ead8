"""The desk for batches: takes them in, and changes what their owners ask to be changed."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Depends, Request

from ..errors import BatchConflict, RequestRefused, UrlBlocked
from ..store.batch_facts import BatchFacts, ItemFacts, NewBatch
from ..store.removal import Removed
from ..text import shown
from ..webhooks import new_secret
from .batch_intake import PART, Intake, taken_in
from .batch_runner import BatchRunner
from .batch_schemas import BatchTaken, ItemsTaken
from .desk import Desk, Wishes
from .limits import limits_of
from .spool import Spool
from .url_fetch import check_address, spoken


class BatchDesk:
    """Uploads, store and background work of the batches of one running service."""

    def __init__(self, desk: Desk, spool: Spool, runner: BatchRunner) -> None:
        self._settings, self._spool, self._runner = desk.settings, spool, runner
        self._store, self._removal = desk.store.batches, desk.store.removal

    async def create(
        self, request: Request, owner: str, wishes: Wishes, *, closed: bool, key: str | None
    ) -> BatchTaken:
        """Take in what came with `request`, all of it or nothing."""
        if wishes.save_picture:
            raise RequestRefused(
                "The pictures of a batch are not kept.", "Leave save_picture out, or send those to keep one by one."
            )
        async with taken_in(request, self._spool, self._settings, key) as intake:
            if closed and not intake.items:
                raise RequestRefused(
                    f"There is no picture in a part `{PART}`, and no URL.",
                    "Send some, or make the batch with open=true.",
                )
            self._check_addresses(intake)
            if wishes.stability and len(intake.items) > 1:  # the first was counted with the request
                limits_of(request).probe(request, len(intake.items) - 1)
            new = _new(intake, owner, wishes, closed=closed)
            facts = await asyncio.to_thread(self._store.create, new, intake.items)
        self._runner.stir()
        return BatchTaken(
            id=facts.id, status_url=f"/v1/batches/{facts.id}", items=facts.items, webhook_secret=new.webhook_secret
        )

    async def add(self, request: Request, owner: str, batch_id: str, key: str | None) -> ItemsTaken:
        """Add to an open batch; what was sent before under the same key is left as it is."""
        batch = await asyncio.to_thread(self._store.get, owner, batch_id)  # nothing is read for one that is not there
        async with taken_in(request, self._spool, self._settings, key) as intake:
            if not intake.items:
                raise RequestRefused(f"There is no picture in a part `{PART}`, and no URL.", "Send one.")
            if intake.order.name is not None or intake.order.webhook_url is not None:
                raise RequestRefused("Name and webhook are told when a batch is made.", "Leave them out here.")
            self._check_addresses(intake)
            if batch.stability:
                limits_of(request).probe(request, len(intake.items))
            most = self._settings.max_batch_items
            added = await asyncio.to_thread(self._store.add, owner, batch_id, intake.items, most)
            await asyncio.to_thread(intake.drop_but, added)
        self._runner.stir()
        facts = await asyncio.to_thread(self._store.get, owner, batch_id)
        return ItemsTaken(added=len(added), items=facts.items)

    async def close(self, owner: str, batch_id: str) -> BatchFacts:
        """Take no more pictures into the batch."""
        return await asyncio.to_thread(self._store.close, owner, batch_id)

    async def pause(self, owner: str, batch_id: str, *, paused: bool) -> BatchFacts:
        """Begin no more of its pictures, or go on."""
        facts = await asyncio.to_thread(self._store.pause, owner, batch_id, paused=paused)
        self._runner.stir()
        return facts

    async def retry(self, request: Request, owner: str, batch_id: str, item_id: str) -> ItemFacts:
        """Try a failed picture again."""
        batch = await asyncio.to_thread(self._store.get, owner, batch_id)
        item = await asyncio.to_thread(self._store.item, owner, batch_id, item_id)
        if item.state == "failed" and item.url is None and not self._spool.path(item.id).exists():
            raise BatchConflict(
                "The picture is no longer here: it would fail again, or failed long ago.",
                "Send it again in a new batch.",
            )
        if batch.stability:
            limits_of(request).probe(request)
        again = await asyncio.to_thread(self._store.retry, owner, batch_id, item_id)
        self._runner.stir()
        return again

    async def remove(self, owner: str, batch_id: str, *, purge: bool) -> None:
        """Cancel the batch, or remove it with everything that is kept of it."""
        gone = await asyncio.to_thread(self._store.purge if purge else self._store.cancel, owner, batch_id)
        await asyncio.to_thread(self._spool.remove, gone)

    async def empty(self, owner: str) -> Removed:
        """Remove all that `owner` has here, and the uploads of its batches."""
        gone = await asyncio.to_thread(self._removal.everything, owner)
        await asyncio.to_thread(self._spool.remove, gone.items)
        return gone

    def _check_addresses(self, intake: Intake) -> None:
        """Refuse a webhook that would never be called, and URLs where none are fetched; others fail on their own."""
        for url in [item.url for item in intake.items if item.url is not None][:1]:
            if not self._settings.fetches_urls:
                check_address(url, self._settings)
        hook = intake.order.webhook_url
        if hook is not None:
            try:
                check_address(hook, self._settings)
            except UrlBlocked as error:
                raise UrlBlocked(
                    f"The webhook {spoken(hook)} may not be called.",
                    "Give an http or https address of a public machine, on port 80 or 443; the operator can set "
                    "BRUSHWORK_URL_FETCH=true, or open a host with BRUSHWORK_URL_FETCH_ALLOW.",
                ) from error


def _new(intake: Intake, owner: str, wishes: Wishes, *, closed: bool) -> NewBatch:
    order = intake.order
    return NewBatch(
        owner=owner,
        closed=closed,
        name=shown(order.name or "", 200) or None,
        explain=wishes.explain,
        stability=wishes.stability,
        save=wishes.save,
        reexamine=wishes.reexamine,
        channel=wishes.channel,
        webhook_url=order.webhook_url,
        webhook_secret=None if order.webhook_url is None else new_secret(),
    )


def batches_of(request: Request) -> BatchDesk:
    """The desk for batches of the running service."""
    desk: BatchDesk = request.app.state.batches
    return desk


AtBatches = Annotated[BatchDesk, Depends(batches_of)]
