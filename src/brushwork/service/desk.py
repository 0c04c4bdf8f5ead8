"""The desk: takes pictures in, has them examined in worker processes, keeps what was asked to be kept.

The event loop only waits here. Decoding, hashing and scoring run in the workers, the database in threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar

from .. import __version__
from ..errors import BrushworkError, QueueFull
from ..examine import Channel, Examiner
from ..failures import failed, new_id
from ..forensics.bundle import Bundle
from ..forensics.distant import bundle_of, with_local_model
from ..settings import Settings
from ..store.migrate import prepare
from ..store.store import Store, open_store
from ..store.tables import SavedVerdict
from ..store.verdicts import made_from, options_key, saved_row
from ..verdict import Verdict, Warned
from ..workers import Job, Workers
from .callers import LOCAL
from .disk import Disks
from .metrics import Metrics
from .models import Models
from .outside import Outside
from .uploads import Upload

_Made = TypeVar("_Made")
OnStage = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """What a caller asked for beside the answer. What is saved belongs to `owner`; with `reexamine` no saved answer is
    given again."""

    explain: bool = False
    stability: bool = False
    save: bool = False
    channel: Channel = "http"
    owner: str = LOCAL
    save_picture: bool = False
    reexamine: bool = False


class Desk:
    """Workers, store and metrics of one running service. Made once at start; `close` finishes what was accepted."""

    def __init__(self, settings: Settings) -> None:
        """Open everything. Raises BundleError, SettingsError or StoreError where the service could not work."""
        self.settings = settings = with_local_model(settings, bundle_of(settings))
        prepare(settings.database_url)
        self.store: Store = open_store(settings)
        self.models = Models(settings)
        self.bundle: Bundle = self.models.first(self.store.activations)
        self.workers = self.workers_for(self.bundle)
        self.disks = Disks(settings)
        self.metrics = Metrics(self.bundle, lambda: self.workers.waiting, self.disks)
        self.outside = Outside(settings, self.metrics.fetched)
        self._slots = asyncio.Semaphore(self.workers.room)
        self._trust = _digest(settings)
        self._awake = self.workers.warm()

    def workers_for(self, bundle: Bundle) -> Workers:
        """New workers that examine with `bundle`; they start when they are first asked."""
        return Workers(with_local_model(self.settings, bundle))

    def switch(self, bundle: Bundle, workers: Workers) -> Workers:
        """Examine with `bundle` in `workers`, which are awake, from now on. The former ones, to be drained."""
        former, self.workers, self.bundle = self.workers, workers, bundle
        self._awake = workers.warm()
        self.metrics.use(bundle)
        return former

    @property
    def full(self) -> bool:
        """True where a new picture would be refused."""
        return self._slots.locked()

    def admit(self) -> None:
        """Raise QueueFull where a picture could not be taken, before its bytes are read."""
        if self.full:
            raise QueueFull(f"{self.workers.waiting} pictures wait already.", "Send it again in a few seconds.")

    def model_state(self) -> Literal["ok", "loading", "failed"]:
        """Whether a worker has the bundle loaded. After a failure the next call finds out anew."""
        if not self._awake.done():
            return "loading"
        if self._awake.exception() is None:
            return "ok"
        self._awake = self.workers.warm()
        return "failed"

    async def examine(self, upload: Upload, wishes: Wishes, on_stage: OnStage | None = None) -> Verdict:
        """The verdict on one picture. Raises QueueFull at once where there is no place, or the picture's error.

        `on_stage` is called, from another thread, with each stage that the examination comes to.
        """
        self.admit()
        return await self._take(upload, wishes, None, on_stage)

    async def examine_all(self, uploads: tuple[Upload, ...], wishes: Wishes) -> tuple[Verdict, ...]:
        """One verdict per picture, in order; one that fails has `error`. Waits for places, a few at a time."""
        self.admit()
        lanes = asyncio.Semaphore(2 * self.workers.count)

        async def one(upload: Upload) -> Verdict:
            async with lanes:
                try:
                    return await self._take(upload, wishes, upload.name)
                except BrushworkError as error:
                    return failed(error, external_id=upload.name, channel=wishes.channel)

        return tuple(await asyncio.gather(*(one(upload) for upload in uploads)))

    async def make(self, upload: Upload, channel: Channel, task: Callable[[Examiner, Job], _Made]) -> _Made:
        """What `task` (see `takeaways`) makes of one picture, in a worker. Raises QueueFull or the picture's error."""
        self.admit()
        async with self._slots:
            job = Job(upload.data, upload.name, channel=channel)
            return await self._outcome(job, self.workers.make(job, task))

    async def _take(
        self, upload: Upload, wishes: Wishes, external_id: str | None, on_stage: OnStage | None = None
    ) -> Verdict:
        async with self._slots:
            verdict = None
            if wishes.save and not wishes.reexamine:
                verdict = await asyncio.to_thread(lambda: self.seen(upload.sha256, wishes))
            if verdict is None:
                verdict = await self._examine(upload, wishes, on_stage)
            verdict = verdict.model_copy(update={"external_id": external_id})
        if wishes.save:
            await self._save(verdict, wishes, upload)
        return verdict

    async def _examine(self, upload: Upload, wishes: Wishes, on_stage: OnStage | None) -> Verdict:
        stages = on_stage is not None
        job = Job(upload.data, upload.name, wishes.explain, wishes.stability, channel=wishes.channel, stages=stages)
        return await self.examine_behind(job, on_stage)

    async def examine_behind(self, job: Job, on_stage: OnStage | None = None) -> Verdict:
        """The verdict on one picture, for work that has looked for a free place itself. Raises as `examine`."""
        verdict = await self._outcome(job, self.workers.submit(job, on_stage))
        self.metrics.verdict(verdict)
        return verdict

    async def _outcome(self, job: Job, future: Future[_Made | BrushworkError]) -> _Made:
        try:
            with self.workers.told(job):
                outcome = await asyncio.wrap_future(future)
            if isinstance(outcome, BrushworkError):
                raise outcome
        except BrushworkError as error:
            self.metrics.failure(error.slug)
            raise
        return outcome

    def seen(self, sha256: str, wishes: Wishes) -> Verdict | None:
        """The answer that the owner has for the same bytes, bundle and options, saved or in a batch, as a verdict that
        says so; None where there is none. Blocks."""
        options, bundle = self._options(wishes), self.bundle.sha256
        earlier = self.store.verdicts.seen(wishes.owner, sha256, bundle, options)
        if earlier is None:
            earlier = self.store.batch_queue.answered(wishes.owner, made_from(sha256, bundle, options))
        return None if earlier is None else _again(earlier, wishes.channel)

    async def _save(self, verdict: Verdict, wishes: Wishes, upload: Upload) -> None:
        start = time.perf_counter()
        await asyncio.to_thread(self._keep, verdict, wishes, upload)
        self.metrics.stage("store", time.perf_counter() - start)

    def _keep(self, verdict: Verdict, wishes: Wishes, upload: Upload) -> None:
        """Both, or neither: a verdict whose picture could not be kept is not kept either."""
        self.store.verdicts.save(wishes.owner, verdict, self._options(wishes))
        if not wishes.save_picture:
            return
        try:
            self.store.pictures.keep(verdict.id, upload.data)
        except BrushworkError:
            self.store.removal.verdicts(wishes.owner, [verdict.id])
            raise

    def row_of(self, verdict: Verdict, wishes: Wishes, owner: str) -> SavedVerdict:
        """The row of a verdict that is to be kept for `owner`."""
        return saved_row(owner, verdict, self._options(wishes))

    def made_from(self, verdict: Verdict, wishes: Wishes) -> str | None:
        """What an answer was made from, so that it is found again; None of a picture that failed."""
        if verdict.answer is None or verdict.input is None or verdict.input.sha256 is None or verdict.model is None:
            return None
        return made_from(verdict.input.sha256, verdict.model.sha256, self._options(wishes))

    def _options(self, wishes: Wishes) -> str:
        return options_key(
            explain=wishes.explain, stability=wishes.stability, version=__version__, trust_list=self._trust
        )

    def close(self) -> None:
        """Finish what was accepted, then let go of everything. Blocks."""
        self.workers.drain()
        self.store.close()


def _again(earlier: Verdict, channel: Channel) -> Verdict:
    said = Warned(
        code="seen_before",
        detail=f"The same file was examined on {earlier.created_at:%Y-%m-%d %H:%M} UTC; that answer is given again.",
    )
    kept = tuple(w for w in earlier.warnings if w.code != said.code)
    fresh = {"id": new_id(), "created_at": datetime.now(UTC), "channel": channel, "timing_ms": {}}
    return earlier.model_copy(update={**fresh, "warnings": (*kept, said)})


def _digest(settings: Settings) -> str:
    """The hash of the trusted signers, "none" without any: other signers, other answers."""
    return "none" if settings.trust_list is None else hashlib.sha256(settings.trust_list.read_bytes()).hexdigest()
