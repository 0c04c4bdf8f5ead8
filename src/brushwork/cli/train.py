"""`brushwork train`: train by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .lab_common import Out, Recipe, politely, require_lab, ticked
from .messages import is_terminal, say

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Train models."""


@app.command(epilog="\b\nExamples:\n  brushwork train art-0 --out runs/art-0\n  brushwork train my.toml --fresh\n")
def train(
    recipe: Recipe,
    out: Out = Path("runs/latest"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start anew instead of from the newest checkpoint.")] = False,
    ablate: Annotated[
        Path | None, typer.Option("--ablate", metavar="FILE", help="Compare the changes in a TOML file instead.")
    ] = None,
) -> None:
    """Audit the data, train by a recipe, and export the network.

    Started again after a kill, it goes on from the newest checkpoint; so does an ablation, cell by cell.
    """
    require_lab()
    from ..lab.plan import read_plan
    from ..lab.workflow import run_ablation, run_training

    if ablate is not None:
        politely()
        typer.echo(run_ablation(read_plan(recipe), ablate, out, say))
        return

    checkpoint = run_training(read_plan(recipe), out, not fresh, is_terminal(), ticked)
    say(f"trained: {checkpoint.name}; next: brushwork evaluate {recipe} --out {out}")
