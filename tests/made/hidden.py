"""Hide marks in pixels as generators do: stealth text in the lowest bits, and the DWT-DCT watermark."""

from __future__ import annotations

import gzip
import json

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .tagged import NOVELAI

STEP = 36


def stealth(image: Image.Image, text: str, magic: str = "stealth_pngcomp") -> Image.Image:
    """Hide `text` behind `magic`, down the columns, in the alpha band, or in the colours for an "rgb" magic."""
    payload = gzip.compress(text.encode(), mtime=0) if magic.endswith("comp") else text.encode()
    return stealth_bytes(image, magic.encode() + (len(payload) * 8).to_bytes(4, "big") + payload)


def stealth_bytes(image: Image.Image, content: bytes) -> Image.Image:
    """Hide raw `content`: the header with its magic word decides where."""
    bits = np.unpackbits(np.frombuffer(content, dtype=np.uint8))
    pixels = np.asarray(image.convert("RGB" if content.startswith(b"stealth_rgb") else "RGBA")).copy()
    band = pixels if pixels.shape[2] == 3 else pixels[:, :, 3]
    turned = np.ascontiguousarray(band.swapaxes(0, 1))
    flat = turned.reshape(-1)
    flat[: len(bits)] = (flat[: len(bits)] & 0xFE) | bits
    back = turned.swapaxes(0, 1)
    if pixels.shape[2] == 3:
        return Image.fromarray(back.copy())
    pixels[:, :, 3] = back
    return Image.fromarray(pixels)


def novelai_stealth(image: Image.Image) -> Image.Image:
    """What NovelAI hides: all of its chunks as one JSON object."""
    return stealth(image, json.dumps(NOVELAI))


def watermarked(image: Image.Image, bits: tuple[int, ...]) -> Image.Image:
    """Embed `bits` by the "dwtDct" method: in each 4 x 4 block of the Haar low band of U, move the largest coefficient
    but the first to a quarter (zero) or three quarters (one) of its step of 36."""
    rgb = np.asarray(image.convert("RGB"), dtype=np.float64)
    rows, columns = rgb.shape[0] // 8, rgb.shape[1] // 8
    y, u, v = _to_yuv(rgb)
    area = u[: rows * 8, : columns * 8]
    low = area.reshape(rows * 4, 2, columns * 4, 2).sum(axis=(1, 3)) / 2
    change = np.zeros_like(low)
    for number in range(rows * columns):
        top, left = divmod(number, columns)
        block = low[top * 4 : top * 4 + 4, left * 4 : left * 4 + 4]
        at = int(np.argmax(np.abs(block).ravel()[1:])) + 1
        value = block.flat[at]
        aim = (value // STEP + 0.25 + 0.5 * bits[number % len(bits)]) * STEP
        change[top * 4 + at // 4, left * 4 + at % 4] = aim - value
    u[: rows * 8, : columns * 8] = area + np.repeat(np.repeat(change / 2, 2, axis=0), 2, axis=1)
    return Image.fromarray(_to_rgb(y, np.clip(np.round(u), 0, 255), v))


def _to_yuv(rgb: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = np.round(0.299 * red + 0.587 * green + 0.114 * blue)
    return y, np.round(0.492 * (blue - y) + 128), np.round(0.877 * (red - y) + 128)


def _to_rgb(y: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.uint8]:
    red, blue = y + 1.140 * (v - 128), y + 2.032 * (u - 128)
    green = y - 0.581 * (v - 128) - 0.395 * (u - 128)
    return np.clip(np.round(np.stack([red, green, blue], axis=-1)), 0, 255).astype(np.uint8)
