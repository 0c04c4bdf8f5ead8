"""Works off the batches in the background: leases items, has them examined where a worker is free, writes the results.

Whoever waits for an answer goes first: an item is handed over only while fewer pictures are in hand than there are
workers. A lease that is no longer held ends in nothing: whatever was made of its item is dropped.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from ..errors import BrushworkError, BundleError, PictureNotFound, QueueFull, StoreError, WorkerLost
from ..failures import failed
from ..store.batch_facts import Ticket
from ..store.batch_queue import MOST_ATTEMPTS, Holder
from ..store.batch_upkeep import upload_lost
from ..verdict import Verdict
from ..workers import Job
from .desk import Desk, Wishes
from .in_hand import InHand
from .logs import log
from .spool import Spool
from .webhook_sender import WebhookSender

_Made = TypeVar("_Made")
POLL_S: Final = 0.5
"""How soon items that another process took in are seen."""
PLACE_S: Final = 0.02
"""How soon a place that a caller's picture left is seen."""
AGAIN_S: Final = 2.0
UPKEEP_S: Final = 3600.0
ABANDONED_S: Final = 3600.0
"""A file in the spool folder that no item needs and that nobody wrote to for so long is what a killed process left."""
WORTH_KEEPING: Final = frozenset({"worker-lost", "examination-timeout", "internal-error"})
"""Failures that may not happen again: the upload stays for a retry. After any other one it is removed at once."""


class _Stopping(Exception):
    """The service is about to end; what was not begun is given back."""


class BatchRunner:
    """The background work of one process."""

    def __init__(self, desk: Desk, spool: Spool) -> None:
        self._desk, self._spool = desk, spool
        self._queue = desk.store.batch_queue
        self._instance = f"{socket.gethostname()[:80]}:{desk.settings.port}"
        self._token = f"{self._instance}|{secrets.token_hex(8)}"
        self._tasks: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()
        self._turn, self._stopping = "", False
        self._in_hand = InHand()

    def stir(self) -> None:
        """There may be something to do."""
        self._stirred.set()

    async def run(self) -> None:
        """Work until `stop`. The database may go away meanwhile: then everything waits until it is back."""
        await self._store(lambda: self._queue.free(self._holder(), at_start=True))
        while not self._stopping:
            self._stirred.clear()
            with _logged("taking pictures of batches"):
                if await self._take():
                    continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), POLL_S)

    async def keep(self) -> None:
        """Renew the leases of this process, and take back those of processes that are no more."""
        while True:
            await asyncio.sleep(self._desk.settings.batch_lease / 3)
            holder = self._holder()
            with _logged("leases"):
                await asyncio.to_thread(self._queue.renew, holder)
                await asyncio.to_thread(self._queue.free, holder)

    async def tidy(self) -> None:
        """Remove uploads that nothing needs any more, and give up those that were lost."""
        while True:
            with _logged("upkeep"):
                await asyncio.to_thread(self._tidy_once)
            await asyncio.sleep(UPKEEP_S)

    def _tidy_once(self) -> None:
        upkeep, name = self._desk.store.batch_upkeep, self._spool.name
        old = list(self._spool.older_than(ABANDONED_S))
        for start in range(0, len(old), 500):
            some = old[start : start + 500]
            self._spool.remove(set(some) - upkeep.needed(name, some))
        upkeep.give_up_lost(name)

    async def stop(self) -> None:
        """Finish what a worker holds, give the rest back."""
        self._stopping = True
        self.stir()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _take(self) -> bool:
        """Lease what can be begun soon; True where something was found."""
        room = 2 * self._desk.workers.count - len(self._tasks)
        if room <= 0:
            return False
        found = await asyncio.to_thread(self._queue.claim, self._holder(), room, self._turn)
        for held in found:
            self._turn = held.batch_id
            task = asyncio.create_task(self._work(held))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: self.stir())
        return bool(found)

    async def _work(self, held: Ticket) -> None:
        """One item, from its lease to its result."""
        try:
            async with self._found(held) as verdict:
                await self._finish(held, verdict)
        except (_Stopping, BundleError, QueueFull) as error:
            if not isinstance(error, _Stopping):
                await asyncio.sleep(AGAIN_S)  # it is no fault of the picture: it waits until there is a model
            await self._store(lambda: self._queue.release([held], self._token, begun=False))
        except WorkerLost as error:
            if held.attempts < MOST_ATTEMPTS:
                await self._store(lambda: self._queue.release([held], self._token, begun=True))
            else:
                await self._finish(held, _failed(held, error))
        except Exception:  # noqa: BLE001  one item must not stop the others: it is logged and told as our mistake
            log().exception("a picture of a batch failed")
            await self._finish(held, _failed(held, BrushworkError("Brushwork itself failed.", "Please report it.")))

    @asynccontextmanager
    async def _found(self, held: Ticket) -> AsyncIterator[Verdict]:
        """The verdict, or that of a picture that failed. Raises what is no fault of the picture.

        The same file, asked for in the same way, waits for the end of the block: then its answer is in the store.
        """
        try:
            source, name = await self._source(held)
        except BrushworkError as error:
            yield _failed(held, error)
            return
        job = Job(source, name, held.explain, held.stability, held.external_id, held.channel)
        digest = None if held.reexamine else await asyncio.to_thread(_digest, source)
        async with self._in_hand.alone(digest and (digest, held.owner, held.explain, held.stability)):
            yield await self._verdict(held, job, digest)

    async def _verdict(self, held: Ticket, job: Job, digest: str | None) -> Verdict:
        try:
            earlier = None if digest is None else await self._store(lambda: self._desk.seen(digest, _wishes(held)))
            if earlier is not None:
                return earlier.model_copy(update={"external_id": held.external_id})
            await self._free_place()
            return await self._desk.examine_behind(job)
        except (BundleError, QueueFull, WorkerLost):
            raise
        except PictureNotFound:  # its own words name a folder of the server
            return _failed(held, upload_lost())
        except BrushworkError as error:
            return _failed(held, error)

    async def _source(self, held: Ticket) -> tuple[Path | bytes, str]:
        if held.url is None:
            return self._spool.path(held.id), held.external_id or "picture"
        upload = await self._desk.outside.picture_in_turn(held.url)
        return upload.data, upload.name

    async def _free_place(self) -> None:
        """Wait until a worker has nothing to do. What follows must hand the picture over before it waits again."""
        while not self._stopping:
            if self._desk.workers.waiting < self._desk.workers.count:
                return
            await asyncio.sleep(PLACE_S)
        raise _Stopping

    async def _finish(self, held: Ticket, verdict: Verdict) -> None:
        wishes = _wishes(held)
        kept = self._desk.row_of(verdict, wishes, held.owner) if held.save and verdict.answer is not None else None
        made_from = self._desk.made_from(verdict, wishes)
        written = await self._store(lambda: self._queue.finish(held, self._token, verdict, kept, made_from))
        if written and (verdict.error is None or verdict.error.type not in WORTH_KEEPING):
            await asyncio.to_thread(self._spool.remove, [held.id])

    async def _store(self, write: Callable[[], _Made]) -> _Made | None:
        return await _until_done(write, self._over)

    def _over(self) -> bool:
        return self._stopping

    def _holder(self) -> Holder:
        return Holder(self._token, self._instance, self._spool.name, self._desk.settings.batch_lease)


