"""From one published picture to squares of one side: the whole, crops of it, their mirrors, through one weather.

What is done here never looks at the class, so that both classes take the same road.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from ..forensics.patches import shrunk
from ..picture import Picture, open_picture
from .crops import LIMITS, LOSSLESS, art_only, grounded
from .datasets import Row
from .weather import Pixels, Random, Weather, degrade, random_jpeg, random_kernel, stream

SMALLEST_CROP: Final = 0.5
LARGEST_CROP: Final = 0.9
"""Shares of the picture's sides that a crop takes; below the largest, no crop is the whole."""
WHOLE: Final = "whole"
MIRRORED: Final = "mirrored"
ROOM: Final = 4
"""Weather is applied to at most so many times the side that is wanted: more would be thrown away, slowly."""
LEAST_ROOM: Final = 768


@dataclass(frozen=True)
class ViewPlan:
    """What is made of each picture: squares of `side` pixels. `crops` and `mirror` are for rows of the split train.

    `weather` degrades as it is met on the web; `equalise` gives both classes the same history of JPEG and resizing.
    Pictures whose shorter side is under `least` are left out.
    """

    side: int
    crops: int = 0
    mirror: bool = False
    equalise: bool = False
    weather: Weather = "clean"
    least: int = 1
    seed: int = 0

    def per_picture(self, split: str) -> int:
        """How many squares a picture of `split` gives."""
        return (1 + self.crops) * (1 + self.mirror) if split == "train" else 1


class TooSmall(Exception):
    """A picture's shorter side is under the least that was asked for."""


def views_of(row: Row, plan: ViewPlan) -> list[tuple[str, Pixels]]:
    """The named squares uint8 (side, side, 3) of one row.

    Raises PictureError where its file is damaged, LabError where it is gone, TooSmall.
    """
    picture = open_picture(row.data(), LIMITS, name=row.id)
    if min(picture.width, picture.height) < plan.least:
        raise TooSmall(f"{picture.width} x {picture.height} pixels, fewer than {plan.least}")
    rng = stream("views", plan.seed, row.id, row.crop)
    rgb = weathered(picture, row, plan, rng)
    crops = plan.crops if row.split == "train" else 0
    named = [(WHOLE, rgb), *((f"crop {n + 1}", part(rgb, rng)) for n in range(crops))]
    return list(_mirrored(named, plan.side, plan.mirror and row.split == "train"))


def _mirrored(named: list[tuple[str, Pixels]], side: int, mirror: bool) -> Iterator[tuple[str, Pixels]]:
    for name, pixels in named:
        square = shrunk(pixels, side)
        yield name, square
        if mirror:
            yield f"{name} {MIRRORED}", np.ascontiguousarray(square[:, ::-1])


def weathered(picture: Picture, row: Row, plan: ViewPlan, rng: Random) -> Pixels:
    """The art of a picture, uint8 (height, width, 3), after the history that the plan gives it."""
    rgb = art_only(grounded(picture, rng), row, rng)
    if plan.equalise:
        rgb = equalised(rgb, picture.facts.format in LOSSLESS, plan.side, rng)
    return degrade(_bounded(rgb, plan.side), plan.weather, rng) if plan.weather != "clean" else rgb


def equalised(rgb: Pixels, lossless: bool, side: int, rng: Random) -> Pixels:
    """Through one history for all: a JPEG first where there was none, a size drawn for all alike, a last JPEG.

    The shorter side becomes `side` to 1.5 times as much, whatever it was, so that neither resolution nor format tells.
    """
    if lossless:
        rgb = random_jpeg(rgb, rng, 75, 98)
    height, width = rgb.shape[:2]
    factor = float(rng.uniform(side, 1.5 * side)) / min(height, width)
    size = (max(side, round(width * factor)), max(side, round(height * factor)))
    resized = np.asarray(Image.fromarray(rgb).resize(size, random_kernel(rng)))
    return random_jpeg(resized, rng, 65, 95)


def _bounded(rgb: Pixels, side: int) -> Pixels:
    """No larger than weather needs it."""
    most = max(ROOM * side, LEAST_ROOM)
    if max(rgb.shape[:2]) <= most:
        return rgb
    image = Image.fromarray(rgb)
    image.thumbnail((most, most), Image.Resampling.BICUBIC)
    return np.asarray(image)


def part(rgb: Pixels, rng: Random) -> Pixels:
    """A random part of the picture with its proportions, at least SMALLEST_CROP of its sides and never all of it."""
    height, width = rgb.shape[:2]
    share = float(rng.uniform(SMALLEST_CROP, LARGEST_CROP))
    tall, wide = max(1, int(height * share)), max(1, int(width * share))
    y, x = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    return rgb[y : y + tall, x : x + wide]
