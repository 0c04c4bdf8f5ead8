"""Worker processes that decode and examine: a hang is stopped, a death is replaced, memory is bounded.

Command line and service share this pool. Each process loads the bundle once and gives back the verdict, or the error of
that one picture. The process that owns the pool loads neither numpy nor the model runtime for it.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from .errors import BrushworkError, ExaminationTimeout, QueueFull, WorkerLost
from .failures import failed, places
from .forensics.distant import bundle_of, with_local_model
from .processes import ProcessDied, Processes, tell
from .settings import Settings
from .verdict import Verdict

if TYPE_CHECKING:  # the model runtime, the decoders and the C2PA library are loaded in the workers only
    from .examine import Channel, Examiner

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Job:
    """One picture to examine: `source` is a path or the bytes, `name` how messages call it. With `annotate_to`, the
    worker also writes the annotated PNG there. With `stages`, whoever submitted it hears where it is."""

    source: Path | bytes
    name: str
    explain: bool = False
    stability: bool = False
    external_id: str | None = None
    channel: Channel = "python"
    annotate_to: Path | None = None
    stages: bool = False

    def verdict_by(self, examiner: Examiner) -> Verdict:
        """The verdict of `examiner` on the picture, with what is asked for."""
        return examiner.examine(
            self.source,
            name=self.name,
            explain=self.explain,
            stability=self.stability,
            external_id=self.external_id,
            channel=self.channel,
            on_stage=tell if self.stages else None,
        )


_examiner: Examiner | None = None  # one per worker process, set by `_start` and read by `_verdict_of`
_trouble: BrushworkError | None = None  # why there is none


def _start(settings: Settings) -> None:
    """Bound the memory of this worker and load the bundle. What is wrong with the bundle is told to every job."""
    global _examiner, _trouble  # noqa: PLW0603  a process hands state to its tasks in no other way
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (settings.memory_limit, settings.memory_limit))
    from .examine import Examiner

    try:
        _examiner = Examiner.from_settings(settings)
    except BrushworkError as error:
        _trouble = error


def _examine(job: Job) -> Verdict | BrushworkError:
    return _guarded(job, _examine_and_annotate)


def _make(task: Callable[[Examiner, Job], _Made], job: Job) -> _Made | BrushworkError:
    return _guarded(job, lambda given: task(_loaded(), given))


def _guarded(job: Job, task: Callable[[Job], _Made]) -> _Made | BrushworkError:
    """Give back the error of one picture as a value. A fault of Brushwork itself must not stop the other pictures
    either: its place is logged and it is given back as the root of the tree."""
    try:
        return task(job)
    except BrushworkError as error:
        return error
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  see above
        kind, came_through = type(error).__name__, ", ".join(places(error))
        logging.getLogger(__name__).error("an examination failed in an unforeseen way: %s at %s", kind, came_through)
        return BrushworkError(
            f"{job.name} could not be examined: Brushwork itself failed with {type(error).__name__}.",
            "Please report it, with the picture if you may share it.",
        )


def _examine_and_annotate(job: Job) -> Verdict:
    verdict = _verdict_of(job)
    if job.annotate_to is not None:
        from .annotated import write_annotated

        write_annotated(job.source, verdict, job.annotate_to, _loaded().limits)
    return verdict


def _verdict_of(job: Job) -> Verdict:
    return job.verdict_by(_loaded())


def _loaded() -> Examiner:
    if _trouble is not None:
        raise _trouble
    assert _examiner is not None, "the initializer ran"
    return _examiner


def _awake() -> bool:
    return bool(_loaded())


class Workers:
    """A bounded pool. Use as a context manager; leaving it stops the processes."""

    def __init__(self, settings: Settings, count: int | None = None) -> None:
        """Start `count` processes (default: the setting). Raises BundleError here rather than in every job."""
        self.settings = with_local_model(settings, bundle_of(settings))
        self.count = count or settings.workers
        self._processes = Processes(self.count, settings.time_limit, _start, (self.settings,))
        self._waiting = 0
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """Pictures that were submitted and have no answer yet."""
        return self._waiting

    @property
    def room(self) -> int:
        """Pictures that may be submitted and unanswered at once: those that wait and those that are examined."""
        return self.settings.queue + self.count

    def warm(self) -> Future[bool]:
        """Start the processes now rather than with the first picture; done when the first one has its bundle loaded.

        The future raises the BundleError of a model that does not load, or ProcessDied where no process starts.
        """
        return self._processes.schedule(_awake)

    def submit(self, job: Job, on_stage: Callable[[str], None] | None = None) -> Future[Verdict | BrushworkError]:
        """Queue one picture. Raises QueueFull where as many wait as may wait; read the result inside `told`.

        `on_stage` is called, from another thread, with each stage that a job with `stages` comes to.
        """
        return self._queue(_examine, job, told=on_stage)

    def make(self, job: Job, task: Callable[[Examiner, Job], _Made]) -> Future[_Made | BrushworkError]:
        """Queue something else to make of a picture: `task`, a function of a module (or a partial of one), gets the
        worker's examiner and the job. Errors as with `submit`."""
        return self._queue(_make, task, job)

    def _queue(
        self, task: Callable[..., _Made], *given: object, told: Callable[[str], None] | None = None
    ) -> Future[_Made]:
        with self._lock:
            if self._waiting >= self.room:
                raise QueueFull(
                    f"{self._waiting} pictures wait already.", "Try again in a few seconds, or start more workers."
                )
            self._waiting += 1
        try:
            future = self._processes.schedule(task, *given, told=told)
        except BaseException:
            self._one_less()
            raise
        future.add_done_callback(self._one_less)
        return future

    def _one_less(self, _: object = None) -> None:
        with self._lock:
            self._waiting -= 1

    def examine(self, job: Job) -> Verdict:
        """Examine one picture and wait for it. Raises its PictureError, ExaminationTimeout or WorkerLost."""
        return self.wait(job, self.submit(job))

    def take(self, job: Job, task: Callable[[Examiner, Job], _Made]) -> _Made:
        """Have `task` made of one picture and wait for it; the same errors as `examine`."""
        return self.wait(job, self.make(job, task))

    def wait(self, job: Job, future: Future[_Made | BrushworkError]) -> _Made:
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
            if len(ahead) > min(8 * self.count, self.room - 1):
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
        except TimeoutError as error:
            raise ExaminationTimeout(
                f"{job.name} took longer than {self.settings.time_limit:g} s and was stopped.",
                "Give a smaller picture; whoever runs this can raise BRUSHWORK_TIME_LIMIT.",
            ) from error
        except MemoryError as error:
            raise WorkerLost(
                f"{job.name} needs more memory than one picture may have.",
                "Give a smaller picture, or raise BRUSHWORK_MEMORY_LIMIT.",
            ) from error
        except ProcessDied as error:
            raise WorkerLost(
                f"The process that examined {job.name} died.",
                "Try it again; if it dies again, the picture needs more memory than BRUSHWORK_MEMORY_LIMIT allows.",
            ) from error

    def close(self) -> None:
        """Stop at once; what runs is cut off."""
        self._processes.close()

    def drain(self) -> None:
        """Finish what was accepted, then stop."""
        self._processes.drain()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
