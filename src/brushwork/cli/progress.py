"""A progress bar on stderr: only for people, and only once a run has taken two seconds."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final

from ..text import shown
from .messages import LONGEST, is_terminal, say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE: Final = 2.0


class Progress:
    """Counts pictures. Messages go through `say`, so that they and the bar do not write over each other."""

    def __init__(self, total: int, *, wanted: bool = True, doing: str = "examining") -> None:
        """`wanted` is False where the report itself is written to the same window; `doing` stands before the bar."""
        self._total = total
        self._doing = doing
        self._wanted = wanted and total > 1 and is_terminal()
        self._start = time.monotonic()
        self._done = 0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def advance(self, count: int = 1) -> None:
        """So many more pictures have their rows."""
        self._done += count
        if self._bar is None and self._wanted and time.monotonic() - self._start > PATIENCE:
            self._show()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done)

    def say(self, message: str) -> None:
        """Print one clean line on stderr, above the bar where there is one."""
        if self._bar is None:
            say(message)
        else:
            self._bar.console.print(shown(message, LONGEST))

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._start

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = Console(file=sys.stderr, highlight=False, markup=False)
        columns = (TextColumn(self._doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Bar(*columns, console=console, transient=True)
        self._task = self._bar.add_task(self._doing, total=self._total)
        self._bar.start()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
