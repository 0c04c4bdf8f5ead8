"""What a run said of one split, and the figures that follow: accuracy, precision, recall, F1, AUC, false positives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import LabError
from ..datasets import AI, HUMAN
from ..metrics import Floats, Indices, Interval, Rate, between, resampled, threshold_at_fpr
from ..weather import stream
from .prepared import Task

ROUNDS: Final = 500
HALF: Final = 0.5
FEWEST_SOURCES: Final = 8
"""Sources that each class must have for intervals to be drawn by source; with fewer, pictures are drawn."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the run `name` said of the pictures of one split: `probabilities` float64 (n, k) of its `classes`.

    `truth` int64 (n,) counts into `classes`. Every picture counts once: views of one are averaged before.
    """

    name: str
    task: Task
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    generators: tuple[str, ...]
    sources: tuple[str, ...]
    truth: Indices
    probabilities: Floats

    @property
    def said(self) -> Indices:
        """The class with the largest probability, int64 (n,); the later one where two are equal (AI at one half)."""
        k = len(self.classes)
        return np.asarray(k - 1 - self.probabilities[:, ::-1].argmax(axis=1), dtype=np.int64)

    @property
    def positive(self) -> Floats:
        """The probability of AI, float64 (n,). For the task `ai` only."""
        return np.asarray(self.probabilities[:, AI], dtype=np.float64)

    @cached_property
    def by_source(self) -> bool:
        """Whether each class has enough sources for intervals to be drawn by source."""
        sources: dict[int, set[str]] = {}
        for label, source in zip(self.truth.tolist(), self.sources, strict=True):
            sources.setdefault(label, set()).add(source)
        return all(len(found) >= FEWEST_SOURCES for found in sources.values())

    def only(self, keep: Sequence[int] | Indices) -> Judgement:
        """The judgement of some of the pictures, in that order."""
        index = np.asarray(keep, dtype=np.int64)
        ids, generators, sources = (
            tuple(column[i] for i in index) for column in (self.ids, self.generators, self.sources)
        )
        return Judgement(
            self.name, self.task, self.classes, ids, generators, sources, self.truth[index], self.probabilities[index]
        )


class Area:
    """How often a picture of one class outscores one of the rest, ties a half; scores float64 (n,) are sorted once."""

    def __init__(self, scores: Floats, inside: NDArray[np.bool_]) -> None:
        self._order = np.argsort(scores, kind="stable")
        self._inside = inside[self._order]
        ordered = scores[self._order]
        self._ties = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))

    def value(self, weights: Indices | None = None) -> float:
        """The area for the pictures as they are or for weights int64 (n,) on them, in one pass; NaN without a side."""
        ones = np.ones(len(self._order)) if weights is None else weights[self._order].astype(np.float64)
        own = np.where(self._inside, ones, 0.0)
        positive, negative = (np.add.reduceat(side, self._ties) for side in (own, ones - own))
        total = positive.sum() * negative.sum()
        below = np.cumsum(negative) - negative
        return float((positive * (below + negative / 2)).sum() / total) if total else float("nan")


class Figures:
    """The figures of a judgement, each for the pictures as they are or for weights int64 (n,) on them."""

    def __init__(self, of: Judgement) -> None:
        self.of = of
        self._known: dict[str, Interval] = {}
        self._cells = of.truth * len(of.classes) + of.said
        sides = (AI,) if of.task == "ai" else np.unique(of.truth).tolist()
        self._areas = [Area(of.probabilities[:, c], of.truth == c) for c in sides]

    def confusion(self, weights: Indices | None = None) -> Indices:
        """Counts (k, k): rows are true classes, columns what was said."""
        k = len(self.of.classes)
        return np.asarray(np.bincount(self._cells, weights, k * k).reshape(k, k).astype(np.int64))

    def value(self, metric: str, weights: Indices | None = None) -> float:
        """The figure `metric`; NaN where a class is missing that it needs.

        The AUC of several classes is the mean of each that is there against the rest.
        """
        if metric == "auc":
            return float(np.mean([area.value(weights) for area in self._areas]))
        cells = self.confusion(weights).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            if metric == "accuracy":
                return float(np.trace(cells) / cells.sum())
            if metric == "macro_f1":
                return float(np.mean(_f1(cells)))
            (true_human, false_ai), (false_human, true_ai) = cells
            return {
                "precision": float(true_ai / (true_ai + false_ai)) if true_ai + false_ai else 0.0,
                "recall": float(true_ai / (true_ai + false_human)),
                "f1": float(_f1(cells)[AI]),
                "fpr": float(false_ai / (false_ai + true_human)),
            }[metric]

    def interval(self, metric: str) -> Interval:
        """The figure with its 95 % interval: exact where it is a share of pictures, otherwise by drawing."""
        if metric not in self._known:
            rate = self.rate(metric)
            drawn = () if rate else [self.value(metric, w) for w in self.draws()]
            self._known[metric] = rate.interval if rate else between(self.value(metric), drawn)
        return self._known[metric]

    def rate(self, metric: str) -> Rate | None:
        """The figure as so many of so many; None where it is not of that kind."""
        cells = self.confusion()
        if metric == "accuracy":
            return Rate(int(np.trace(cells)), int(cells.sum()))
        if metric not in ("precision", "recall", "fpr"):
            return None
        hits = int(cells[HUMAN if metric == "fpr" else AI, AI])
        n = cells[:, AI] if metric == "precision" else cells[HUMAN if metric == "fpr" else AI]
        return Rate(hits, int(n.sum()))

    def draws(self, rounds: int = ROUNDS) -> Iterator[Indices]:
        """How often each picture was drawn, int64 (n,): whole sources where there are enough, each class apart.

        The same for every judgement of the same pictures, so that runs are compared on the same draws.
        """
        units = self.of.sources if self.of.by_source else self.of.ids
        rng = stream("judgement", len(units), rounds)
        for index in resampled(units, self.of.truth, rounds, rng):
            yield np.bincount(index, minlength=len(units))

    def at(self, threshold: float) -> tuple[Rate, Rate]:
        """False positives among human works and recall among AI works, at or above `threshold`."""
        above, ai = self.of.positive >= threshold, self.of.truth == AI
        return Rate(int((above & ~ai).sum()), int((~ai).sum())), Rate(int((above & ai).sum()), int(ai.sum()))

    def threshold(self, share: float) -> float:
        """The threshold that at most `share` of these human works reach."""
        return threshold_at_fpr(self.of.positive[self.of.truth == HUMAN], share)


def _f1(cells: Floats) -> Floats:
    """F1 of each class of a confusion (k, k); 0 for a class that was neither there nor said."""
    said_or_there = cells.sum(axis=0) + cells.sum(axis=1)
    return np.asarray(2 * np.diag(cells) / np.maximum(said_or_there, 1e-12))


def difference(a: Figures, b: Figures, metric: str) -> Interval:
    """By how much `a` is above `b` in `metric`, with an interval from the same draws of the same pictures.

    Raises LabError where the two did not judge the same pictures.
    """
    if a.of.ids != b.of.ids:
        raise LabError(f"{a.of.name} and {b.of.name} judged different pictures.", "Compare what both judged: --common.")
    pairs = (a.value(metric, w) - b.value(metric, w) for w in a.draws())
    return between(a.value(metric) - b.value(metric), list(pairs))


def counts_of(judgement: Judgement) -> Counter[str]:
    """Pictures by class."""
    return Counter(judgement.classes[i] for i in judgement.truth.tolist())
