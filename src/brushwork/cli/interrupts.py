"""Ctrl-C that is not lost: Python drops what it raises inside a finaliser, and the run would go on to its end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_remembered() -> Iterator[Callable[[], None]]:
    """Within it Ctrl-C raises KeyboardInterrupt as ever, and what is given raises it again where that was dropped.

    Elsewhere than in the main thread, which alone hears signals, what is given does nothing.
    """
    heard = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        heard = True
        signal.default_int_handler(number, frame)

    def raise_lost() -> None:
        if heard:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield raise_lost
        return
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield raise_lost
    finally:
        signal.signal(signal.SIGINT, before)
