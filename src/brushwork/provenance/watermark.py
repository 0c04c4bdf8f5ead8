"""The invisible DWT-DCT watermark of Stable Diffusion 1 and 2, SDXL and FLUX.1, read from the pixels.

The scheme (method "dwtDct" of the invisible-watermark project; despite its name it applies no DCT): in the U channel of
8-bit YUV, take the low band of a one-level Haar transform, cut it into blocks of 4 x 4, and look at the largest of each
block's coefficients but the first. Modulo 36 it lies above 18 for a one, below for a zero. Block number k, row by row,
carries bit k modulo the length of the message; the bit is the majority of its blocks. Neither JPEG at quality 95 nor
resizing leaves it readable.

Two conditions make a hit, for blocks of natural pictures are not independent and a bound on bits alone is weak (35 of
48 random bits agree in 1 of 840 pictures): enough bits agree, and enough of all blocks vote for the message.
"""

from __future__ import annotations

from math import comb
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

STEP: Final = 36
MIN_PIXELS: Final = 256 * 256
"""The encoder refuses smaller pictures."""
MAX_PIXELS: Final = 4_000_000
"""Four times what these generators make; keeps the time of a 50-megapixel picture below 50 ms."""
_BAND: Final = 8
MIN_BLOCK_SHARE: Final = 0.65
"""Share of all blocks that must vote for the message. Seen: at most 0.61 on 2,082 human works, 0.74 and more marked."""


class Message(NamedTuple):
    """A known message: who writes it, its bits, and how many must agree."""

    tool: str
    bits: tuple[int, ...]
    needed: int


def _of_bytes(text: bytes) -> tuple[int, ...]:
    return tuple(int(bit) for bit in np.unpackbits(np.frombuffer(text, dtype=np.uint8)))


def _of_int(value: int) -> tuple[int, ...]:
    return tuple(int(bit) for bit in f"{value:b}")


# Bounds on the bits, by the binomial tail for random bits: 100 of 136 is 2e-8, 35 of 48 is 1e-3, 35 of 46 is 3e-4,
# 31 of 32 is 8e-9; `false_positive_rate` gives them. FLUX.1 drops the two leading zeros of its 48-bit constant.
MESSAGES: Final[tuple[Message, ...]] = (
    Message("Stable Diffusion 1", _of_bytes(b"StableDiffusionV1"), 100),
    Message("Stable Diffusion 2", _of_bytes(b"SDV2"), 31),
    Message("Stable Diffusion XL", _of_int(0b101100111110110010010000011110111011000110011110), 35),
    Message("FLUX.1", _of_int(0b001010101111111010000111100111001111010100101110), 35),
)


class Match(NamedTuple):
    """How well a message fits: bits that agree, and the share of all blocks that vote for it."""

    message: Message
    agreed: int
    share: float

    @property
    def hit(self) -> bool:
        """True where both conditions hold."""
        return self.agreed >= self.message.needed and self.share >= MIN_BLOCK_SHARE


def block_votes(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """One vote per block, row by row, for uint8 `rgb` of shape (height, width, 3). Works in bands that fit the
    processor's cache, and looks at no more than the upper `MAX_PIXELS` of a picture."""
    rows = min(rgb.shape[0] // 8, max(1, MAX_PIXELS // (8 * rgb.shape[1])))
    bands = (rgb[top * 8 : min(top + _BAND, rows) * 8] for top in range(0, rows, _BAND))
    return np.concatenate([_band_votes(band) for band in bands])


def _band_votes(band: NDArray[np.uint8]) -> NDArray[np.bool_]:
    rows, columns = band.shape[0] // 8, band.shape[1] // 8
    u = _u_channel(band[:, : columns * 8])
    # Haar's low band is half the sum of 2 x 2 pixels; twice it keeps whole numbers, so the modulus doubles too.
    low = u[0::2].astype(np.uint16) + u[1::2]
    low = low[:, 0::2] + low[:, 1::2]
    blocks = low.reshape(rows, 4, columns, 4)
    blocks[:, 0, :, 0] = 0  # the first coefficient carries nothing
    largest = blocks.max(axis=1).max(axis=2)
    return np.asarray(largest % (2 * STEP) > STEP).ravel()


def _u_channel(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """U of 8-bit YUV as OpenCV rounds it: 14-bit fixed point, luma rounded first. Same shape as one channel."""
    red, green, blue = (rgb[:, :, i].astype(np.int32) for i in range(3))
    luma = (4899 * red + 9617 * green + 1868 * blue + 8192) >> 14
    u = (8061 * (blue - luma) + (128 << 14) + 8192) >> 14
    clipped: NDArray[np.uint8] = np.clip(u, 0, 255).astype(np.uint8)
    return clipped


def match(votes: NDArray[np.bool_], message: Message) -> Match:
    """Compare the blocks' votes with one message."""
    expected = np.asarray(message.bits, dtype=bool)
    length = len(expected)
    whole = votes[: len(votes) // length * length].reshape(-1, length)
    ones = whole.mean(axis=0)
    # The decoder's own rounding: a share of ones above 127/255 is a one.
    agreed = int(((ones * 255 > 127) == expected).sum())
    return Match(message, agreed, float((whole == expected).mean()))


def find(rgb: NDArray[np.uint8]) -> Match | None:
    """The first known message in `rgb`, or None. Pictures too small for the encoder are not looked at."""
    if rgb.shape[0] * rgb.shape[1] < MIN_PIXELS or min(rgb.shape[:2]) < 8:
        return None
    votes = block_votes(rgb)
    matches = (match(votes, message) for message in MESSAGES if len(votes) >= len(message.bits))
    return next((m for m in matches if m.hit), None)


def false_positive_rate(needed: int, length: int) -> float:
    """Probability that at least `needed` of `length` random bits agree: the bound of the first condition alone."""
    return float(sum(comb(length, k) for k in range(needed, length + 1)) / 2**length)
