"""What the files of a manifest are like from outside: format, size, bits per pixel, quality, and which are damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import LabError, PictureError
from ..picture import open_picture
from .audit import FORMATS
from .crops import LIMITS, dhash
from .datasets import AI, Row
from .metrics import Floats, auc
from .pool import in_order

PIECE: Final = 256
MEASURES: Final = ("format", "width", "height", "shorter side", "bits per pixel", "JPEG quality")


@dataclass(frozen=True)
class Seen:
    """One picture that opened: what its file is like, and its difference hash."""

    row: Row
    form: str
    width: int
    height: int
    size: int
    quality: int | None
    mark: str

    @property
    def bits_per_pixel(self) -> float:
        """Bits of the file for each pixel."""
        return 8 * self.size / (self.width * self.height)


@dataclass(frozen=True)
class Broken:
    """One that did not open, and why."""

    row: Row
    reason: str
    detail: str


Looked = tuple[list[Seen], list[Broken]]


def look(rows: Sequence[Row], done: Callable[[int], None] = lambda _: None, workers: int | None = None) -> Looked:
    """Open every picture of `rows`, on all processors, in order."""
    seen: list[Seen] = []
    broken: list[Broken] = []
    for found, failed in in_order(look_at, rows, PIECE, workers):
        seen += found
        broken += failed
        done(len(found) + len(failed))
    return seen, broken


def look_at(rows: Sequence[Row]) -> Looked:
    """The same for a few, here."""
    seen: list[Seen] = []
    broken: list[Broken] = []
    for row in rows:
        try:
            data = row.data()
            picture = open_picture(data, LIMITS, name=row.id)
        except PictureError as error:
            broken.append(Broken(row, error.title, error.detail))
        except LabError as error:
            broken.append(Broken(row, "The file cannot be read", error.detail))
        else:
            facts = picture.facts
            mark = row.dhash or dhash(picture.rgb)
            form = facts.format or "unknown"
            seen.append(Seen(row, form, picture.width, picture.height, len(data), facts.jpeg_quality, mark))
    return seen, broken


def measured(seen: Sequence[Seen]) -> Floats:
    """Float64 (n, len(MEASURES)): what a file's outside is in numbers; -1 where it has no such thing."""
    return np.array([
        (
            FORMATS.index(s.form) if s.form in FORMATS else -1, s.width, s.height, min(s.width, s.height),
            s.bits_per_pixel, -1 if s.quality is None else s.quality,
        )
        for s in seen
    ], dtype=np.float64)  # fmt: skip


def giveaways(seen: Sequence[Seen]) -> list[tuple[str, float]]:
    """Each of MEASURES with how well it alone tells the classes apart: an AUC from 0.5 (not at all) to 1."""
    positive = np.array([s.row.label == AI for s in seen])
    columns = measured(seen)
    found = []
    for number, name in enumerate(MEASURES):
        values = columns[:, number]
        if name == "format":  # a class, not a quantity: each format counts by its share of AI
            share = {v: float(positive[values == v].mean()) for v in set(values.tolist())}
            values = np.array([share[v] for v in values.tolist()])
        one = auc(values, positive)
        found.append((name, max(one, 1 - one)))
    return found
