"""Exit codes, and which error ends with which. Scripts rely on these numbers; they do not change."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from ..errors import BrushworkError, PictureError, ReportUnusable


class ExitCode(IntEnum):
    """What the number means that a command leaves behind."""

    DONE = 0
    POLICY = 1  # --fail-on found what it looks for; stronger than SOME_FAILED
    USAGE = 2
    SOME_FAILED = 3
    UNUSABLE = 4  # bundle, configuration, store or worker processes
    FAULT = 70  # a mistake in Brushwork itself; sysexits.h calls it EX_SOFTWARE
    INTERRUPTED = 130
    READER_GONE = 141  # the program behind the pipe stopped reading, as after `| head`


_CODES: Final[tuple[tuple[type[BrushworkError], ExitCode], ...]] = (
    (PictureError, ExitCode.SOME_FAILED),
    (ReportUnusable, ExitCode.SOME_FAILED),
    (BrushworkError, ExitCode.UNUSABLE),
)


def code_of(error: BrushworkError) -> ExitCode:
    """The exit code of an error that ended a command; the first row that fits decides."""
    return next(code for kind, code in _CODES if isinstance(error, kind))