@asynccontextmanager
async def working_off(desk: Desk, spool: Spool) -> AsyncIterator[BatchRunner]:
    """The background work of one service, from its start until what was begun is finished."""
    runner, sender = BatchRunner(desk, spool), WebhookSender(desk)
    work = asyncio.create_task(runner.run())
    chores = [asyncio.create_task(chore) for chore in (runner.keep(), runner.tidy(), sender.run())]
    try:
        yield runner
    finally:
        await runner.stop()
        await work
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)


async def _until_done(write: Callable[[], _Made], over: Callable[[], bool]) -> _Made | None:
    """What `write` gives, tried until the store takes it; None where the service ends first."""
    while True:
        try:
            return await asyncio.to_thread(write)
        except StoreError as error:
            log().warning("batches wait for the store", reason=error.slug)
            if over():
                return None
        await asyncio.sleep(AGAIN_S)


@contextmanager
def _logged(doing: str) -> Iterator[None]:
    """A chore that fails is logged and done again the next time."""
    try:
        yield
    except BrushworkError as error:
        log().warning("a chore failed", doing=doing, reason=error.slug)
    except Exception:  # noqa: BLE001  see above
        log().exception("a chore failed", doing=doing)


def _digest(source: Path | bytes) -> str | None:
    """The hash of the file; None where it is gone, which the examination will say."""
    with suppress(FileNotFoundError):
        return hashlib.sha256(source if isinstance(source, bytes) else source.read_bytes()).hexdigest()
    return None


def _wishes(held: Ticket) -> Wishes:
    return Wishes(held.explain, held.stability, held.save, held.channel, held.owner)


def _failed(held: Ticket, error: BrushworkError) -> Verdict:
    return failed(error, external_id=held.external_id, channel=held.channel)
