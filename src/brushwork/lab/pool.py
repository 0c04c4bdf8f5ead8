"""Work over many pictures on all processors, in order, with little of it in memory at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeVar

from ..errors import LabError

T = TypeVar("T")
R = TypeVar("R")

AHEAD: Final = 2
"""Pieces that wait for each process beside the one it works on: enough to keep it busy, too few to fill the memory."""


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    work: Callable[[Sequence[T]], R], items: Sequence[T], size: int, workers: int | None = None
) -> Iterator[R]:
    """`work` on pieces of `size` items, in their order; `work` is a function of a module, or a partial of one.

    One worker, or one piece, is done here without other processes. Raises LabError where a process died.
    """
    pieces = [items[start : start + size] for start in range(0, len(items), size)]
    count = min(workers or cores(), len(pieces))
    if count < 2:
        yield from map(work, pieces)
        return
    # Not fork: threads of the libraries that are loaded here would be copied in the middle of their work.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for piece in pieces:
                if len(waiting) >= count * (1 + AHEAD):
                    yield waiting.popleft().result()
                waiting.append(pool.submit(work, piece))
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise LabError(
                "A process that prepared pictures was killed, as happens where memory runs out.",
                "Start again with --workers 1, or leave the largest pictures out.",
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
