"""Prepared sets drawn for tests: human works are soft, AI works carry the grid of an upsampler, of each generator its
own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from brushwork.lab.classifiers.prepared import PreparedRow, PreparedSet, write_prepared

GENERATORS = ("alpha", "beta")
PERIODS = {"alpha": 2, "beta": 4}


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
        picture += strength * ((y + x) % PERIODS[generator] == 0)[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def drawn_set(folder: Path, side: int = 32, count: int = 160, seed: int = 7) -> PreparedSet:
    """Half human, half AI of two generators; 60 % to train, 20 % each for val and test."""
    rng = np.random.default_rng(seed)

    def items():
        for n in range(count):
            generator = GENERATORS[n // 2 % 2] if n % 2 else ""
            split = ("train", "train", "train", "val", "test")[n // 4 % 5]
            row = PreparedRow(
                id=f"{n:06d}", label=n % 2, generator=generator, source=f"s{n % 7}", group=f"s{n % 7}", kind="drawing",
                split=split, place=f"drawn/{n}.png",
            )  # fmt: skip
            yield row, drawn(rng, side, generator)

    return write_prepared(folder, side, items(), {"drawn": seed}, expected=count)
