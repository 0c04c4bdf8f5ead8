"""Whether a map of influence means anything: take its places away in order, and see whether the score follows.

Deletion and insertion (Petsiuk et al., arXiv 1806.07421). Deletion blurs the highest places first: a map that means
something makes the score fall fast. Insertion begins with the blurred picture and brings the highest places back
first: the score rises fast. Both are set against maps of chance over the same cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from ..metrics import Bools, Floats, Indices
from ..weather import Pixels, stream

STEPS: Final = 8
CHANCE_MAPS: Final = 10
RADIUS: Final = 0.12
"""Of the blur that takes a place away, as a share of the shorter side."""
Ask = Callable[[Iterator[Pixels]], Floats]
"""The score of each of several pictures uint8 (height, width, 3): higher for the answer that the map explains."""


class Faithfulness(NamedTuple):
    """Areas under both curves, mean over steps of the score, of the map and of maps of chance; and its rank.

    `better` is the share of chance maps that the map beats at insertion less deletion, ties a half.
    """

    deletion: float
    insertion: float
    chance_deletion: float
    chance_insertion: float
    better: float

    @property
    def meaningful(self) -> bool:
        """Whether it beats nine of ten maps of chance, and by a difference that is more than rounding."""
        gain = (self.insertion - self.deletion) - (self.chance_insertion - self.chance_deletion)
        return self.better >= 0.9 and gain > 1e-6

    @property
    def words(self) -> str:
        """What to make of the map."""
        against = f"better than {self.better:.0%} of {CHANCE_MAPS} maps of chance"
        if self.meaningful:
            return (
                f"The score follows this map ({against}): it shows where the score comes from, not where AI was used."
            )
        return f"This map means nothing: the score follows it no better than chance ({against}). Do not read it."


def faithfulness(picture: Pixels, cells: Indices, values: Floats, ask: Ask) -> Faithfulness:
    """Judge a map over a picture uint8 (height, width, 3).

    `cells` int64 (height, width) names the cell of every pixel, `values` float64 (number of cells,) what the map says
    of each. Chance maps shuffle the values among the cells.
    """
    gone = _taken_away(picture)
    rng = stream("faithful", *picture.shape, len(values))
    orders = [_order(values, rng)] + [rng.permutation(len(values)) for _ in range(CHANCE_MAPS)]
    at_ends = ask(iter((picture, gone)))  # whole and blurred pictures are the same for every order
    areas = np.array([_areas((picture, gone), at_ends, cells, order, ask) for order in orders])
    gains = areas[:, 1] - areas[:, 0]
    flat = np.ptp(values) == 0  # it orders nothing: its own order is one of chance, which may be a lucky one
    better = 0.5 if flat else float(np.mean((gains[0] > gains[1:]) + (gains[0] == gains[1:]) / 2))
    chance = areas[1:].mean(axis=0)
    return Faithfulness(
        float(areas[0, 0]), float(areas[0, 1]), float(chance[0]), float(chance[1]), better,
    )  # fmt: skip


def _order(values: Floats, rng: np.random.Generator) -> Indices:
    """Cells from the highest down; equal ones as chance has it, so that a flat map is a map of chance."""
    return np.lexsort((rng.random(len(values)), -values))


def _areas(
    ends: tuple[Pixels, Pixels], at_ends: Floats, cells: Indices, order: Indices, ask: Ask
) -> tuple[float, float]:
    """The mean score while the first cells of `order` are taken away, and while they are brought back."""
    picture, gone = ends
    masks = [_first(cells, order, share)[:, :, None] for share in np.linspace(0, 1, STEPS + 1)[1:-1]]
    deleted = ask(np.where(mask, gone, picture) for mask in masks)
    inserted = ask(np.where(mask, picture, gone) for mask in masks)
    deletion, insertion = (float((at_ends.sum() + scores.sum()) / (STEPS + 1)) for scores in (deleted, inserted))
    return deletion, insertion


def _first(cells: Indices, order: Indices, share: float) -> Bools:
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[order[: round(share * len(order))]] = True
    return np.asarray(chosen[cells])


def _taken_away(picture: Pixels) -> Pixels:
    """The picture blurred until no trace of a generator is left: less strange to a network than a grey patch."""
    radius = max(1.0, RADIUS * min(picture.shape[:2]))
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def grid_cells(height: int, width: int, rows: int, columns: int) -> Indices:
    """The cell of every pixel of a picture under a map of `rows` x `columns`, numbered row by row."""
    y = np.minimum(np.arange(height) * rows // height, rows - 1)
    x = np.minimum(np.arange(width) * columns // width, columns - 1)
    return np.asarray(y[:, None] * columns + x[None, :], dtype=np.int64)
