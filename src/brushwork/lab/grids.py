"""Sample sheets: pictures side by side in one PNG, for the eyes of those who hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from .weather import Pixels

TILE: Final = 112
GAP: Final = 6
COLUMNS: Final = 8
GROUND: Final = (255, 255, 255)


def write_sheet(pictures: Sequence[Pixels], path: Path) -> Path:
    """Write `pictures`, uint8 (height, width, 3) of any size, as one sheet; small ones are enlarged without blur."""
    columns = min(COLUMNS, max(1, len(pictures)))
    lines = max(1, -(-len(pictures) // columns))
    step = TILE + GAP
    sheet = Image.new("RGB", (columns * step + GAP, lines * step + GAP), GROUND)
    for number, pixels in enumerate(pictures):
        tile = _tile(pixels)
        x, y = GAP + number % columns * step, GAP + number // columns * step
        sheet.paste(tile, (x + (TILE - tile.width) // 2, y + (TILE - tile.height) // 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)
    return path


def _tile(pixels: Pixels) -> Image.Image:
    image = Image.fromarray(np.asarray(pixels))
    factor = TILE / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BICUBIC)
