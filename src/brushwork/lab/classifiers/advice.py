"""The written recommendation: which run to take, by a rule that is stated, and the reasons in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .board import MIB, Contender, ranking, task_of
from .chance import above_chance
from .judgement import difference
from .ranking import Metric, metric_named

FLOOR: Final = (
    "A run counts where its ROC-AUC has an interval above 0.5 and its accuracy one above the share of the largest "
    "class."
)
RULE: Final = (
    "The rule: of the runs that count the one with the best {words} leads; every run whose paired difference to it has "
    "an interval that reaches zero stays beside it; of these those stay whose false-positive rate lies within the "
    "interval of the lowest one; of these the one that takes least time for a picture (where that was measured, else "
    "the smallest) is taken."
)
ATTRIBUTION: Final = (
    "The rule: of the runs that count the one with the best {words} leads; every run whose paired difference to it has "
    "an interval that reaches zero stays beside it; of these the fastest (where that was measured, else the smallest) "
    "is taken."
)


@dataclass(frozen=True)
class Advice:
    """Which run to take, by what rule, and why: sentences in order.

    `run` is None where no run does better than chance; the reasons say so first.
    """

    run: str | None
    rule: str
    reasons: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, a sentence after the other."""
        first = f"Take {self.run}." if self.run else "Take none."
        return " ".join((first, *self.reasons, self.rule))


def advise(runs: Sequence[Contender], metric_name: str) -> Advice:
    """Choose among `runs` by `metric_name`. Raises LabError for a metric that the task does not have."""
    task = task_of(runs)
    metric = metric_named(metric_name, task)
    rule = f"{FLOOR} {(RULE if task == 'ai' else ATTRIBUTION).format(words=metric.words)}"
    ranked, floor = above_chance(ranking(runs, metric.name))
    if not ranked:
        return Advice(None, rule, tuple(floor))
    best = ranked[0]
    reasons = [*floor, f"{best.name} has the best {metric.words}, {best.figures.interval(metric.name)}."]
    close, lines = _close(ranked, metric)
    reasons += lines
    if task == "ai":
        close, lines = _least_accusing(close)
        reasons += lines
    chosen = min(close, key=_cost)
    reasons += _cheapest(chosen, close)
    if chosen is not best:
        loss = difference(best.figures, chosen.figures, metric.name)
        reasons.append(f"That gives up {loss} of {metric.words} against {best.name}.")
    reasons += _single_or_ensemble(chosen, ranked, metric)
    return Advice(chosen.name, rule, tuple(reasons))


def _close(ranked: Sequence[Contender], metric: Metric) -> tuple[list[Contender], list[str]]:
    best, close, lines = ranked[0], [ranked[0]], []
    for run in ranked[1:]:
        gap = difference(best.figures, run.figures, metric.name)
        if gap.low <= 0 <= gap.high:
            close.append(run)
            lines.append(f"{run.name} is not told from it: the difference is {gap}.")
    if len(ranked) > 1 and len(close) == 1:
        second = ranked[1]
        gap = difference(best.figures, second.figures, metric.name)
        lines.append(f"No other run comes near: {second.name} differs by {gap}.")
    return close, lines


def _least_accusing(close: Sequence[Contender]) -> tuple[list[Contender], list[str]]:
    """Those whose false-positive rate lies within the interval of the lowest one."""
    if len(close) == 1:
        return list(close), [f"Its false-positive rate at 0.5 is {close[0].figures.interval('fpr')}."]
    lowest = min(close, key=lambda run: run.figures.value("fpr"))
    limit = lowest.figures.interval("fpr").high
    kept = [run for run in close if run.figures.value("fpr") <= limit]
    dropped = [run.name for run in close if run not in kept]
    lines = [f"Of these {lowest.name} accuses fewest human works, {lowest.figures.interval('fpr')}."]
    if dropped:
        lines.append(f"{', '.join(dropped)} accuse{'s' if len(dropped) == 1 else ''} more than that interval allows.")
    return kept, lines


def _cost(run: Contender) -> tuple[float, int, str]:
    return (run.latency.ms if run.latency else float("inf"), run.bytes, run.name)


def _cheapest(chosen: Contender, close: Sequence[Contender]) -> list[str]:
    size = f"{chosen.bytes / MIB:.1f} MiB"
    time = f", {chosen.latency.ms:.2f} ms a picture by {chosen.latency.by}" if chosen.latency else ""
    others = ", ".join(run.name for run in close if run is not chosen)
    return [f"{chosen.name} is the cheapest of those left ({size}{time}; beside it {others})." if others else
            f"{chosen.name} takes {size}{time}."]  # fmt: skip


def _single_or_ensemble(chosen: Contender, ranked: Sequence[Contender], metric: Metric) -> list[str]:
    """Whether an ensemble is worth its members, where there is one."""
    ensembles = [run for run in ranked if run.kind == "ensemble"]
    singles = [run for run in ranked if run.kind != "ensemble"]
    if not ensembles or not singles:
        return []
    gap = difference(ensembles[0].figures, singles[0].figures, metric.name)
    verdict = "is" if (gap.low > 0 if metric.more_is_better else gap.high < 0) else "is not"
    return [
        f"The ensemble {ensembles[0].name} {verdict} measurably better than the best single run {singles[0].name} "
        f"({metric.words} differs by {gap}); what is taken is {'an ensemble' if chosen in ensembles else 'one model'}."
    ]
