"""Pixel arithmetic that needs no model: one RGB for every mode of Pillow, alpha, the perceptual hash."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_WIDE_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Return uint8 of shape (height, width, 3); alpha is flattened on white, 16-bit and float are scaled to 8 bits."""
    if image.mode in _WIDE_MODES:
        grey = _eight_bits(np.asarray(image))
        return np.repeat(grey[:, :, None], 3, axis=2)
    if has_alpha(image):
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))
    return np.asarray(image.convert("RGB"))


def has_alpha(image: Image.Image) -> bool:
    """True where the mode has an alpha band or the palette names a transparent colour."""
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def alpha_of(image: Image.Image) -> NDArray[np.uint8] | None:
    """The stored alpha band, uint8 (height, width), or None. A palette's transparent colour is not a band."""
    if image.mode not in ("RGBA", "LA", "PA"):
        return None
    return np.asarray(image.getchannel("A"))


def _eight_bits(wide: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale 16-bit, 32-bit or float grey to 8 bits. Values of a 32-bit picture that fit 16 bits are 16-bit ones."""
    values = np.nan_to_num(np.asarray(wide, dtype=np.float64))
    top = float(values.max(initial=0.0))
    full = 1.0 if top <= 1.0 else 255.0 if top <= 255.0 and wide.dtype.kind == "f" else 65535.0
    return np.clip(values * (255.0 / max(full, top if top > 65535.0 else full)) + 0.5, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    """The first 8 rows of the 32-point DCT-II matrix, shape (8, 32)."""
    k, n = np.arange(8)[:, None], np.arange(32)[None, :]
    return np.cos(np.pi * k * (2 * n + 1) / 64)


def perceptual_hash(rgb: NDArray[np.uint8]) -> str:
    """DCT hash (pHash): signs of 64 low frequencies of a 32 x 32 grey copy against their median, as 16 hex digits."""
    grey = Image.fromarray(rgb).convert("L").resize((32, 32), Image.Resampling.BOX)
    low = (_cosines() @ np.asarray(grey, dtype=np.float64) @ _cosines().T).ravel()
    bits = np.round(low, 6) > np.round(np.median(low[1:]), 6)
    return np.packbits(bits).tobytes().hex()
