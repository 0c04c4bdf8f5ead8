"""Tune a recipe over the grid: train, prune, keep the study, write the best recipe and a report on what mattered."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..keeping import is_divergence, is_memory
from ..plots import HUMAN_COLOUR, INK, saved, styled
from ..report import Section, write_report
from ..tables import Table
from ..tracking import tracking
from .grid import GRID, Choice, in_plan, refuse_untunable, settings_of, toml_text
from .plan import ModelPlan
from .sets import open_set
from .study import Pruned, Pruner, Report, search, study_in, tried

BEST_FILE: Final = "best.toml"
SCORE: Final = "val_score"
"""What training tells of an epoch: the metric on the validation split, turned so that higher is better."""
FEWEST: Final = 4
"""Trained points from which importances are told: of fewer they would be noise."""


@dataclass(frozen=True)
class Tuned:
    """What a study found: the figure of the best point, its values, the recipe with them, and the page."""

    value: float
    best: Mapping[str, Any]
    recipe: Path
    page: Path
    table: Table


def tune(
    plan: ModelPlan, study_file: Path, trials: int, pruner: Pruner = "median", out: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Tuned:  # fmt: skip
    """Try `trials` points of the grid on top of `plan`; figures are of the validation split, the test split is not
    looked at. Started again it goes on. Runs and report lie in `out` (default: beside the file of the study).

    Raises LabError where the study is of other settings, or the recipe has nothing to tune.
    """
    refuse_untunable(plan)
    folder = out or study_file.with_suffix("")
    settings = settings_of(plan, open_set(plan).sha256, pruner)
    with study_in(study_file, plan.name, settings, pruner, plan.classifier.epochs, plan.seed) as study:
        search(study, trials, lambda choice, report: _train(plan, choice, folder, report), plan.seed, say)
        return _told(study, plan, folder)


def _train(plan: ModelPlan, choice: Choice, folder: Path, report: Report) -> float:
    """The best score over the epochs of a training at one point of the grid: the metric, turned so that more is better.

    The same point has the same folder, so that a training that was killed goes on from its checkpoint.
    """
    from .training import train_classifier

    name = hashlib.sha256(repr(choice).encode()).hexdigest()[:10]

    def on_epoch(epoch: int, values: Mapping[str, float]) -> None:
        report(epoch, values[SCORE])

    try:
        run = train_classifier(in_plan(plan, choice, f"{plan.name}-{name}"), folder / name, on_epoch=on_epoch)
    except LabError as error:
        if is_divergence(error) or is_memory(error):  # no reason to end the study: the point is a bad one
            raise Pruned(error.detail) from error
        raise
    return float(run.facts["best_score"])


def _told(study: Any, plan: ModelPlan, folder: Path) -> Tuned:
    """Write best.toml, the plots and the report; the best of it goes to MLflow.

    Raises LabError where no point was trained to its end.
    """
    if not any(trial.state.name == "COMPLETE" for trial in study.trials):
        raise LabError(
            f"None of the {len(tried(study))} points of {plan.name} was trained to its end: there is no best one.",
            "Give more --trials, or a gentler recipe (a longer `warmup`, a shorter `clip`, a smaller model).",
        )
    folder.mkdir(parents=True, exist_ok=True)
    best = study.best_trial
    recipe = folder / BEST_FILE
    chosen = in_plan(plan, tuple(best.params.items()), f"{plan.name}-tuned")
    recipe.write_text(_heading(study, plan) + toml_text(chosen.model_dump(mode="json")), encoding="utf-8")
    weights = importances(study)
    found = trials_table(study, plan.classifier.metric)
    parts = [
        Section("Best", (Table(("key", "value"), tuple(best.params.items())),),
                f"{plan.classifier.metric} {best.value:.4f} on the validation split; the test split took no part."),
        Section("Importance", (Table(("key", "importance"), tuple((k, f"{v:.3f}") for k, v in weights.items())),),
                "Share of the spread between trained points that a key explains (fANOVA)." if weights else
                f"Told from {FEWEST} trained points on; pruned ones do not count."),
        Section("Trials", (found,), "Pruned trials show the figure of their last epoch, if there was one."),
    ]  # fmt: skip
    page = write_report(
        f"Tuning {plan.name}", parts, draw_study(study, weights, plan.classifier.metric, folder), folder
    )
    with tracking(folder, f"{plan.name} tuning") as told:
        told.params(dict(best.params))
        told.metrics(
            {f"best.{plan.classifier.metric}": best.value, **{f"importance.{k}": v for k, v in weights.items()}}
        )
        told.artifact(recipe)
        told.artifact(page)
    return Tuned(best.value, dict(best.params), recipe, page, found)


def _heading(study: Any, plan: ModelPlan) -> str:
    done, pruned = (sum(t.state.name == s for t in study.trials) for s in ("COMPLETE", "PRUNED"))
    return (
        f"# The best of {done} trained and {pruned} pruned points of the grid: {plan.classifier.metric} "
        f"{study.best_value:.4f} on the validation split.\n"
    )


def importances(study: Any) -> dict[str, float]:
    """The share of the spread that each key explains, largest first; empty with too few trained points."""
    import optuna

    done = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    if len(done) < FEWEST or len({trial.value for trial in done}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return {k: float(v) for k, v in optuna.importance.get_param_importances(study, evaluator=evaluator).items()}


def trials_table(study: Any, metric: str) -> Table:
    """Every point that was tried, the best first."""
    rows = []
    for choice, trial in tried(study).items():
        reported = trial.intermediate_values
        value = trial.value if trial.value is not None else reported[max(reported)] if reported else math.nan
        state = "pruned" if trial.state.name == "PRUNED" else "trained"
        rows.append((state == "pruned", math.isnan(value), -value, [v for _, v in choice], state, len(reported)))
    rows.sort(key=lambda row: row[:3])
    shown = tuple((*values, "-" if none else f"{-least:.4f}", *rest) for _, none, least, values, *rest in rows)
    return Table((*(name.replace("_", " ") for name in GRID), metric, "state", "epochs seen"), shown)


def draw_study(study: Any, weights: Mapping[str, float], metric: str, folder: Path) -> dict[str, Path]:
    """Importances, and the figure of every point by each key; the SVG files by title."""
    drawn: dict[str, Path] = {}
    with styled() as plt:
        if weights:
            figure, axes = plt.subplots(figsize=(6, 2.4))
            names = list(weights)[::-1]
            axes.barh([n.replace("_", " ") for n in names], [weights[n] for n in names], color=HUMAN_COLOUR)
            axes.set(xlabel="share of the spread explained", title="Importance")
            drawn["Importance"] = saved(plt, figure, folder / "importance")
        figure, axes = plt.subplots(1, len(GRID), sharey=True, figsize=(11, 3.4))
        for axis, (name, values) in zip(axes, GRID.items(), strict=True):
            for state, colour, mark in (("COMPLETE", HUMAN_COLOUR, "o"), ("PRUNED", INK, "x")):
                points = [t for t in tried(study).values() if t.state.name == state and t.value is not None]
                axis.plot([values.index(t.params[name]) for t in points], [t.value for t in points], mark, color=colour)
            axis.set_xticks(range(len(values)), [str(v) for v in values], rotation=60)
            axis.set_title(name.replace("_", " "))
        axes[0].set_ylabel(metric)
        drawn["Trials"] = saved(plt, figure, folder / "trials")
    return drawn
