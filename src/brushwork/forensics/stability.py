"""Eight harmless re-encodings: what a mail program, a messenger or a web site does to a picture on its way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class View:
    """One re-encoding: scale by `scale`, cut `crop` pixels from the left and top, save as `format` at `quality`."""

    name: str
    format: str
    quality: int
    scale: float = 1.0
    crop: int = 0


VIEWS: Final[tuple[View, ...]] = (
    View("jpeg 95", "JPEG", 95),
    View("jpeg 85", "JPEG", 85),
    View("jpeg 75", "JPEG", 75),
    View("webp 90", "WEBP", 90),
    View("webp 80", "WEBP", 80),
    View("nine tenths, jpeg 90", "JPEG", 90, scale=0.9),
    View("eleven tenths, jpeg 90", "JPEG", 90, scale=1.1),
    View("cut by 4 pixels, jpeg 90", "JPEG", 90, crop=4),
)


def views(rgb: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield the eight re-encoded copies of an upright picture, each uint8 (height, width, 3)."""
    for view in VIEWS:
        yield _seen(rgb, view)


def _seen(rgb: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    cut = rgb[view.crop :, view.crop :] if min(rgb.shape[:2]) > 2 * view.crop else rgb
    image = Image.fromarray(np.ascontiguousarray(cut))
    if view.scale != 1.0:
        size = (max(1, round(image.width * view.scale)), max(1, round(image.height * view.scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, view.format, quality=view.quality)
    with Image.open(stream, formats=[view.format]) as again:
        return np.asarray(again.convert("RGB"))
