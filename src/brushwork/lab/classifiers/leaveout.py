"""What a recipe is worth on generators that it never saw: each left out of training in turn, and judged on alone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import LabError
from ..datasets import AI, HUMAN
from ..keeping import is_divergence
from ..tables import Table
from .contenders import Tick, judgement_of, predict_split, predictions_file
from .judgement import Figures, Judgement
from .plan import ModelPlan
from .runs import FACTS_FILE, LEFT_OUT_FILE, Run, load_run
from .sets import open_set
from .subjects import file_name
from .techniques import technique_of
from .training import train_classifier

FOLDER: Final = "without"
FEWEST: Final = 5
"""Pictures of a generator in the split, with fewer of which its figure would be noise."""
HEAD: Final = (
    "generator left out", "technique", "n", "AUC, left out", "recall, left out", "FPR, left out", "AUC, trained on",
    "recall, trained on",
)  # fmt: skip


def leave_out_generators(
    plan: ModelPlan, out: Path, split: str = "test", say: Callable[[str], None] = lambda _: None, tick: Tick = iter
) -> Table:
    """Train without each generator in turn and judge it beside the human works of the split.

    Where `out` is a finished run, what it says of the same pictures stands beside. Every training is a run in
    out/without, so that a killed command goes on. Raises LabError where there are fewer than two generators.
    """
    generators = _generators(plan, split)
    known = _known(out, split)
    rows = []
    for generator in generators:
        changed = plan.data.model_copy(update={"without": (*plan.data.without, generator)})
        short = plan.model_copy(update={"name": f"{plan.name} without {generator}", "data": changed})
        run = _trained(short, out / FOLDER / file_name(generator), say)
        predict_split(run, open_set(plan), split, tick)
        rows.append(_row(generator, judgement_of(run, split), known))
        say(f"without {generator}: AUC {rows[-1][3]}")
    table = Table(HEAD, tuple(rows))
    write_table(table, out / LEFT_OUT_FILE)
    return table


def _trained(plan: ModelPlan, out: Path, say: Callable[[str], None]) -> Run:
    """The finished run. One that diverged is judged by the epoch that it kept, and it is said so."""
    try:
        return train_classifier(plan, out, say=say)
    except LabError as error:
        if not is_divergence(error) or not (out / FACTS_FILE).is_file():
            raise
        say(f"{plan.name}: {error.detail}")
        return load_run(out)


def _generators(plan: ModelPlan, split: str) -> list[str]:
    if plan.classifier.task != "ai" or plan.kind == "ensemble":
        raise LabError(
            "Generators are left out of detectors of AI, not of attribution or ensembles.", 'Set task = "ai".'
        )
    prepared = open_set(plan)
    seen = [prepared.rows[i].generator for i in prepared.indices(split) if prepared.rows[i].label == AI]
    found = sorted(name for name in set(seen) if name and seen.count(name) >= FEWEST)
    if len(found) < 2:
        raise LabError(
            f"The split {split} has {len(found)} generators with at least {FEWEST} pictures to leave out.",
            "Prepare a set that names several generators.",
        )
    return found


def _known(out: Path, split: str) -> Judgement | None:
    """What the run that was trained on everything says of the split, where there is one."""
    if not (out / FACTS_FILE).is_file():
        return None
    run = load_run(out)
    if not predictions_file(run, split).is_file():
        predict_split(run, open_set(run.plan), split)
    return judgement_of(run, split)


def _row(generator: str, judged: Judgement, known: Judgement | None) -> tuple[object, ...]:
    left = _beside_human(judged, generator)
    figures = Figures(left)
    n = int((left.truth == AI).sum())
    beside: tuple[object, ...] = ("-", "-")
    if known is not None:
        seen = Figures(_beside_human(known, generator))
        beside = (seen.interval("auc"), seen.interval("recall"))
    found = (figures.interval("auc"), figures.interval("recall"), figures.interval("fpr"))
    return (generator, technique_of(generator), n, *found, *beside)


def _beside_human(judged: Judgement, generator: str) -> Judgement:
    mine = np.array([g == generator for g in judged.generators])
    return judged.only(np.flatnonzero(mine | (judged.truth == HUMAN)))


def write_table(table: Table, path: Path) -> None:
    """Keep a table as CSV, as it is shown."""
    with path.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([table.head, *([str(cell) for cell in row] for row in table.rows)])


def read_table(path: Path) -> Table:
    """Read what `write_table` kept."""
    with path.open(newline="", encoding="utf-8") as lines:
        head, *rows = list(csv.reader(lines))
    return Table(tuple(head), tuple(tuple(row) for row in rows))
