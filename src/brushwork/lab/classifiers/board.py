"""The tables of a comparison: one row a run, and what each run does by threshold, generator and technique."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from ..datasets import AI, HUMAN
from ..metrics import Rate
from ..tables import Table
from .judgement import Figures, Judgement
from .latency import Latency
from .prepared import Task
from .ranking import metric_named, metrics_of
from .techniques import technique_of

THRESHOLDS: Final = (0.3, 0.5, 0.7, 0.9)
SHARES: Final = (0.01, 0.05)
"""False-positive rates that thresholds are fitted for on the validation split."""
FEWEST: Final = 5
MIB: Final = 2**20


@dataclass(frozen=True, eq=False)
class Contender:
    """A run in a comparison. `history` are the rows of its history.csv; `latency` None where it was not measured;
    `stopped` is where training diverged, in words."""

    judgement: Judgement
    model: str
    kind: str
    bytes: int
    parameters: int
    history: Sequence[dict[str, float]]
    val: Judgement | None = None
    latency: Latency | None = None
    seconds: float = 0.0
    notes: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
    stopped: str = ""

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.judgement.name

    @cached_property
    def figures(self) -> Figures:
        """The figures of its test split."""
        return Figures(self.judgement)


def board(runs: Sequence[Contender], metric: str) -> Table:
    """Every figure of every run with its interval, the best by `metric` first."""
    task = runs[0].judgement.task
    shown = metrics_of(task)
    ranked = ranking(runs, metric)
    rows = [(run.name, run.model, run.kind, *(run.figures.interval(m.name) for m in shown)) for run in ranked]
    return Table(("run", "model", "kind", *(m.words for m in shown)), tuple(rows))


def ranking(runs: Sequence[Contender], metric: str) -> list[Contender]:
    """The best by `metric` first; equal ones by name."""
    sign = -1 if metric_named(metric, runs[0].judgement.task).more_is_better else 1
    return sorted(runs, key=lambda run: (sign * run.figures.value(metric), run.name))


def costs(runs: Sequence[Contender]) -> Table:
    """Size, time of one picture, and what training took."""
    rows = [
        (
            run.name, f"{run.parameters:,}" if run.parameters else "-", f"{run.bytes / MIB:.1f}",
            run.latency.words if run.latency else "not measured", run.latency.by if run.latency else "-",
            len(run.history) or "-", f"{run.seconds / 60:.1f}", f"{run.figures.interval('accuracy')}",
        )
        for run in runs
    ]  # fmt: skip
    head = ("run", "parameters", "MiB", "ms a picture", "measured by", "epochs", "minutes trained", "accuracy")
    return Table(head, tuple(rows))


def shares(runs: Sequence[Contender]) -> Table:
    """The mean predicted share of AI beside the true one, and false positives: what a fairness term moves."""
    rows = []
    for run in runs:
        j = run.judgement
        means = [float(j.positive[j.truth == label].mean()) for label in (HUMAN, AI)]
        fairness = run.notes.get("fairness", "off")
        fpr = run.figures.interval("fpr")
        rows.append((
            run.name, fairness, f"{j.positive.mean():.4f}", f"{(j.truth == AI).mean():.4f}",
            f"{(j.said == AI).mean():.4f}", *(f"{m:.4f}" for m in means), fpr,
        ))  # fmt: skip
    head = ("run", "fairness term", "mean probability of AI", "true share of AI", "share called AI",
            "mean on human works", "mean on AI works", "FPR at 0.5")  # fmt: skip
    return Table(head, tuple(rows))


def at_thresholds(runs: Sequence[Contender]) -> Table:
    """False positives and recall at fixed thresholds, and at those fitted on the validation split."""
    rows = []
    for run in runs:
        limits = [(f"{t:g}", t) for t in THRESHOLDS]
        if run.val is not None:
            val = Figures(run.val)
            limits += [(f"{val.threshold(s):.4f}, for {s:.0%} FPR on val", val.threshold(s)) for s in SHARES]
        rows += [(run.name, words, *run.figures.at(limit)) for words, limit in limits]
    return Table(("run", "threshold", "FPR", "recall"), tuple(rows))


def by_group(runs: Sequence[Contender], key: Callable[[str], str], head: str) -> Table:
    """Recall at 0.5 of each group of generators, and its AUC against all human works, run by run."""
    rows = []
    for run in runs:
        j = run.judgement
        groups = np.array([key(g) if label == AI else "" for g, label in zip(j.generators, j.truth, strict=True)])
        for name in sorted(set(groups.tolist()) - {""}):
            inside = groups == name
            part = Figures(j.only(np.flatnonzero(inside | (j.truth == HUMAN))))
            n = int(inside.sum())
            recall = Rate(int((j.said[inside] == AI).sum()), n)
            rows.append((name, run.name, n, recall, part.interval("auc") if n >= FEWEST else "too few"))
    return Table(
        (head, "run", "n", "recall at 0.5", "AUC against all human works"),
        tuple(sorted(rows, key=lambda row: (str(row[0]), str(row[1])))),
    )


def by_generator(runs: Sequence[Contender]) -> Table:
    """`by_group` by the generator's name."""
    return by_group(runs, lambda name: name or "not told", "generator")


def by_technique(runs: Sequence[Contender]) -> Table:
    """`by_group` by GAN or diffusion."""
    return by_group(runs, technique_of, "technique")


def confusion(run: Contender) -> Table:
    """Counts of true classes (rows) and what was said (columns)."""
    j = run.judgement
    rows = [(name, *row) for name, row in zip(j.classes, run.figures.confusion().tolist(), strict=True)]
    return Table((f"{run.name}: true", *(f"said {name}" for name in j.classes)), tuple(rows))


def by_class(run: Contender) -> Table:
    """Precision, recall and F1 of every class (for the attribution of generators)."""
    cells = run.figures.confusion()
    rows = []
    for i, name in enumerate(run.judgement.classes):
        precision = Rate(int(cells[i, i]), int(cells[:, i].sum()))
        recall = Rate(int(cells[i, i]), int(cells[i].sum()))
        total = int(cells[i].sum() + cells[:, i].sum())
        rows.append((name, recall.n, precision, recall, f"{2 * int(cells[i, i]) / total:.3f}" if total else "-"))
    return Table((f"{run.name}: class", "n", "precision", "recall", "F1"), tuple(rows))


def drawn_by(runs: Sequence[Contender]) -> str:
    """How the intervals were made, in words."""
    unit = "whole sources" if runs[0].judgement.by_source else "pictures (the set names too few sources)"
    at = (
        "Figures are at the probability 0.5 unless a threshold is named."
        if task_of(runs) == "ai"
        else "What counts as said is the class of the largest probability; ROC-AUC is the mean of each class against "
        "the rest."
    )
    return (
        f"Intervals are 95 %: shares of pictures exact (Clopper-Pearson), F1 and AUC by drawing {unit} 500 times. {at}"
    )


def ended_early(runs: Sequence[Contender]) -> str:
    """Which runs diverged, and where; empty where none did."""
    return " ".join(
        f"{run.name} stopped early, and its best epoch is judged: {run.stopped}" for run in runs if run.stopped
    )


def task_of(runs: Sequence[Contender]) -> Task:
    """The task that all runs share."""
    return runs[0].judgement.task
