"""Deterministic drawings: the same kind, size and seed give the same pixels on every machine."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Size = tuple[int, int]


def drawn(kind: str = "painterly", size: Size = (512, 384), seed: int = 0) -> Image.Image:
    """An RGB picture of `kind` (a key of `KINDS`), `size` as (width, height)."""
    if kind not in KINDS:
        raise ValueError(f"no drawing is called {kind!r}; the kinds are {', '.join(KINDS)}")
    return KINDS[kind](size, np.random.default_rng(seed))


def encoded(image: Image.Image, picture_format: str = "PNG", **options: Any) -> bytes:
    """The bytes of `image` as a file; `options` go to Pillow's save."""
    stream = io.BytesIO()
    image.save(stream, picture_format, **options)
    return stream.getvalue()


def _flat(size: Size, rng: np.random.Generator) -> Image.Image:
    red, green, blue = (int(value) for value in rng.integers(40, 216, 3))
    return Image.new("RGB", size, (red, green, blue))


def _gradient(size: Size, rng: np.random.Generator) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    corners = rng.integers(20, 236, (3, 3))
    value = corners[0] * (1 - across)[..., None] + corners[1] * across[..., None]
    return _image(0.6 * value + 0.4 * corners[2] * down[..., None])


def _ink_line(size: Size, rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", size, (250, 248, 240))
    pen = ImageDraw.Draw(image)
    for _ in range(24):
        points = np.cumsum(rng.normal(0, min(size) / 14, (40, 2)), axis=0) + rng.uniform((0, 0), size)
        pen.line([(int(x), int(y)) for x, y in points], fill=(24, 22, 30), width=int(rng.integers(1, 5)))
    return image


def _painterly(size: Size, rng: np.random.Generator) -> Image.Image:
    image = _gradient(size, rng)
    pen = ImageDraw.Draw(image)
    for _ in range(400):
        x, y = (int(value) for value in rng.uniform((0, 0), size))
        width, height = (int(value) for value in rng.integers(6, max(8, min(size) // 8), 2))
        red, green, blue = (int(value) for value in rng.integers(20, 236, 3))
        pen.ellipse((x, y, x + width, y + height), fill=(red, green, blue))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)), dtype=np.float64)
    return _image(soft + rng.normal(0, 5, soft.shape))


def _noise_texture(size: Size, rng: np.random.Generator) -> Image.Image:
    """Noise whose power falls with the square of the frequency, as in photographs."""
    frequency = np.hypot(np.fft.fftfreq(size[1])[:, None], np.fft.rfftfreq(size[0])[None, :])
    frequency[0, 0] = 1
    planes = []
    for _ in range(3):
        spectrum = np.fft.rfft2(rng.normal(0, 1, (size[1], size[0]))) / frequency
        plane = np.fft.irfft2(spectrum, s=(size[1], size[0]))
        planes.append((plane - plane.mean()) / plane.std() * 46 + 128)
    return _image(np.stack(planes, axis=-1))


def _image(values: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.clip(np.round(values), 0, 255).astype(np.uint8))


KINDS: Final[dict[str, Callable[[Size, np.random.Generator], Image.Image]]] = {
    "flat": _flat,
    "gradient": _gradient,
    "ink_line": _ink_line,
    "painterly": _painterly,
    "noise_texture": _noise_texture,
}
