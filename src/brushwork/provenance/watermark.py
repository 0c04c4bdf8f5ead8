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
MIN_BLOCK_SHARE: Final = 0.60
"""Share of all blocks that must vote for the message. Unmarked: 0.5 with a small spread; marked: about 0.9 and more."""


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
    """One vote per block, row by row, for uint8 `rgb` of shape (height, width, 3)."""
    rows, columns = rgb.shape[0] // 8, rgb.shape[1] // 8
    blue_difference = _u_channel(rgb[: rows * 8, : columns * 8])
    # Haar's low band is half the sum of 2 x 2 pixels; twice it keeps whole numbers, so the modulus doubles too.
    low = blue_difference[0::2].astype(np.uint16) + blue_difference[1::2]
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
