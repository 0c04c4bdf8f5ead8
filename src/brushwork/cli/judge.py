"""`brushwork evaluate` and `calibrate`: measure what was trained, fit its thresholds."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .lab_common import Out, Recipe, politely, refuse_given, require_lab, ticked
from .messages import say, usage

if TYPE_CHECKING:
    from ..lab.classifiers.plan import ModelPlan
    from ..lab.plan import LabPlan

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
LATEST: Final = Path("runs/latest")
BUDGET: Final = ("folds", "seeds", "epochs", "pictures")
"""Options of how much is spent where parts of a forensic recipe are left out."""

Judged = Annotated[
    str,
    typer.Argument(metavar="RECIPE|RUN", help="A TOML file, a shipped recipe, or a classifier's run."),
]


@app.callback()
def group() -> None:
    """Measure models."""


class LeaveOut(StrEnum):
    """What is left out of training in turn."""

    SOURCES = "sources"
    GENERATORS = "generators"


@app.command(
    epilog="\b\nExamples:\n  brushwork evaluate art-0 --out runs/art-0\n"
    "  brushwork evaluate art-0 --out runs/held-out --leave-out sources --folds 5 --seeds 3 --epochs 6\n"
    "  brushwork evaluate runs/resnet18\n"
    "  brushwork evaluate runs/resnet18 --leave-out generators\n"
)
def evaluate(
    context: typer.Context,
    recipe: Judged,
    out: Out = LATEST,
    leave_out: Annotated[
        LeaveOut | None, typer.Option("--leave-out", help="Train without each part in turn, and measure on it.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the sources.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each part, with seeds that follow each other.")] = 1,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each training; default: the recipe's.")] = None,
    pictures: Annotated[int, typer.Option(min=1, help="At most so many pictures of a class are judged.")] = 300,
    split: Annotated[str, typer.Option(help="Split of a classifier's prepared set.")] = "test",
) -> None:
    """Measure a run and write its report.

    A forensic recipe: its dev set under every weather and re-encoding. A classifier: the test split, with figures,
    curves, thresholds fitted on the validation split, and sheets of predictions and mistakes. With --leave-out the
    recipe is trained anew for each part that is left out; started again, it goes on.
    """
    require_lab()
    from ..lab.classifiers.plan import is_classifier, model_plan_from
    from ..lab.plan import plan_from, read_recipe

    run = Path(recipe).is_dir()
    raw, name = ({}, "") if run else read_recipe(recipe)
    if run or is_classifier(raw):
        refuse_given(context, BUDGET, "a classifier is trained and judged as its recipe says.")
        if run:
            _evaluate_run(Path(recipe), out, leave_out, split)
        else:
            _evaluate_classifier(model_plan_from(raw, name), out, leave_out, split)
        return
    refuse_given(context, ("split",), "a forensic recipe has a development set in place of splits.")
    plan = plan_from(raw, name)
    if leave_out is not None:
        _leave_out(plan, leave_out, (folds, seeds, epochs, pictures), out)
        return
    refuse_given(context, BUDGET, "nothing is trained without --leave-out.")
    _evaluate_bundle(plan, out)


def _leave_out(plan: LabPlan, what: LeaveOut, budget: tuple[int, int, int | None, int], out: Path) -> None:
    from ..lab.holdout import Budget
    from ..lab.workflow import run_holdout

    politely()
    typer.echo(run_holdout(plan, what.value, Budget(*budget), out, say))


def _evaluate_bundle(plan: LabPlan, out: Path) -> None:
    from ..lab.tables import by_weather
    from ..lab.workflow import EVALUATION, run_evaluation

    typer.echo(by_weather(run_evaluation(plan, out, ticked)).markdown)
    say(f"report: {out / EVALUATION / 'report.html'}")


def _evaluate_run(run: Path, out: Path, leave_out: LeaveOut | None, split: str) -> None:
    """Judge a run by the recipe that it keeps: options of `train` stand there and in no file."""
    from ..lab.classifiers.runs import read_plan_of

    if out not in (LATEST, run):
        raise usage(f"{run} is a run, and its report goes into it: leave --out away.")
    _evaluate_classifier(read_plan_of(run), run, leave_out, split)


def _evaluate_classifier(plan: ModelPlan, out: Path, leave_out: LeaveOut | None, split: str) -> None:
    if leave_out is LeaveOut.SOURCES:
        raise usage("Of a classifier only generators are left out; sources are split when a set is prepared.")
    if leave_out is LeaveOut.GENERATORS:
        from ..lab.classifiers.leaveout import leave_out_generators

        politely()
        typer.echo(leave_out_generators(plan, out, split, say, ticked).markdown)
        return
    from ..lab.classifiers.judging import evaluate_run

    found = evaluate_run(plan, out, split, ticked)
    typer.echo(found.table.markdown)
    say(f"report: {found.page}")


@app.command(
    epilog="\b\nExamples:\n  brushwork calibrate art-0 --out runs/art-0\n  brushwork models card runs/art-0/bundle\n"
)
def calibrate(recipe: Recipe, out: Out = LATEST) -> None:
    """Fit calibration and thresholds on the scores of a run and finish its bundle, with its card."""
    require_lab()
    from ..lab.plan import read_plan
    from ..lab.workflow import run_calibration

    typer.echo(str(run_calibration(read_plan(recipe), out)))
