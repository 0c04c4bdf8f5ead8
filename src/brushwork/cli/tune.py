"""`brushwork tune`: search learning rate, batch, optimiser and schedule of a classifier's recipe."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .lab_common import Recipe, politely, require_lab
from .messages import say

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Tune recipes."""


class PrunerName(StrEnum):
    """How trials that promise little are ended early."""

    MEDIAN = "median"
    HYPERBAND = "hyperband"
    NONE = "none"


@app.command(
    epilog="\b\nExamples:\n  brushwork tune cifake.toml --trials 20 --study runs/cifake.sqlite\n"
    "  brushwork tune cifake.toml --trials 40 --study runs/cifake.sqlite   # goes on to 40\n"
    "  brushwork train runs/cifake/best.toml --out runs/cifake-tuned\n"
)
def tune(
    recipe: Recipe,
    study: Annotated[Path, typer.Option(metavar="FILE", help="SQLite file that keeps the study.")],
    trials: Annotated[int, typer.Option(min=1, help="Points of the grid, earlier ones of the study included.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the trials; default: the study's, without its end.")
    ] = None,
    pruner: Annotated[PrunerName, typer.Option(help="How trials are ended early.")] = PrunerName.MEDIAN,
) -> None:
    """Try points of a grid and write the best recipe: learning rate, batch, optimiser and schedule.

    Figures are of the validation split; the test split is not looked at. Killed and started again, it goes on, the
    unfinished trial from its checkpoint. A study that was begun with other settings is refused.
    """
    require_lab("optuna")
    from ..lab.classifiers.plan import read_model_plan
    from ..lab.classifiers.tuning import tune as run_tune

    politely()
    found = run_tune(read_model_plan(recipe), study, trials, pruner.value, out, say)
    typer.echo(found.table.markdown)
    say(f"best: {found.value:.4f}; recipe: {found.recipe}; report: {found.page}")
