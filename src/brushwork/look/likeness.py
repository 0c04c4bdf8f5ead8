"""Whether one picture may be a copy or a part of another, by simple means: hashes, a coarse copy, correlation.

It finds re-encodings, other sizes and cuts. It does not look for mirrored or turned copies, and it says nothing about
who made what from what.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from ..picture import Picture
from .maps import Plane

Which = Literal["first", "second"]

COARSE: Final = 192
"""Pixels of the longer side of the copies that are laid over one another."""
SAME_FRAME: Final = 0.97
"""Correlation over the whole frame from which one is called a copy of the other: JPEG at quality 30 stays above it."""
SAME_PART: Final = 0.92
"""Correlation from which one is called a part of the other; chance matches between unrelated pictures stay below it."""
ALIKE: Final = 0.7
NEAR_BITS: Final = 12
"""Correlation of the frames, or bits between the hashes, from which two are called alike."""
_SAME_SHAPE: Final = 0.02  # by which the ratio of the sides may differ, since sides are whole pixels
_SMALLEST: Final = 32  # pixels of the shorter side of a part in the coarse copy; a smaller one matches anything
_STEPS: Final = 28


class Relation(StrEnum):
    """What two pictures are to each other, as far as this can tell."""

    SAME_FILE = "same_file"
    SAME_PIXELS = "same_pixels"
    RESAVED = "resaved"
    RESIZED = "resized"
    PART = "part"
    ALIKE = "alike"
    UNLIKE = "unlike"
    UNKNOWN = "unknown"


class Box(BaseModel):
    """A rectangle in pixels of the larger picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: int
    y: int
    width: int
    height: int


class Likeness(BaseModel):
    """How alike two pictures are, from the strictest layer to the loosest.

    `frame` is the correlation of the whole frames laid over one another, `part` the best one of one picture inside the
    other, at `box` of the one that is not `part_of`'s opposite; both between -1 and 1, None where it was not measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    relation: Relation
    same_file: bool
    same_pixels: bool | None
    phash_distance: int = Field(ge=0, le=64)
    frame: float | None = None
    part: float | None = None
    part_of: Which | None = None
    box: Box | None = None


def distance(one: str, other: str) -> int:
    """Bits of 64 in which two perceptual hashes differ: about 32 for unrelated pictures."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def likeness(first: Picture, second: Picture) -> Likeness:
    """Compare two opened pictures."""
    same_file = first.sha256 is not None and first.sha256 == second.sha256
    same_pixels = bool(np.array_equal(first.rgb, second.rgb))
    bits = distance(first.phash, second.phash)
    if same_pixels:
        relation = Relation.SAME_FILE if same_file else Relation.SAME_PIXELS
        return Likeness(relation=relation, same_file=same_file, same_pixels=True, phash_distance=bits, frame=1.0)
    frame = _frame(first, second)
    size = (first.width, first.height) == (second.width, second.height)
    if frame is not None and frame >= SAME_FRAME:
        relation = Relation.RESAVED if size else Relation.RESIZED
        return Likeness(
            relation=relation, same_file=False, same_pixels=False, phash_distance=bits, frame=round(frame, 3)
        )
    return _by_part(first, second, frame, bits)


def _by_part(first: Picture, second: Picture, frame: float | None, bits: int) -> Likeness:
    """Look for each picture inside the other."""
    inside_first, inside_second = _search(first, second), _search(second, first)
    part_of: Which = "first" if inside_first[0] >= inside_second[0] else "second"
    best, box = max(inside_first, inside_second, key=lambda found: found[0])
    found = best >= SAME_PART
    alike = (frame or 0.0) >= ALIKE or bits <= NEAR_BITS
    return Likeness(
        relation=Relation.PART if found else Relation.ALIKE if alike else Relation.UNLIKE,
        same_file=False,
        same_pixels=False,
        phash_distance=bits,
        frame=None if frame is None else round(frame, 3),
        part=round(best, 3),
        part_of=part_of if found else None,
        box=box if found else None,
    )


