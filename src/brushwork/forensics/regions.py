"""Where the score comes from: the patches with the probability that each has alone, as data and in words.

A map of influence, not of forgery: a high patch resembles generated texture, it does not show where AI was used.
"""

from __future__ import annotations

import numpy as np

from ..verdict import Region, Regions
from .calibration import probability
from .recipe import Recipe
from .scorer import PatchScores

_ROWS = ("upper", "middle", "lower")
_COLUMNS = ("left", "centre", "right")


def regions_of(scores: PatchScores, recipe: Recipe, width: int, height: int) -> Regions:
    """The patches of a picture of `width` x `height` pixels, each with its own calibrated probability."""
    patches = tuple(
        Region(x=p.x, y=p.y, width=p.width, height=p.height, probability=probability(float(logit), recipe.calibration))
        for p, logit in zip(scores.places, scores.logits, strict=True)
    )
    return Regions(patches=patches, words=_in_words(patches, width, height))


def _in_words(patches: tuple[Region, ...], width: int, height: int) -> str:
    top = max(patches, key=lambda p: p.probability)
    covered = np.zeros((height, width), dtype=bool)
    for patch in patches:
        covered[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] = True
    where = where_in(top.x + top.width / 2, top.y + top.height / 2, width, height)
    return f"Highest {where} ({top.probability:.2f}). The patches cover {covered.mean():.0%} of the picture."


def where_in(x: float, y: float, width: int, height: int) -> str:
    """The ninth of a picture of `width` x `height` in which a point lies, in words."""
    row = _ROWS[min(2, int(3 * y / height))]
    column = _COLUMNS[min(2, int(3 * x / width))]
    return "in the centre" if (row, column) == ("middle", "centre") else f"{row} {column}"
