"""How far the scores of now are from those that the bundle was measured with.

The figure is the Kolmogorov-Smirnov distance between the last WINDOW scores and the bundle's scores on human works of
all kinds: the largest difference, over all values, between the shares of both that lie below it. 0 means the same
distribution, 1 that they do not even overlap. What a service gets is never human works alone, so that its level says
little; a change says that the pictures, or what is sent to the service, became others.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from typing import Final

WINDOW: Final = 1000
ENOUGH: Final = 50
"""Scores below which chance alone would move the figure by a fifth."""


class Drift:
    """The last scores beside `reference`, the ascending scores of the bundle."""

    def __init__(self, reference: Sequence[float]) -> None:
        self._reference = reference
        self._recent: deque[float] = deque(maxlen=WINDOW)

    def add(self, score: float) -> None:
        """Take the score of one more picture."""
        self._recent.append(score)

    @property
    def count(self) -> int:
        """Scores in the window."""
        return len(self._recent)

    def ratio(self) -> float:
        """The distance, from 0 to 1; NaN while there are fewer than ENOUGH scores."""
        return distance(sorted(self._recent), self._reference) if self.count >= ENOUGH else math.nan


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The Kolmogorov-Smirnov distance of two ascending samples, neither of them empty."""
    values = sorted({*one, *other})
    return max(abs(bisect_right(one, v) / len(one) - bisect_right(other, v) / len(other)) for v in values)
