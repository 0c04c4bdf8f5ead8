"""Where the score comes from: the patches with the probability that each has alone, as data, words and picture.

A map of influence, not of forgery: a high patch resembles generated texture, it does not show where AI was used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

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
    return Regions(patches=patches, words=_in_words(patches, recipe.thresholds.balanced.probability, width, height))


def _in_words(patches: tuple[Region, ...], balanced: float, width: int, height: int) -> str:
    top = max(patches, key=lambda p: p.probability)
    covered, high = np.zeros((height, width), dtype=bool), np.zeros((height, width), dtype=bool)
    for patch in patches:
        box = np.s_[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width]
        covered[box] = True
        if patch.probability >= balanced:
            high[box] = True
    looked, above = covered.mean(), high.mean()
    return (
        f"Highest {_where(top, width, height)} ({top.probability:.2f}); {above:.0%} of the area lies in patches that "
        f"lean to AI, {looked:.0%} of it was looked at."
    )


def _where(patch: Region, width: int, height: int) -> str:
    row = _ROWS[min(2, int(3 * (patch.y + patch.height / 2) / height))]
    column = _COLUMNS[min(2, int(3 * (patch.x + patch.width / 2) / width))]
    return "in the centre" if (row, column) == ("middle", "centre") else f"{row} {column}"


def overlay(rgb: NDArray[np.uint8], regions: Regions) -> Image.Image:
    """The picture in grey with the patches tinted by probability: the more opaque blue, the higher."""
    base = Image.fromarray(rgb).convert("L").convert("RGBA")
    tint = Image.new("RGBA", base.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(tint)
    for patch in sorted(regions.patches, key=lambda p: p.probability):
        corners = (patch.x, patch.y, patch.x + patch.width - 1, patch.y + patch.height - 1)
        draw.rectangle(corners, fill=(30, 90, 200, round(170 * patch.probability)), outline=(20, 60, 140, 200))
    return Image.alpha_composite(base, tint).convert("RGB")
