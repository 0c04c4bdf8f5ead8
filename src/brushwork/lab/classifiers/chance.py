"""Which runs do better than chance: one that does not is no choice, however it ranks among others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .board import Contender, task_of
from .judgement import counts_of

COIN: Final = 0.5
"""The ROC-AUC of guesses."""
NONE_OF_USE: Final = "No run is of use: none does better than chance."
ORDER: Final = (
    "Its order is above chance: only another threshold, fitted on the validation split, could make it useful."
)


def above_chance(runs: Sequence[Contender]) -> tuple[list[Contender], list[str]]:
    """Those of `runs` that do better than chance, in their order, and sentences on the others.

    A run does where its ROC-AUC has an interval above 0.5 and its accuracy one above the share of the largest class.
    """
    faults = {run.name: _faults(run) for run in runs}
    useful = [run for run in runs if not faults[run.name]]
    lines = [] if useful else [NONE_OF_USE]
    lines += [f"{run.name} is no choice: {' '.join(faults[run.name])}" for run in runs if faults[run.name]]
    return useful, lines


def _faults(run: Contender) -> list[str]:
    """Why a run does no better than chance: sentences, none where it does."""
    area, right = run.figures.interval("auc"), run.figures.interval("accuracy")
    name, share = _largest(run)
    found = [] if area.low > COIN else [f"its ROC-AUC, {area}, is not told from {COIN}, that of guesses."]
    if not right.low > share:
        at = " at 0.5" if task_of([run]) == "ai" else ""
        found.append(
            f"{'it' if not found else 'It'} is right{at} in {right}, where calling all {name} is in {share:.3f}."
        )
        if area.low > COIN and at:
            found.append(ORDER)
    return found


def _largest(run: Contender) -> tuple[str, float]:
    """The class that has most pictures, and its share."""
    counts = counts_of(run.judgement)
    name, n = counts.most_common(1)[0]
    return name, n / counts.total()
