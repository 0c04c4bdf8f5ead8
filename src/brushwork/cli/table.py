"""The report for a terminal: a table, a list where the window is too narrow for one, or a single picture in full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from ..text import shown
from ..verdict import Answer, State, Verdict
from .formats import answer_words, caution_words, human_words, score_words, short_why, why_words
from .inputs import STDIN
from .messages import is_terminal

if TYPE_CHECKING:
    from rich.console import Console

NARROW: Final = 84
PIPED_WIDTH: Final = 120
_LOUD: Final = (Answer.LOOKS_AI, Answer.MADE_WITH_AI, Answer.PARTLY_AI)


@dataclass(frozen=True)
class _Words:
    """One picture as text that is safe to print; `details` is for a picture that has the report to itself."""

    name: str
    answer: str
    score: str
    human: str
    why: str
    short: str
    style: str
    details: tuple[str, ...]


class TerminalTable:
    """Collects the words of every picture and prints them at the end. No answer is green: that would read as proof."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._rows: list[_Words] = []
        self._measured: set[int] = set()
        self._cautions: dict[str, None] = {}  # in the order of the pictures, each once

    def row(self, path: str, verdict: Verdict) -> None:
        """Remember one picture."""
        name = "standard input" if path == STDIN else shown(path)
        style = "red" if verdict.error else "bold" if verdict.answer in _LOUD else ""
        details = () if self._rows else _details(verdict)
        score, human = score_words(verdict), human_words(verdict)
        why, short = why_words(verdict), short_why(verdict)
        self._measured |= {verdict.reference.n} if verdict.reference else set()
        self._cautions |= dict.fromkeys(filter(None, [caution_words(verdict)]))
        self._rows.append(_Words(name, answer_words(verdict), score, human, why, short, style, details))

    def finish(self) -> None:
        """Print what there is."""
        console = _console(self._out)
        with console.capture() as printed:
            if len(self._rows) > 1 and console.width >= NARROW:
                self._print_table(console)
            else:
                self._print_list(console)
            for line in self._notes() if len(self._rows) > 1 else ():
                console.print(line)
        self._out.writelines(f"{line.rstrip()}\n" for line in printed.get().splitlines())
        self._out.flush()

    def _notes(self) -> Iterator[str]:
        """What the columns mean, and what not to make of answers that stand in them."""
        if self._measured:
            measured = " or ".join(map(str, sorted(self._measured)))
            yield "Score: of the pixels alone, 0 to 1."
            yield f"Human works: how many of 1000 score at least this high ({measured} were measured)."
        yield from self._cautions

    def _print_table(self, console: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("Picture", overflow="fold", max_width=44)
        table.add_column("Answer", max_width=24)
        table.add_column("Score", justify="right", no_wrap=True)
        table.add_column("Human works", justify="right", no_wrap=True)
        table.add_column("Why", ratio=1)
        for row in self._rows:
            table.add_row(
                Text(row.name), Text(row.answer, row.style), Text(row.score), Text(row.human), Text(row.short)
            )
        console.print(table)

    def _print_list(self, console: Console) -> None:
        from rich.padding import Padding
        from rich.text import Text

        for row in self._rows:
            console.print(Text(row.name, overflow="fold"))
            answer = f"{row.answer} (score {row.score}, human art as high: {row.human})" if row.score else row.answer
            console.print(Padding(Text(answer, row.style), (0, 0, 0, 2), expand=False))
            for line in (row.why, *(row.details if len(self._rows) == 1 else ())):
                console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))


def _details(verdict: Verdict) -> tuple[str, ...]:
    """How often such an answer is wrong, what was found or could not be read, and what helps."""
    if verdict.wording is None:
        return ()
    told = [e for e in verdict.evidence if e.kind == "provenance" and e.state in (State.FOUND, State.UNREADABLE)]
    found = [f"{e.source}: {shown(e.summary)}" for e in told if not e.declares_ai]
    notes = [shown(warning.detail) for warning in verdict.warnings]
    return (verdict.wording.error_rate, *found, *notes, *verdict.wording.advice)


def _console(out: TextIO) -> Console:
    """A console as wide as the window; a pipe or a file is taken as PIPED_WIDTH wide, or as COLUMNS says."""
    from rich.console import Console

    known = is_terminal(out) or "COLUMNS" in os.environ
    return Console(file=out, width=None if known else PIPED_WIDTH, highlight=False, markup=False, emoji=False)
