"""What happens to pictures on their way: seeded chains of degradations, drawn without a look at the class."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ..forensics.patches import through_jpeg

Pixels = NDArray[np.uint8]
Random = np.random.Generator
Weather = Literal["clean", "web", "hard", "train"]

KERNELS: Final = (
    Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BOX,
    Image.Resampling.HAMMING, Image.Resampling.NEAREST,
)  # fmt: skip
SUBSAMPLINGS: Final = ("4:4:4", "4:2:2", "4:2:0")
LEAST_SIDE: Final = 224
"""No resize goes below this: a picture smaller than a patch is another question (out of range)."""


class Step(NamedTuple):
    """One degradation: what it does, and how often it is drawn beside the others."""

    name: str
    act: Callable[[Pixels, Random], Pixels]
    weight: float


class Chain(NamedTuple):
    """How many steps of which kinds are drawn, and how often a JPEG of `quality` closes the chain."""

    steps: tuple[Step, ...]
    least: int
    most: int
    last_jpeg: float
    quality: tuple[int, int]


def jpeg(rgb: Pixels, quality: int, subsampling: str = "4:2:0") -> Pixels:
    """Through a JPEG of IJG `quality` (1 to 100)."""
    return through_jpeg(rgb, quality, subsampling)


def webp(rgb: Pixels, quality: int) -> Pixels:
    """Through a lossy WebP of `quality` (1 to 100)."""
    return _through(rgb, "WEBP", quality=quality, method=2)


def _through(rgb: Pixels, form: str, **options: int | str) -> Pixels:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, form, **options)
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))


def resize(rgb: Pixels, factor: float, kernel: Image.Resampling) -> Pixels:
    """Scaled by `factor`, but never to a side below LEAST_SIDE (a smaller picture keeps its size)."""
    height, width = rgb.shape[:2]
    factor = max(factor, min(1.0, LEAST_SIDE / min(width, height)))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(rgb).resize(size, kernel))


def random_jpeg(rgb: Pixels, rng: Random, low: int = 30, high: int = 95) -> Pixels:
    """A JPEG of random quality and chroma subsampling."""
    return jpeg(rgb, int(rng.integers(low, high + 1)), SUBSAMPLINGS[int(rng.choice(3, p=(0.25, 0.1, 0.65)))])


def _random_webp(rgb: Pixels, rng: Random) -> Pixels:
    return webp(rgb, int(rng.integers(40, 96)))


def _random_resize(rgb: Pixels, rng: Random) -> Pixels:
    return resize(rgb, float(np.exp(rng.uniform(np.log(0.4), np.log(1.5)))), random_kernel(rng))


def _mild_resize(rgb: Pixels, rng: Random) -> Pixels:
    return resize(rgb, float(np.exp(rng.uniform(np.log(0.6), np.log(1.25)))), random_kernel(rng))


def random_kernel(rng: Random) -> Image.Resampling:
    """One of KERNELS; the good ones are drawn more often, nearest seldom."""
    return KERNELS[int(rng.choice(6, p=(0.28, 0.28, 0.28, 0.08, 0.05, 0.03)))]


def _blur(rgb: Pixels, rng: Random) -> Pixels:
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2)))))


def _sharpen(rgb: Pixels, rng: Random) -> Pixels:
    mask = ImageFilter.UnsharpMask(float(rng.uniform(0.6, 2.0)), int(rng.integers(30, 151)), 0)
    return np.asarray(Image.fromarray(rgb).filter(mask))


def _noise(rgb: Pixels, rng: Random) -> Pixels:
    shape = rgb.shape if rng.random() < 0.5 else (*rgb.shape[:2], 1)
    grain = rng.standard_normal(shape, dtype=np.float32) * np.float32(rng.uniform(1.0, 7.0))
    return np.clip(rgb + grain + 0.5, 0, 255).astype(np.uint8)


def _tone(rgb: Pixels, rng: Random) -> Pixels:
    """Brightness, contrast and gamma, as a filter of a phone does."""
    levels = np.arange(256, dtype=np.float32) / 255
    curve = levels ** np.float32(rng.uniform(0.85, 1.18))
    curve = (curve - 0.5) * np.float32(rng.uniform(0.88, 1.12)) + 0.5 + np.float32(rng.uniform(-0.04, 0.04))
    return np.clip(curve * 255 + 0.5, 0, 255).astype(np.uint8)[rgb]


def _palette(rgb: Pixels, rng: Random) -> Pixels:
    """In few colours of its own, dithered or not, as GIF and 8-bit PNG files keep it."""
    dither = Image.Dither.FLOYDSTEINBERG if rng.random() < 0.7 else Image.Dither.NONE
    few = Image.fromarray(rgb).quantize(int(rng.choice((64, 128, 256))), dither=dither)
    return np.asarray(few.convert("RGB"))


def _screenshot(rgb: Pixels, rng: Random) -> Pixels:
    """Scaled to a screen and seen between the plain bars of a viewer, above and below or on both sides."""
    shown = resize(rgb, float(rng.uniform(0.5, 1.1)), Image.Resampling.BILINEAR)
    across = int(rng.integers(2))
    bar = max(1, round(shown.shape[across] * float(rng.uniform(0.01, 0.06))))
    ground = int(rng.choice((0, 18, 32, 240, 255)))
    bars = tuple((bar, bar) if axis == across else (0, 0) for axis in range(3))
    return np.pad(shown, bars, constant_values=ground)


_WEB: Final = (
    Step("jpeg", lambda rgb, rng: random_jpeg(rgb, rng, 60, 95), 4),
    Step("webp", _random_webp, 2),
    Step("resize", _mild_resize, 3),
    Step("sharpen", _sharpen, 1),
)
_ALL: Final = (
    Step("jpeg", random_jpeg, 3), Step("webp", _random_webp, 2), Step("resize", _random_resize, 3),
    Step("blur", _blur, 1), Step("noise", _noise, 1), Step("sharpen", _sharpen, 1), Step("tone", _tone, 1),
    Step("palette", _palette, 0.5), Step("screenshot", _screenshot, 0.5),
)  # fmt: skip
CHAINS: Final[dict[Weather, Chain]] = {
    "clean": Chain((), 0, 0, 0.0, (95, 95)),
    "web": Chain(_WEB, 1, 2, 0.8, (65, 95)),
    "hard": Chain(_ALL, 2, 4, 0.9, (30, 80)),
    # What training sees: nothing at all for some, two steps and a JPEG for others.
    "train": Chain(_ALL, 0, 2, 0.7, (40, 97)),
}


def degrade(rgb: Pixels, weather: Weather, rng: Random) -> Pixels:
    """Send a picture uint8 (height, width, 3) through one random chain; its size may change. `clean`: nothing."""
    chain = CHAINS[weather]
    if not chain.steps:
        return rgb
    weights = np.array([s.weight for s in chain.steps], dtype=np.float64)
    count = int(rng.integers(chain.least, chain.most + 1))
    for i in rng.choice(len(chain.steps), size=count, p=weights / weights.sum()):
        rgb = chain.steps[int(i)].act(rgb, rng)
    if rng.random() < chain.last_jpeg:
        rgb = random_jpeg(rgb, rng, *chain.quality)
    return rgb


def recolour(rgb: Pixels, alpha: Pixels, rng: Random) -> Pixels:
    """Move a picture that was flattened on white to another ground, so that no ground stands for a class.

    `alpha` uint8 (height, width). Flattened on white is a*c + (1-a)*255, so the colour itself is not needed.
    """
    if rng.random() < 0.3:
        return rgb
    ground = rng.integers(0, 256, 3).astype(np.float32)
    clear = 1.0 - alpha[:, :, None].astype(np.float32) / 255
    moved = np.clip(rgb + clear * (ground - 255.0) + 0.5, 0, 255)
    return np.asarray(moved, dtype=np.uint8)


def stream(*parts: object) -> Random:
    """A generator that depends on `parts` alone: the same in every process and on every machine."""
    digest = hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
