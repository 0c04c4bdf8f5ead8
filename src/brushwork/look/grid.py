"""Facts about compression: the tables of a JPEG, the curve of its ghosts, and the grid of 8 x 8 blocks."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict

from ..picture import Picture
from .maps import GHOST_QUALITIES, Rgb, ghost_planes, luminance, window

_CLEAR_GRID: Final = 1.25  # so many times the usual step; drawings that were never compressed stay below it
_SHARP_DIP: Final = 1.0  # natural logarithm: a dip where a quality fits e times better than its neighbours together
_LEAST_STEP: Final = 0.1  # grey levels; flat pictures would give any ratio
_LEAST_TEXTURE: Final = 1.0  # grey levels; one colour fits a quality by the rounding of one number
_LEAST_CHANGE: Final = 0.05  # squared grey levels; below it lies rounding


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tables(_Fact):
    """The quantisation tables of a JPEG, 64 values each in row order, and the libjpeg quality nearest to them."""

    tables: tuple[tuple[int, ...], ...]
    estimated_quality: int | None
    standard: bool
    words: str


class Ghosts(_Fact):
    """The mean squared change of the luminance by saving it as JPEG at each quality. `dip` is the quality that fits far
    better than those around it, which may be one that the picture was saved at before; None where none does."""

    qualities: tuple[int, ...]
    differences: tuple[float, ...]
    dip: int | None
    words: str


class Grid(_Fact):
    """How much larger than usual the step between neighbours is at each of 8 offsets, across and down.

    `offset` is where the grid of blocks begins, None where there is no clear one; [0, 0] is that of the file itself.
    """

    across: tuple[float, ...]
    down: tuple[float, ...]
    offset: tuple[int, int] | None
    words: str


def tables_of(picture: Picture) -> Tables | None:
    """The tables of `picture`; None for anything but JPEG."""
    facts = picture.facts
    if not facts.quantisation:
        return None
    quality = facts.jpeg_quality
    standard = quality is not None and facts.quantisation[:2] == _libjpeg(quality)[: len(facts.quantisation[:2])]
    if standard:
        words = f"The standard tables at quality {quality}, as most programs write them."
    else:
        words = (
            f"Tables of the program's own, nearest to the standard ones at quality {quality}. Cameras, Adobe programs "
            "and some web sites have such."
        )
    return Tables(tables=facts.quantisation, estimated_quality=quality, standard=standard, words=words)


@lru_cache(maxsize=100)
def _libjpeg(quality: int) -> tuple[tuple[int, ...], ...]:
    """The two tables that libjpeg writes at `quality`, asked from it."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "JPEG", quality=quality)
    with Image.open(stream, formats=["JPEG"]) as image:
        return tuple(tuple(table) for _, table in sorted(image.quantization.items()))  # type: ignore[attr-defined]


def ghosts_of(rgb: Rgb) -> Ghosts:
    """The curve over the window that the image of ghosts shows."""
    seen = window(rgb)
    curve = [float(plane.mean()) for plane in ghost_planes(seen)]
    dip = _dip(curve) if luminance(seen).std() >= _LEAST_TEXTURE else None
    if dip is None:
        words = "No quality fits far better than those around it: never a JPEG, a fine one, or cut or scaled since."
    else:
        words = f"It fits quality {dip} far better than those around it: it was probably saved so before."
    return Ghosts(qualities=GHOST_QUALITIES, differences=tuple(round(c, 4) for c in curve), dip=dip, words=words)


def _dip(curve: list[float]) -> int | None:
    logs = np.log(np.array(curve) + _LEAST_CHANGE)
    depths = (logs[:-2] + logs[2:]) / 2 - logs[1:-1]
    deepest = int(depths.argmax())
    return GHOST_QUALITIES[deepest + 1] if depths[deepest] >= _SHARP_DIP else None


def grid_of(rgb: Rgb) -> Grid:
    """The grid of JPEG blocks in the pixels, wherever they come from."""
    grey = luminance(window(rgb))
    across, down = _steps(grey), _steps(grey.T)
    offset = (_place(across), _place(down))
    clear = all(max(steps) >= _CLEAR_GRID for steps in (across, down))
    if not clear:
        words = "No clear grid of blocks: never a JPEG, a fine one, or scaled since."
    elif offset == (0, 0):
        words = "A grid of 8 x 8 blocks that begins at the corner, as JPEG leaves it."
    else:
        words = f"A grid of 8 x 8 blocks that begins at {offset[0]}, {offset[1]}: probably cut out of a larger JPEG."
    return Grid(across=across, down=down, offset=offset if clear else None, words=words)


def _steps(grey: NDArray[np.float32]) -> tuple[float, ...]:
    """The mean step between neighbouring columns at each offset modulo 8, over the median of the eight."""
    step = np.abs(np.diff(grey, axis=1))
    means = np.array([step[:, at::8].mean() if step[:, at::8].size else 0.0 for at in range(8)], dtype=np.float64)
    over = (means + _LEAST_STEP) / (np.median(means) + _LEAST_STEP)
    return tuple(round(float(value), 3) for value in over)


def _place(steps: tuple[float, ...]) -> int:
    """Where blocks begin: right of the largest step, which lies between columns `at` and `at` + 1."""
    return (int(np.argmax(steps)) + 1) % 8
