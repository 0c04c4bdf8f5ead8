"""The report for a terminal: a table, or a list where the window is too narrow for one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TextIO

from ..text import shown
from ..verdict import Answer, Verdict
from .formats import answer_words, score_words, why_words
from .messages import is_terminal

if TYPE_CHECKING:
    from rich.console import Console

NARROW: Final = 84
PIPED_WIDTH: Final = 120
_LOUD: Final = (Answer.LOOKS_AI, Answer.MADE_WITH_AI, Answer.PARTLY_AI)


class TerminalTable:
    """Collects the words of every picture and prints them at the end. No answer is green: that would read as proof."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._rows: list[tuple[str, str, str, str, str]] = []

    def row(self, path: str, verdict: Verdict) -> None:
        """Remember one picture."""
        style = "red" if verdict.error else "bold" if verdict.answer in _LOUD else ""
        name = "standard input" if path == "-" else shown(path)
        self._rows.append((name, answer_words(verdict), score_words(verdict), why_words(verdict), style))

    def finish(self) -> None:
        """Print what there is."""
        if not self._rows:
            return
        console = _console(self._out)
        if console.width < NARROW:
            self._print_list(console)
        else:
            self._print_table(console)
        self._out.flush()

    def _print_table(self, console: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
        table.add_column("Picture", overflow="fold", max_width=36)
        table.add_column("Answer", max_width=24)
        table.add_column("AI", justify="right", no_wrap=True)
        table.add_column("Why", ratio=1)
        for name, answer, score, why, style in self._rows:
            table.add_row(Text(name), Text(answer, style), Text(score), Text(why))
        console.print(table)

    def _print_list(self, console: Console) -> None:
        from rich.padding import Padding
        from rich.text import Text

        for name, answer, score, why, style in self._rows:
            console.print(Text(name, overflow="fold"))
            console.print(Padding(Text(f"{answer} {score}".strip(), style), (0, 0, 0, 2)))
            console.print(Padding(Text(why), (0, 0, 1, 2)))


def _console(out: TextIO) -> Console:
    """A console as wide as the window; a pipe or a file is taken as PIPED_WIDTH wide, or as COLUMNS says."""
    from rich.console import Console

    known = is_terminal(out) or "COLUMNS" in os.environ
    return Console(file=out, width=None if known else PIPED_WIDTH, highlight=False, markup=False, emoji=False)
