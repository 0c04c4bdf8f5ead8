"""A map of influence over its picture, in colours that are no verdict, and where it is highest in words."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from ...forensics.regions import where_in
from ..metrics import Floats
from ..weather import Pixels

STRENGTH: Final = 0.6
LARGEST: Final = 640
"""Longer side of an overlay in pixels: a page of many stays small enough to send."""
HIGH: Final = 0.5
DARK: Final = np.array([68.0, 1.0, 84.0])
LIGHT: Final = np.array([253.0, 231.0, 37.0])
"""Ends of a scale from dark to light, not from green to red: a map tells influence, not guilt."""


def write_overlay(picture: Pixels, found: Floats, path: Path) -> Path:
    """Lay a map (height, width) of 0 to 1 over a picture uint8 (height, width, 3) and write it as PNG."""
    colours = DARK + (LIGHT - DARK) * found[:, :, None]
    share = STRENGTH * found[:, :, None]
    mixed = picture * (1 - share) + colours * share
    image = Image.fromarray(np.clip(mixed + 0.5, 0, 255).astype(np.uint8))
    image.thumbnail((LARGEST, LARGEST))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def in_words(found: Floats) -> str:
    """Where a map (height, width) of 0 to 1 is highest, and how much of the picture is above a half."""
    height, width = found.shape
    if not found.max() > 0:
        return "The map is empty: no place raises the score."
    y, x = (int(v.mean()) for v in np.nonzero(found >= found.max()))
    return f"Highest {where_in(x, y, width, height)}; {np.mean(found > HIGH):.0%} of the area is above a half."
