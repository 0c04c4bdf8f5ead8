"""The images, from pixels alone: upright uint8 arrays of shape (height, width, 3) in, Pillow images out."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ..sheet import ACCENT, INK, PAPER, font_of
from ..verdict import Regions

Rgb = NDArray[np.uint8]
Plane = NDArray[np.float32]

LONGEST: Final = 1600
"""Pixels of the longest side of an image that is handed out."""
WINDOW: Final = 2048
"""Pixels of a side that spectrum and ghosts look at. Scaling would destroy what they show: a larger picture is cut."""
RESAVED_AT: Final = 90
GHOST_QUALITIES: Final = tuple(range(50, 100, 5))
_BLOCK: Final = 16  # pixels of a side over which a ghost is averaged
_BRIGHTEST: Final = 99.5  # the percentile that becomes white: single pixels must not darken the rest


def window(rgb: Rgb) -> Rgb:
    """The middle of the picture, at most WINDOW on a side, cut on the 8 x 8 grid of JPEG."""
    height, width = rgb.shape[:2]
    top, left = (max(0, side - WINDOW) // 16 * 8 for side in (height, width))
    return np.ascontiguousarray(rgb[top : top + WINDOW, left : left + WINDOW])


def error_level(rgb: Rgb) -> Image.Image:
    """The difference to the same picture saved as JPEG, stretched so that it can be seen."""
    image = Image.fromarray(rgb)
    change = np.asarray(_fitted(ImageChops.difference(image, resaved(image, RESAVED_AT))), dtype=np.float32)
    return Image.fromarray(_stretched(change))


def noise(rgb: Rgb) -> Image.Image:
    """The luminance without its 3 x 3 median, mid-grey where nothing is left."""
    grey = Image.fromarray(rgb).convert("L")
    smooth = grey.filter(ImageFilter.MedianFilter(3))
    rest = np.asarray(grey, dtype=np.int16) - np.asarray(smooth, dtype=np.int16)
    reach = max(1.0, float(np.percentile(np.abs(rest), _BRIGHTEST)))
    return _fitted(Image.fromarray(np.clip(128 + rest * (127 / reach), 0, 255).astype(np.uint8)))


def spectrum(rgb: Rgb) -> Image.Image:
    """The logarithm of the two-dimensional power spectrum of the luminance, slow frequencies in the middle."""
    grey = luminance(window(rgb))
    fade = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1])).astype(np.float32)
    power = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2((grey - grey.mean()) * fade)))).astype(np.float32)
    low = float(np.percentile(power, 1))
    return _fitted(Image.fromarray(_stretched(np.maximum(power - low, 0))))


def ghosts(rgb: Rgb) -> Image.Image:
    """One small map for each quality in GHOST_QUALITIES, dark where the picture fits it, side by side."""
    seen = window(rgb)
    tiles = [_ghost_tile(plane) for plane in ghost_planes(seen)]
    wide, high = tiles[0].size
    columns, head, gap = 5, 26, 8
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (wide + gap) + gap, rows * (high + head + gap)), PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (quality, tile) in enumerate(zip(GHOST_QUALITIES, tiles, strict=True)):
        x, y = gap + number % columns * (wide + gap), number // columns * (high + head + gap)
        pen.text((x, y + head - 6), f"quality {quality}", fill=INK, font=font_of(15), anchor="ls")
        sheet.paste(tile.convert("RGB"), (x, y + head))
    return sheet


def regions(rgb: Rgb, found: Regions) -> Image.Image:
    """The picture with each patch of `found` tinted by its own probability, which is written into it."""
    image = _fitted(Image.fromarray(rgb)).convert("RGBA")
    scale = image.width / rgb.shape[1]
    over = Image.new("RGBA", image.size)
    pen = ImageDraw.Draw(over)
    for patch in sorted(found.patches, key=lambda p: p.probability):
        box = [round(v * scale) for v in (patch.x, patch.y, patch.x + patch.width, patch.y + patch.height)]
        pen.rectangle(box, fill=(*ACCENT, round(190 * patch.probability)), outline=(255, 255, 255, 235), width=2)
        size = max(12, round(image.width / 70), round(patch.width * scale / 6))
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        pen.text(middle, f"{patch.probability:.2f}", (255, 255, 255, 255), font_of(size), "mm",
                 stroke_width=max(1, size // 9), stroke_fill=(10, 26, 58, 255))  # fmt: skip
    return Image.alpha_composite(image, over).convert("RGB")


def ghost_planes(seen: Rgb) -> list[Plane]:
    """For each quality, how far each block of a window is from itself saved so: float32, one value per block."""
    grey = Image.fromarray(seen).convert("L")  # colour is often stored at half the resolution, which would hide the dip
    return [_blocks(_squared(grey, resaved(grey, quality))) for quality in GHOST_QUALITIES]


def luminance(rgb: Rgb) -> Plane:
    """Rec. 601 luminance, float32 (height, width)."""
    return np.asarray(Image.fromarray(rgb).convert("L"), dtype=np.float32)


def resaved(image: Image.Image, quality: int) -> Image.Image:
    """The picture, RGB or grey, after one trip through JPEG at `quality` with full colour resolution."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, subsampling=0)
    with Image.open(stream, formats=["JPEG"]) as again:
        return again.convert(image.mode)


def _squared(image: Image.Image, other: Image.Image) -> Plane:
    return np.asarray(ImageChops.difference(image, other), dtype=np.float32) ** 2


def _blocks(plane: Plane) -> Plane:
    rows, columns = (max(1, side // _BLOCK) for side in plane.shape)
    size = min(_BLOCK, plane.shape[0]), min(_BLOCK, plane.shape[1])
    cut = plane[: rows * size[0], : columns * size[1]]
    blocks: Plane = cut.reshape(rows, size[0], columns, size[1]).mean(axis=(1, 3), dtype=np.float32)
    return blocks


def _ghost_tile(plane: Plane) -> Image.Image:
    image = Image.fromarray(_stretched(np.sqrt(plane)))
    scale = LONGEST / 5 / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.NEAREST)


def _fitted(image: Image.Image) -> Image.Image:
    """`image` within LONGEST on a side. Averaging keeps what a sharp filter would invent away."""
    if max(image.size) > LONGEST:
        scale = LONGEST / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return image.resize(size, Image.Resampling.BOX)
    return image


def _stretched(values: Plane) -> Rgb:
    top = max(1e-6, float(np.percentile(values, _BRIGHTEST)))
    bright: Rgb = np.clip(values * (255 / top), 0, 255).astype(np.uint8)
    return bright
