"""The plots of a model's page, read from the bundle itself: the tables of its card, and its scores on human works.

A card that lacks a table simply has no such plot: the page shows what is there and says nothing of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ...forensics.bundle import Bundle

KINDS: Final = "False positives of `looks_ai` by kind of human art"
GENERATORS: Final = "Recall of `looks_ai` by generator and year of its release"
CALIBRATION: Final = "Calibration (cross-fitted, clean)"
_RATE: Final = re.compile(r"([01]\.\d+) \(([01]\.\d+) to ([01]\.\d+)\)")
_STEPS: Final = (0.05, 0.1, 0.2, 0.4, 0.5, 1.0)
Row = Mapping[str, str]


@dataclass(frozen=True)
class Rate:
    """A share between 0 and 1 with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """`n` pictures of one kind or generator: the rate on files as published, and as the web delivers them."""

    name: str
    n: int
    clean: Rate
    web: Rate


@dataclass(frozen=True)
class Dots:
    """A plot of rates: its groups, and the share at the right end of its scale."""

    groups: tuple[Group, ...]
    end: float


@dataclass(frozen=True)
class Bin:
    """Pictures whose probability lies in a tenth of the scale: what was said of them, and what was true."""

    name: str
    n: int
    said: float
    true: float


@dataclass(frozen=True)
class Scores:
    """The probabilities that human works of one kind got, ascending."""

    kind: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Figures:
    """Every plot of one bundle; an empty one is left out."""

    kinds: Dots
    generators: Dots
    calibration: tuple[Bin, ...]
    scores: tuple[Scores, ...]


def figures_of(bundle: Bundle) -> Figures:
    """The plots of `bundle`."""
    tables = dict(_tables(bundle.card))
    return Figures(
        kinds=_dots(tables.get(KINDS, ())),
        generators=_dots(tables.get(GENERATORS, ())),
        calibration=tuple(_bins(tables.get(CALIBRATION, ()))),
        scores=tuple(Scores(k.kind, k.scores) for k in bundle.reference.kinds),
    )


def _tables(card: str) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """The first table below each heading of the second level, one mapping of column to cell per row."""
    for section in card.split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        lines = [line for line in body.splitlines() if line.startswith("|")]
        if len(lines) > 2:
            names = _cells(lines[0])
            rows = tuple(dict(zip(names, cells, strict=True)) for cells in _table(lines[2:], len(names)))
            yield heading.strip(), rows


def _table(lines: list[str], width: int) -> Iterator[list[str]]:
    """Rows as long as they have the width of the head: the next table begins with a head of its own."""
    for line in lines:
        cells = _cells(line)
        if len(cells) != width:
            return
        yield cells


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _dots(rows: tuple[Row, ...]) -> Dots:
    groups = tuple(found for row in rows if (found := _group(row)) is not None)
    highest = max((rate.high for g in groups for rate in (g.clean, g.web)), default=0.0)
    return Dots(groups, next(step for step in _STEPS if step >= highest))


def _group(row: Row) -> Group | None:
    """The first column names the group; the first two columns with a rate are clean and web."""
    found = [_RATE.fullmatch(cell) for cell in row.values()]
    rates = [Rate(*(float(part) for part in match.groups())) for match in found if match]
    count = row.get("n", "")
    if len(rates) < 2 or not count.isdigit():
        return None
    return Group(next(iter(row.values())), int(count), rates[0], rates[1])


def _bins(rows: tuple[Row, ...]) -> Iterator[Bin]:
    for row in rows:
        name, count, said, true = list(row.values())[:4]
        yield Bin(name, int(count), float(said), float(true))
