"""Figures about scores: AUC, rates with exact bounds, bootstrap intervals by source, calibration error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, rankdata

from .weather import stream

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.int64]


class Interval(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


class Rate(NamedTuple):
    """`hits` of `n`."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share; 0 for none of none."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> Interval:
        """With the exact two-sided 95 % bounds of Clopper and Pearson (1934)."""
        low = float(beta.ppf(0.025, self.hits, self.n - self.hits + 1)) if self.hits else 0.0
        high = float(beta.ppf(0.975, self.hits + 1, self.n - self.hits)) if self.hits < self.n else 1.0
        return Interval(self.value, low, high)

    @property
    def upper95(self) -> float:
        """The one-sided upper 95 % bound of Clopper and Pearson."""
        return float(beta.ppf(0.95, self.hits + 1, self.n - self.hits)) if self.hits < self.n else 1.0

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.interval.low:.3f} to {self.interval.high:.3f})"


def auc(scores: Floats, positive: Bools) -> float:
    """Area under the ROC curve: how often an AI work outscores a human one, ties a half. NaN without both classes."""
    n_pos = int(positive.sum())
    n_neg = len(positive) - n_pos
    if not n_pos or not n_neg:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def threshold_at_fpr(human: Floats, share: float) -> float:
    """The threshold just above an observed score that at most `share` of the `human` scores reach."""
    ordered = np.sort(human)[::-1]
    allowed = int(np.floor(share * len(ordered)))
    return float(np.nextafter(ordered[min(allowed, len(ordered) - 1)], np.inf))


def recall_at_fpr(scores: Floats, positive: Bools, share: float) -> float:
    """Share of AI works at or above the threshold that at most `share` of these human works reach."""
    return float((scores[positive] >= threshold_at_fpr(scores[~positive], share)).mean())


def calibration_error(probabilities: Floats, positive: Bools, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins, each class weighing a half (the base rate is not the set's)."""
    weights = np.where(positive, 0.5 / max(1, positive.sum()), 0.5 / max(1, (~positive).sum()))
    index = np.minimum((probabilities * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        here = index == b
        mass = weights[here].sum()
        if mass:
            said = (weights[here] * probabilities[here]).sum() / mass
            true = (weights[here] * positive[here]).sum() / mass
            error += mass * abs(said - true)
    return float(error)


def bootstrap(
    figure: Callable[[Floats, Bools], float], scores: Floats, positive: Bools, sources: Sequence[str], rounds: int = 500
) -> Interval:
    """A figure with a 95 % interval by drawing whole SOURCES with replacement, human and AI ones apart.

    Pictures of one account resemble each other; drawing pictures instead would promise more than the data hold.
    """
    rng = stream("bootstrap", len(scores), rounds)
    indices = resampled(sources, positive.astype(np.int64), rounds, rng)
    return between(figure(scores, positive), [figure(scores[index], positive[index]) for index in indices])


def between(value: float, drawn: Sequence[float]) -> Interval:
    """A figure with the middle 95 % of what was `drawn`."""
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def resampled(units: Sequence[str], strata: Indices, rounds: int, rng: np.random.Generator) -> Iterator[Indices]:
    """Indices (about n,) of `rounds` draws with replacement of whole `units`, those of each of the `strata` apart."""
    members: dict[tuple[int, str], list[int]] = defaultdict(list)
    for i, unit in enumerate(units):
        members[int(strata[i]), unit].append(i)
    sides: dict[int, list[list[int]]] = defaultdict(list)
    for (stratum, _), found in sorted(members.items()):
        sides[stratum].append(found)
    flat = [(np.concatenate(side), np.array([len(unit) for unit in side])) for _, side in sorted(sides.items())]
    for _ in range(rounds):
        yield np.concatenate([_expanded(*side, rng.integers(0, len(side[1]), len(side[1]))) for side in flat])


def _expanded(flat: Indices, lengths: Indices, chosen: Indices) -> Indices:
    """The members of the `chosen` units, which lie one after the other in `flat`."""
    starts = np.cumsum(lengths) - lengths
    sizes = lengths[chosen]
    ends = np.cumsum(sizes)
    return np.asarray(flat[np.repeat(starts[chosen] - (ends - sizes), sizes) + np.arange(ends[-1])])
