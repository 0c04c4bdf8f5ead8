"""What the encoding says: JPEG tables and quality, chroma subsampling, bits per pixel, generator-like sizes.

Facts, shown beside a verdict; none of them is evidence of AI by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

# Independent JPEG Group luminance table (ITU T.81 annex K.1), in zigzag-free row order as Pillow gives it.
_IJG_LUMINANCE: Final = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
], dtype=np.float64)  # fmt: skip

_SUBSAMPLING: Final = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}

# Sides that generators give by default: multiples of 64 between 512 and 2048 in these pairs, either way round.
GENERATOR_SIZES: Final = frozenset({
    (512, 512), (512, 768), (640, 640), (768, 768), (832, 1216), (896, 1152), (768, 1344), (640, 1536), (1024, 1024),
    (1024, 1536), (1024, 1792), (1024, 1344), (928, 1232), (816, 1456), (864, 1184), (896, 1344), (960, 1280),
    (1536, 1536), (2048, 2048), (1344, 1792), (1152, 2048),
})  # fmt: skip


@dataclass(frozen=True)
class FormatFacts:
    """Facts of one file. `quantisation` maps table number to 64 values in row order, empty for anything but JPEG."""

    format: str | None
    mode: str
    progressive: bool = False
    jpeg_quality: int | None = None
    chroma_subsampling: str | None = None
    quantisation: tuple[tuple[int, ...], ...] = ()
    bits_per_pixel: float | None = None
    typical_generator_size: bool = False


def read_format_facts(image: Image.Image, size: int | None) -> FormatFacts:
    """Read the facts of an opened, not necessarily decoded image; `size` is the file's length in bytes."""
    width, height = image.size
    tables = tuple(tuple(t) for _, t in sorted(getattr(image, "quantization", {}).items()))
    jpeg = image.format in ("JPEG", "MPO")
    return FormatFacts(
        format=image.format,
        mode=image.mode,
        progressive=bool(image.info.get("progressive", False)),
        jpeg_quality=estimate_quality(tables[0]) if jpeg and tables else None,
        chroma_subsampling=_SUBSAMPLING.get(get_sampling(image)) if jpeg else None,
        quantisation=tables,
        bits_per_pixel=None if size is None else round(8 * size / (width * height), 3),
        typical_generator_size=(min(width, height), max(width, height)) in GENERATOR_SIZES,
    )


def estimate_quality(table: tuple[int, ...]) -> int | None:
    """The IJG quality (1 to 100) whose luminance table lies nearest to `table`; None if it does not have 64 entries."""
    if len(table) != 64:
        return None
    distance = np.abs(_ijg_tables() - np.asarray(table, dtype=np.float64)).sum(axis=1)
    return int(distance.argmin()) + 1


def _ijg_tables() -> NDArray[np.float64]:
    """All hundred luminance tables, shape (100, 64), by libjpeg's jpeg_quality_scaling."""
    quality = np.arange(1, 101, dtype=np.float64)[:, None]
    scale = np.where(quality < 50, np.floor(5000 / quality), 200 - 2 * quality)
    return np.clip(np.floor((_IJG_LUMINANCE[None, :] * scale + 50) / 100), 1, 255)
