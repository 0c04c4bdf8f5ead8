"""A few processes that do one task after the other, each within a time limit.

Every process has a pipe and a thread of its own and shares no lock with another one, so that it may be killed at any
moment: that costs the task in its hands, and the next task finds a new process. A process whose owner dies reads the
end of its pipe and ends too.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, Generic, TypeVar

BOOT_S: Final = 120.0
"""Seconds for a new process to be ready, on a machine that is busy with everything else."""

_CONTEXT: Final = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
_starting: Final = Lock()
_Made = TypeVar("_Made")


class ProcessDied(Exception):
    """The process died with the task in its hands: killed from outside, or by its own memory limit."""


@dataclass(frozen=True)
class _Note:
    """What a task tells on its way."""

    value: Any


_owner: Connection | None = None  # in a process that serves tasks: the pipe to its owner


def tell(value: object) -> None:
    """Called by a task on its way: whoever scheduled it with `told` gets `value`. Says nothing anywhere else."""
    if _owner is not None:
        _owner.send(_Note(value))


@dataclass(eq=False)
class _Ticket(Generic[_Made]):
    """One task, who hears what it tells on its way, and the promise that was given for it."""

    task: Callable[..., _Made]
    given: tuple[object, ...]
    told: Callable[[Any], None] | None = None
    promise: Future[_Made] = field(default_factory=Future)


class Processes:
    """`count` processes; they start with the first task. Each calls `start(*given)` before its first one."""

    def __init__(self, count: int, time_limit: float, start: Callable[..., None], given: tuple[object, ...]) -> None:
        """`time_limit` is in seconds, for one task, without the start of its process."""
        self._queue: SimpleQueue[_Ticket[Any] | None] = SimpleQueue()
        self._lanes = tuple(_Lane(self._queue, time_limit, start, given) for _ in range(count))
        self._lock = Lock()
        self._started, self._closed = False, False

    def schedule(
        self, task: Callable[..., _Made], *given: object, told: Callable[[Any], None] | None = None
    ) -> Future[_Made]:
        """Queue `task(*given)`; `told` hears, in another thread, what it tells on its way. The future raises what the
        task raised, TimeoutError, or ProcessDied."""
        ticket = _Ticket(task, given, told)
        with self._lock:
            if self._closed:
                raise RuntimeError("these processes were closed")
            self._queue.put(ticket)
            if not self._started:
                self._started = True
                for lane in self._lanes:
                    lane.start()
        return ticket.promise

    def close(self) -> None:
        """Stop at once, also while another thread drains; what runs is cut off, what waits is cancelled."""
        with self._lock:
            self._closed = True
        self._cancel_queued()
        for lane in self._lanes:
            lane.cut_off()
        self.drain()

    def drain(self) -> None:
        """Finish what was queued, then stop."""
        with self._lock:
            self._closed = True
            started = self._started
        if started:
            for _ in self._lanes:  # again where it was done before: `close` takes what `drain` put there
                self._queue.put(None)
            for lane in self._lanes:
                lane.join()

    def _cancel_queued(self) -> None:
        while True:
            try:
                ticket = self._queue.get_nowait()
            except Empty:
                return
            if ticket is not None:
                ticket.promise.cancel()


class _Lane(Thread):
    """One thread that keeps one process and hands it the next task whenever it is free."""

    def __init__(
        self,
        queue: SimpleQueue[_Ticket[Any] | None],
        time_limit: float,
        start: Callable[..., None],
        given: tuple[object, ...],
    ) -> None:
        super().__init__(name="brushwork-lane", daemon=True)
        self._queue = queue
        self._time_limit = time_limit
        self._work = (start, given)
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._ending = False

    def run(self) -> None:
        """Serve tickets until there is a None."""
        self._make_ready()
        while (ticket := self._queue.get()) is not None:
            if ticket.promise.set_running_or_notify_cancel():
                self._serve(ticket)
        self._kill()

    def cut_off(self) -> None:
        """Called by the owner: end the process, whatever it does."""
        self._ending = True
        process = self._process
        if process is not None:
            with suppress(ValueError):  # its lane has just let go of it
                process.kill()

    def _serve(self, ticket: _Ticket[Any]) -> None:
        try:
            raised, outcome = self._do(ticket)
        except Exception as error:  # noqa: BLE001  whatever stood in its way, the ticket's holder is told
            self._kill()
            ticket.promise.set_exception(error)
            self._make_ready()
        else:
            settle = ticket.promise.set_exception if raised else ticket.promise.set_result
            settle(outcome)

    def _do(self, ticket: _Ticket[Any]) -> tuple[bool, Any]:
        """Whether the task raised, and what it raised or made."""
        try:
            self._hand_over(ticket)
        except _NeverTaken:  # it was killed while it waited: nothing of the task was begun
            self._kill()
            self._hand_over(ticket)
        answer: tuple[bool, Any] = self._receive(self._time_limit, ticket.told)
        return answer

    def _begin(self) -> None:
        """Start a process where there is none, and wait until it is ready; one that was killed meanwhile is none."""
        if self._ending or (self._process is not None and self._process.is_alive()):
            return
        self._kill()
        self._process, self._pipe = self._spawn()
        if self._ending:  # `cut_off` came while there was nothing to kill yet
            self._process.kill()
        try:
            self._receive(BOOT_S)
        except (TimeoutError, ProcessDied) as error:
            self._kill()
            raise ProcessDied("it did not get ready") from error

    def _spawn(self) -> tuple[BaseProcess, Connection]:
        """A new process and the pipe to it. Raises whatever its start raises, with nothing left open."""
        own, other = _CONTEXT.Pipe()
        try:
            process = _CONTEXT.Process(target=_serve_tasks, args=(other, *self._work), daemon=True)
            with _starting, _interrupts_held_back(), _current_folder_left_out():
                process.start()
        except BaseException:
            own.close()
            raise
        finally:
            other.close()
        return process, own

    def _make_ready(self) -> None:
        """Have a process ready before a ticket is taken: another lane may be free for it meanwhile.

        Whatever stands in the way is told to the next ticket, which tries again; a lane that ended here would leave
        its tickets waiting for ever.
        """
        with suppress(Exception):
            self._begin()

    def _hand_over(self, ticket: _Ticket[Any]) -> None:
        self._begin()
        if self._pipe is None:
            raise ProcessDied("the processes were stopped")
        try:
            self._pipe.send((ticket.task, ticket.given))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _NeverTaken("it died while it waited") from error

    def _receive(self, seconds: float, told: Callable[[Any], None] | None = None) -> Any:
        """The next message that is no note; `told` hears the notes before it."""
        assert self._pipe is not None, "checked by the caller"
        end = time.monotonic() + seconds
        try:
            while self._pipe.poll(max(0.0, end - time.monotonic())):
                message = self._pipe.recv()
                if not isinstance(message, _Note):
                    return message
                if told is not None:
                    told(message.value)
        except (EOFError, OSError) as error:
            raise ProcessDied("it died with the task in its hands") from error
        raise TimeoutError(f"no answer within {seconds:g} s")

    def _kill(self) -> None:
        if self._process is not None and self._pipe is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._pipe.close()
        self._process, self._pipe = None, None


class _NeverTaken(ProcessDied):
    """The process died before it had the whole task."""


def _serve_tasks(pipe: Connection, start: Callable[..., None], given: tuple[object, ...]) -> None:
    """What a process does all its life: one task after the other, until its owner closes the pipe or dies."""
    global _owner  # noqa: PLW0603  a task finds its way back in no other way
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start(*given)
    _owner = pipe
    pipe.send("ready")
    while True:
        try:
            task, args = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(_outcome(task, args))
        except BrokenPipeError:
            return


def _outcome(task: Callable[..., object], args: tuple[object, ...]) -> tuple[bool, object]:
    """Whether the task raised, and what it raised or returned. The caller keeps neither: an exception holds the frames
    of the task, and with them the pixels of a picture that was too large already."""
    try:
        return False, task(*args)
    except Exception as error:  # noqa: BLE001  it is raised again, where the promise is read
        return True, error


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes that start in here inherit the block: Ctrl-C reaches their owner, which stops them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _current_folder_left_out() -> Iterator[None]:
    """Processes that start in here look for no module in the current folder: pictures of strangers may lie there, with
    a `socket.py` beside them. Afterwards they take the module path of their owner. Call with `_starting` held."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before
