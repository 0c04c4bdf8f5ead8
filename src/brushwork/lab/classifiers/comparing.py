"""One report on several runs: every figure, every curve, what each costs, and which to take and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..machine import hardware
from ..report import Section, write_report
from ..tables import Table
from . import board
from .advice import Advice, advise
from .board import Contender, task_of
from .curves import draw_comparison
from .judgement import counts_of
from .ranking import metric_named, metrics_of

FIGURES_FILE: Final = "figures.json"
RECOMMENDATION: Final = "Recommendation"
SUMMARY: Final = "In short"
"""What stands in place of a recommendation where there is one run only."""


@dataclass(frozen=True)
class Compared:
    """A comparison that was written: the advice, the table of figures, the page."""

    advice: Advice
    table: Table
    page: Path


def comparable(runs: Sequence[Contender], common: bool) -> list[Contender]:
    """The runs on the same pictures in the same order; with `common`, on those that all judged.

    Raises LabError where tasks or classes differ, where pictures differ and `common` is not set, and where no picture
    is common.
    """
    first = runs[0].judgement
    for run in runs[1:]:
        j = run.judgement
        if (j.task, j.classes) != (first.task, first.classes):
            raise LabError(
                f"{run.name} tells {', '.join(j.classes)} apart, {first.name} {', '.join(first.classes)}.",
                "Compare runs of one task with the same classes.",
            )
    shared = set(first.ids).intersection(*(run.judgement.ids for run in runs[1:]))
    alike = all(len(run.judgement.ids) == len(shared) for run in runs)
    if not alike and not common:
        counts = ", ".join(f"{run.name} {len(run.judgement.ids):,}" for run in runs)
        raise LabError(
            f"The runs judged different pictures ({counts}; {len(shared):,} are common to all).",
            "Compare them on what all judged with --common, or evaluate them on the same set.",
        )
    if not shared:
        raise LabError("The runs have no picture in common.", "Evaluate them on the same set first.")
    return [_restricted(run, shared) for run in runs]


def _restricted(run: Contender, shared: set[str]) -> Contender:
    place = {name: i for i, name in enumerate(run.judgement.ids)}
    order = [place[name] for name in sorted(shared)]
    fields = {name: getattr(run, name) for name in run.__dataclass_fields__}
    return Contender(**{**fields, "judgement": run.judgement.only(order)})


def write_comparison(
    title: str, runs: Sequence[Contender], metric: str, out: Path, more: Sequence[Section] = ()
) -> Compared:
    """Write report.html, report.md, the plots and figures.json into `out`.

    `more` are sections that others measured: galleries, generators left out. Raises LabError for a metric that the
    task does not have.
    """
    metric_named(metric, task_of(runs))
    advice = advise(runs, metric)
    plots = draw_comparison(runs, metric, out)
    found = board.board(runs, metric)
    first = (
        Section(RECOMMENDATION, note=advice.text) if len(runs) > 1 else Section(SUMMARY, note=" ".join(advice.reasons))
    )
    parts = [first, *_sections(runs, metric, found), *more]
    page = write_report(title, parts, plots, out)
    (out / FIGURES_FILE).write_text(json.dumps(_kept(runs, metric, advice), indent=1) + "\n", encoding="utf-8")
    return Compared(advice, found, page)


def _sections(runs: Sequence[Contender], metric: str, found: Table) -> list[Section]:
    """The tables of a comparison, in the order of the questions that people ask."""
    counts = counts_of(runs[0].judgement)
    words = metric_named(metric, task_of(runs)).words
    tested = ", ".join(f"{n:,} {name}" for name, n in sorted(counts.items()))
    ranked = board.ranking(runs, metric)
    note = f"On {tested}. {board.drawn_by(runs)} {board.ended_early(ranked)}".strip()
    parts = [
        Section(f"Runs, by {words}", (found,), note),
        Section("What they cost", (board.costs(ranked),), COSTS.format(machine=hardware(1))),
    ]
    if task_of(runs) == "ai":
        parts += [
            Section("At thresholds", (board.at_thresholds(ranked),), THRESHOLDS),
            Section("Mean predicted share", (board.shares(ranked),), SHARES),
            Section("By technique", (board.by_technique(ranked),), "GAN or diffusion, by the generator's name."),
            Section("By generator", (board.by_generator(ranked),)),
        ]
    else:
        parts.append(Section("By class", tuple(board.by_class(run) for run in ranked)))
    return [*parts, Section("Confusion matrices", tuple(board.confusion(run) for run in ranked))]


COSTS: Final = (
    "Milliseconds are of one picture at a time on one thread, the fastest of five rounds and the slowest in brackets, "
    "measured on {machine}. All run by ONNX Runtime; the time of classical models has that of their features in it."
)
THRESHOLDS: Final = (
    "Thresholds for a false-positive rate are fitted on the validation split and measured on the test split, so the "
    "rate may lie beside its aim."
)
SHARES: Final = (
    "The fairness term pulls the mean probability of a batch towards a share; where the set has that share anyway, it "
    "changes little. Compare the mean and the false positives with the term and without it."
)


def _kept(runs: Sequence[Contender], metric: str, advice: Advice) -> dict[str, Any]:
    """Every figure with its interval, for programs."""
    task = task_of(runs)
    kept: dict[str, Any] = {"metric": metric, "take": advice.run, "why": list(advice.reasons), "runs": {}}
    for run in runs:
        intervals = {m.name: run.figures.interval(m.name)._asdict() for m in metrics_of(task)}
        kept["runs"][run.name] = {
            "model": run.model, "kind": run.kind, "bytes": run.bytes, "parameters": run.parameters,
            "latency": run.latency._asdict() if run.latency else None, "n": len(run.judgement.ids), **intervals,
            "stopped": run.stopped or None, "confusion": run.figures.confusion().tolist(),
        }  # fmt: skip
    return kept
