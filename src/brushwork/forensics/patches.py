"""The only pixel preparation in the project; training imports it too.

Patches are cut at native scale: resizing would wipe out the traces that a generator leaves in neighbouring pixels. The
whole picture is pressed to a square for what is shown, and for classifiers that were trained on such squares.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .recipe import PatchPlan


@dataclass(frozen=True)
class Place:
    """Where a patch lies in the picture, in pixels; it may be cut off by the border of a picture smaller than it."""

    x: int
    y: int
    width: int
    height: int


def places(width: int, height: int, plan: PatchPlan) -> tuple[Place, ...]:
    """Spread at most `grid` x `grid` places evenly, row by row; fewer where they would overlap by more than half.

    With a grid of 0 the one place is the whole picture.
    """
    if not plan.grid:
        return (Place(0, 0, width, height),)
    xs, ys = _starts(width, plan), _starts(height, plan)
    size = plan.size
    return tuple(Place(x, y, min(size, width), min(size, height)) for y in ys for x in xs)


def _starts(length: int, plan: PatchPlan) -> list[int]:
    room = length - plan.size
    if room <= 0:
        return [0]
    count = min(plan.grid, 1 + -(-room // (plan.size // 2)))
    if count == 1:
        return [room // 2]
    return [round(i * room / (count - 1)) for i in range(count)]


def cut(rgb: NDArray[np.uint8], place: Place, size: int) -> NDArray[np.uint8]:
    """The patch at `place` as uint8 of shape (size, size, 3); a picture smaller than a patch is mirrored outwards."""
    part = rgb[place.y : place.y + place.height, place.x : place.x + place.width]
    missing = (size - part.shape[0], size - part.shape[1])
    if missing == (0, 0):
        return part
    return np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")


def prepare(rgb: NDArray[np.uint8], plan: PatchPlan) -> tuple[NDArray[np.uint8], tuple[Place, ...]]:
    """All patches of a picture of shape (height, width, 3), as uint8 (n, size, size, 3), and where they lie.

    Where the plan looks at the whole too, it is one more patch, the last, that lies at no place; where it looks at the
    whole alone, that is the only one.
    """
    spots = places(rgb.shape[1], rgb.shape[0], plan)
    patches = [cut(rgb, spot, plan.size) for spot in spots] if plan.grid else []
    if plan.whole:
        patches.append(shrunk(rgb, plan.size))
    if plan.jpeg_quality is not None:
        patches = [through_jpeg(patch, plan.jpeg_quality) for patch in patches]
    return np.stack(patches), spots


def shrunk(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The whole picture as uint8 (side, side, 3), its sides pressed to a square; every pixel of it counts."""
    return np.asarray(Image.fromarray(rgb).resize((side, side), Image.Resampling.BICUBIC))


def through_jpeg(rgb: NDArray[np.uint8], quality: int, subsampling: str = "4:2:0") -> NDArray[np.uint8]:
    """The pixels after a JPEG of IJG `quality` (1 to 100)."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(buffer, formats=("JPEG",)) as image:
        return np.asarray(image.convert("RGB"))
