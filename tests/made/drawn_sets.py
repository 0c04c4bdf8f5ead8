"""Prepared sets drawn for tests: human works are soft, AI works carry the grid of an upsampler, of each generator its
own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brushwork.lab.classifiers.prepared import PreparedRow, PreparedSet, write_prepared

GENERATORS = ("alpha", "beta")
SEVEN = ("BigGAN", "VQDM", "Stable Diffusion 1.5", "Wukong", "ADM", "GLIDE", "Midjourney")
GRIDS = dict(
    zip(
        (*GENERATORS, *SEVEN),
        ((1, 1, 2), (1, 1, 4), (1, 0, 2), (0, 1, 2), (1, 1, 2), (1, 0, 4), (0, 1, 4), (1, 1, 4), (1, -1, 4)),
        strict=True,
    )
)
"""Of each generator the steps down and across, and the period, of its grid."""


def drawn(rng: np.random.Generator, side: int, generator: str = "", strength: float = 28.0) -> np.ndarray:
    """A soft picture uint8 (side, side, 3); with a generator, its grid on top."""
    coarse = rng.uniform(60, 190, (5, 5, 3))
    at = np.linspace(0, 3.999, side)
    low, part = at.astype(int), (at % 1)[:, None, None]
    rows = coarse[low] * (1 - part) + coarse[low + 1] * part
    across = part.reshape(1, -1, 1)
    picture = rows[:, low] * (1 - across) + rows[:, low + 1] * across + rng.normal(0, 4, (side, side, 3))
    if generator:
        y, x = np.indices((side, side))
        down, across, period = GRIDS[generator]
        picture += strength * ((down * y + across * x) % period == 0)[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def drawn_set(
    folder: Path, side: int = 32, count: int = 160, seed: int = 7, generators: Sequence[str] = GENERATORS
) -> PreparedSet:
    """Half human, half AI of the generators in turn; 60 % to train, 20 % each for val and test."""
    turn = 2 * len(generators)
    rng = np.random.default_rng(seed)

    def items():
        for n in range(count):
            generator = generators[n // 2 % len(generators)] if n % 2 else ""
            split = ("train", "train", "train", "val", "test")[n // turn % 5]
            row = PreparedRow(
                id=f"{n:06d}", label=n % 2, generator=generator, source=f"s{n % 7}", group=f"s{n % 7}", kind="drawing",
                split=split, place=f"drawn/{n}.png",
            )  # fmt: skip
            yield row, drawn(rng, side, generator)

    return write_prepared(folder, side, items(), {"drawn": seed}, expected=count)
