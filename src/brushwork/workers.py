"""Worker processes that decode and examine: a hang is stopped, a death is replaced, memory is bounded.

Command line and service share this pool. Each process loads the bundle once and gives back the verdict, or the error of
that one picture.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType

from pebble import ProcessExpired, ProcessPool

from .annotated import write_annotated
from .errors import BrushworkError, ExaminationTimeout, QueueFull, WorkerLost
from .examine import Channel, Examiner, failed
from .forensics.bundle import load_bundle
from .settings import Settings
from .verdict import Verdict


@dataclass(frozen=True)
class Job:
    """One picture to examine: `source` is a path or the bytes, `name` how messages call it. With `annotate_to`, the
    worker also writes the annotated PNG there."""

    source: Path | bytes
    name: str
    explain: bool = False
    stability: bool = False
    external_id: str | None = None
    channel: Channel = "python"
    annotate_to: Path | None = None


_examiner: Examiner | None = None  # one per worker process, set by `_start` and read by `_examine`


def _start(settings: Settings) -> None:
    """Bound the memory of this worker and load the bundle."""
    global _examiner  # noqa: PLW0603  a process pool hands state to its tasks in no other way
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (settings.memory_limit, settings.memory_limit))
    _examiner = Examiner.from_settings(settings)


def _examine(job: Job) -> Verdict | BrushworkError:
    assert _examiner is not None, "the initializer ran"
    try:
        verdict = _examiner.examine(
            job.source,
            name=job.name,
            explain=job.explain,
            stability=job.stability,
            external_id=job.external_id,
            channel=job.channel,
        )
        if job.annotate_to is not None:
            write_annotated(job.source, verdict, job.annotate_to)
    except BrushworkError as error:
        return error
    return verdict


class Workers:
    """A bounded pool. Use as a context manager; leaving it stops the processes."""

    def __init__(self, settings: Settings, count: int | None = None) -> None:
        """Start `count` processes (default: the setting). Raises BundleError here rather than in every job."""
        load_bundle(settings.model)
        self.settings = settings
        self.count = count or settings.workers
        self._pool = ProcessPool(
            max_workers=self.count,
            initializer=_start,
            initargs=(settings,),
            context=multiprocessing.get_context("spawn"),
        )
        self._waiting = 0
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """Pictures that were submitted and have no answer yet."""
        return self._waiting

    def submit(self, job: Job) -> Future[Verdict | BrushworkError]:
        """Queue one picture. Raises QueueFull where as many wait as may wait; read the result inside `told`."""
        with self._lock:
            if self._waiting >= self.settings.queue + self.count:
                raise QueueFull(
                    f"{self._waiting} pictures wait already.", "Try again in a few seconds, or start more workers."
                )
            self._waiting += 1
        future: Future[Verdict | BrushworkError] = self._pool.schedule(
            _examine, args=(job,), timeout=self.settings.time_limit
        )
        future.add_done_callback(self._one_less)
        return future

    def _one_less(self, _: Future[Verdict | BrushworkError]) -> None:
        with self._lock:
            self._waiting -= 1

    def examine(self, job: Job) -> Verdict:
        """Examine one picture and wait for it. Raises its PictureError, ExaminationTimeout or WorkerLost."""
        return self.wait(job, self.submit(job))

    def wait(self, job: Job, future: Future[Verdict | BrushworkError]) -> Verdict:
        """Wait for a submitted picture; the same errors as `examine`."""
        with self.told(job):
            outcome = future.result()
        if isinstance(outcome, BrushworkError):
            raise outcome
        return outcome

    def examine_many(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Verdict]]:
        """Examine lazily, in order, a few ahead; a picture that fails gives a verdict with `error`."""
        ahead: deque[tuple[Job, Future[Verdict | BrushworkError]]] = deque()
        for job in jobs:
            ahead.append((job, self.submit(job)))
            if len(ahead) > 2 * self.count:
                yield self._next(ahead)
        while ahead:
            yield self._next(ahead)

    def _next(self, ahead: deque[tuple[Job, Future[Verdict | BrushworkError]]]) -> tuple[Job, Verdict]:
        job, future = ahead.popleft()
        try:
            return job, self.wait(job, future)
        except BrushworkError as error:
            return job, failed(error, external_id=job.external_id, channel=job.channel)

    @contextmanager
    def told(self, job: Job) -> Iterator[None]:
        """Turn the pool's own errors into ours, naming the picture of `job`."""
        try:
            yield
        except FutureTimeout as error:
            raise ExaminationTimeout(
                f"{job.name} took longer than {self.settings.time_limit:g} s and was stopped.",
                "Give a smaller picture, or raise BRUSHWORK_TIME_LIMIT.",
            ) from error
        except (ProcessExpired, MemoryError) as error:
            raise WorkerLost(
                f"The process that examined {job.name} died.",
                "Try it again; if it dies again, the picture needs more memory than BRUSHWORK_MEMORY_LIMIT allows.",
            ) from error

    def close(self) -> None:
        """Stop at once; what runs is cut off."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def drain(self) -> None:
        """Finish what was accepted, then stop."""
        self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
