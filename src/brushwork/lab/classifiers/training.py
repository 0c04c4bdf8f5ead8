"""Train by a recipe: claim the folder, train what kind of model it is, and write down what came out."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import LabError
from ..export import git_commit
from ..keeping import GENTLER
from ..writing import disk_explained, written_whole
from .callbacks import OnEpoch, told_values
from .claiming import claim
from .outcome import Outcome, common_facts
from .plan import ModelPlan
from .runs import FACTS_FILE, HISTORY_FILE, Run, load_run
from .sets import open_set

if TYPE_CHECKING:
    from ..tracking import Tracking

Say = Callable[[str], None]


def _quiet(_: str) -> None:
    """Say nothing."""


def train_classifier(
    plan: ModelPlan,
    out: Path,
    *,
    resume: bool = True,
    progress: bool = False,
    on_epoch: OnEpoch | None = None,
    say: Say = _quiet,
    tracked: bool = True,
) -> Run:
    """Train by `plan` in the folder `out`; the finished run.

    A run that was killed goes on from its newest checkpoint, and a finished one is only read. `on_epoch` is told every
    epoch of a network; what it raises ends the run, which can go on later. With `tracked` the run is kept in MLflow
    beside `out`. Raises LabError where the folder holds a run of another recipe or set, where data, weights or disk
    fail, and where the loss is no number any more, or was so in a run that is found: the best epoch before that is
    then kept as the run.
    """
    prepared = open_set(plan)
    prepared.classes(plan.classifier.task)  # what is wrong with the set is said before the folder is claimed
    claim(plan, prepared.sha256, out, resume)
    if not (out / FACTS_FILE).is_file():
        _train(plan, out, progress, on_epoch, say, tracked)
    run = load_run(out)
    if run.stopped:
        kept = f"Epoch {run.facts['best_epoch']}, the best before it, is kept as the run {out}."
        raise LabError(f"{run.stopped} {kept}", GENTLER)
    return run


def _train(plan: ModelPlan, out: Path, progress: bool, on_epoch: OnEpoch | None, say: Say, tracked: bool) -> None:
    with disk_explained(), ExitStack() as opened:
        told = _tracking(plan, out, opened) if tracked else None
        done = _trained(plan, out, progress, on_epoch, say)
        _finish(plan, out, done)
        if told is not None:
            _tell(told, load_run(out))


def _trained(plan: ModelPlan, out: Path, progress: bool, on_epoch: OnEpoch | None, say: Say) -> Outcome:
    if plan.kind == "network":
        from .fitting import fit_network

        return fit_network(plan, out, progress, on_epoch, say)
    if plan.kind == "classical":
        from .classical import fit_classical

        return fit_classical(plan, out, say)
    from .ensemble import join_ensemble

    return join_ensemble(plan)


def _finish(plan: ModelPlan, out: Path, done: Outcome) -> None:
    """Write facts.json, which makes the folder a finished run."""
    facts = common_facts(plan, done) | {"git": git_commit()}
    text = json.dumps(facts, indent=1) + "\n"
    written_whole(out / FACTS_FILE, lambda part: part.write_text(text, encoding="utf-8"))


def _tracking(plan: ModelPlan, out: Path, opened: ExitStack) -> Tracking:
    from ..tracking import tracking

    told = opened.enter_context(tracking(out, plan.name))
    told.params({**plan.model_dump(mode="json"), "git": git_commit()})
    return told


def _tell(told: Tracking, run: Run) -> None:
    """History and facts of a finished run, and the files that show them."""
    for row in run.history:
        told.metrics(told_values(row), row.epoch)
    told.params({"data_sha256": run.facts["data_sha256"], "model_sha256": run.facts["model_sha256"]})
    numbers = {name: float(v) for name, v in run.facts.items() if isinstance(v, int | float) and v is not True}
    told.metrics(numbers)
    for name in (FACTS_FILE, HISTORY_FILE):
        if (run.folder / name).is_file():
            told.artifact(run.folder / name)