def _frame(first: Picture, second: Picture) -> float | None:
    """The correlation of the whole frames; None where their shapes differ."""
    one, two = first.width / first.height, second.width / second.height
    slack = _SAME_SHAPE + 1 / min(first.width, first.height, second.width, second.height)
    if abs(one / two - 1) > slack:
        return None
    size = _coarse_size(first)
    return _correlation(_grey(first, size), _grey(second, size))


def _search(outer: Picture, inner: Picture) -> tuple[float, Box | None]:
    """The best place and scale of `inner` inside `outer`: coarse steps of scale, then fine ones around the best."""
    size = _coarse_size(outer)
    field, shrink = _grey(outer, size), size[0] / outer.width
    most = min(size[0] / inner.width, size[1] / inner.height)
    least = min(most, _SMALLEST / min(inner.width, inner.height))
    scales = [*np.geomspace(least, most, _STEPS), *([shrink] if least <= shrink <= most else [])]
    best = max((_at_scale(field, inner, float(scale)) for scale in scales), key=lambda found: found[0])
    fine = [best[1] * (1 + step / 100) for step in (-3, -2, -1, 1, 2, 3)]
    tried = (_at_scale(field, inner, scale) for scale in fine if scale <= most)
    value, scale, x, y = max([best, *tried], key=lambda found: found[0])
    across, down = inner.width * scale / shrink, inner.height * scale / shrink
    return value, Box(x=round(x / shrink), y=round(y / shrink), width=round(across), height=round(down))


def _at_scale(field: Plane, inner: Picture, scale: float) -> tuple[float, float, int, int]:
    """The best correlation of `inner` at `scale` over all its places in `field`: value, scale, x, y."""
    size = (max(1, round(inner.width * scale)), max(1, round(inner.height * scale)))
    if min(size) < _SMALLEST or size[0] > field.shape[1] or size[1] > field.shape[0]:
        return -1.0, scale, 0, 0
    scores = _matched(field, _grey(inner, size))
    y, x = np.unravel_index(int(scores.argmax()), scores.shape)
    return float(scores[y, x]), scale, int(x), int(y)


def _matched(field: Plane, piece: Plane) -> NDArray[np.float64]:
    """Normalised cross-correlation at every place where `piece` lies wholly inside `field` (by FFT)."""
    rows, columns = (f - p + 1 for f, p in zip(field.shape, piece.shape, strict=True))
    plain = piece.astype(np.float64) - piece.mean()
    turned = np.fft.rfft2(plain[::-1, ::-1], field.shape)
    product = np.fft.irfft2(np.fft.rfft2(field.astype(np.float64)) * turned, field.shape)
    above = product[piece.shape[0] - 1 :, piece.shape[1] - 1 :][:rows, :columns]
    sums, squares = _sums(field, piece.shape), _sums(field**2, piece.shape)
    spread = np.sqrt(np.maximum(squares - sums**2 / piece.size, 0)) * np.sqrt((plain**2).sum())
    return np.where(
        spread > piece.size, above / np.maximum(spread, 1e-9), -1.0
    )  # one grey level each: too flat to tell


def _sums(field: Plane, size: tuple[int, ...]) -> NDArray[np.float64]:
    """The sum of `field` under a window of `size` at every place."""
    total = np.pad(field.astype(np.float64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    high, wide = size
    return np.asarray(total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide] + total[:-high, :-wide])


def _correlation(one: Plane, two: Plane) -> float:
    one, two = one - one.mean(), two - two.mean()
    spread = float(np.sqrt((one**2).sum() * (two**2).sum()))
    return float((one * two).sum()) / spread if spread > one.size else 0.0


def _coarse_size(picture: Picture) -> tuple[int, int]:
    scale = COARSE / max(picture.width, picture.height)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _grey(picture: Picture, size: tuple[int, int]) -> Plane:
    return np.asarray(Image.fromarray(picture.rgb).convert("L").resize(size, Image.Resampling.BOX), dtype=np.float32)
