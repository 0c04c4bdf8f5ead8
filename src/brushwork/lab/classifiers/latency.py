"""How long one picture takes: a batch of one, one thread, the fastest of several rounds taken in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Final, NamedTuple

import numpy as np

from ..weather import Pixels, stream

ROUNDS: Final = 5
REPEATS: Final = 12
WARM: Final = 2

Look = Callable[[Pixels], object]


class Latency(NamedTuple):
    """Milliseconds of one picture, with the slowest round, and by what it was run."""

    ms: float
    slowest: float
    by: str

    @property
    def words(self) -> str:
        """The figure and its spread."""
        return f"{self.ms:.2f} (up to {self.slowest:.2f})"


def example(side: int, count: int = 1) -> Pixels:
    """Pictures with edges and grain, uint8 (count, side, side, 3): on noise alone, many units stay shut."""
    rng = stream("example", side, count)
    coarse = rng.integers(0, 256, (count, side // 16 + 1, side // 16 + 1, 3))
    large = np.kron(coarse, np.ones((1, 16, 16, 1)))[:, :side, :side]
    return np.clip(large + rng.normal(0, 6, (count, side, side, 3)), 0, 255).astype(np.uint8)


def measure(looks: Mapping[str, tuple[Look, int, str]]) -> dict[str, Latency]:
    """The time of one picture for each of `looks`: what to call, the side of its picture, by what it runs.

    Rounds go over all of them in turn, so that what else the machine does falls on all alike; the median of a round
    counts, and of the rounds the fastest: other work can only slow a measurement down.
    """
    rounds: dict[str, list[float]] = {name: [] for name in looks}
    for _ in range(ROUNDS):
        for name, (look, side, _) in looks.items():
            rounds[name].append(_round(look, example(side)))
    return {name: Latency(min(rounds[name]), max(rounds[name]), looks[name][2]) for name in looks}


def _round(look: Look, pixels: Pixels) -> float:
    taken = []
    for number in range(WARM + REPEATS):
        start = time.perf_counter()
        look(pixels)
        if number >= WARM:
            taken.append(1000 * (time.perf_counter() - start))
    return median(taken)
