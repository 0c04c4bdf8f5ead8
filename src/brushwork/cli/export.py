"""`brushwork export`: a trained model in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import LabError
from .lab_common import Out, Recipe, require_lab
from .messages import say

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Export models."""


@app.command(epilog="\b\nExamples:\n  brushwork export art-0 --out runs/art-0\n")
def export(
    recipe: Recipe,
    out: Out = Path("runs/latest"),
    checkpoint: Annotated[Path | None, typer.Option(help="Which checkpoint; default: the newest of the run.")] = None,
) -> None:
    """Export a checkpoint to ONNX and prove that both compute the same."""
    require_lab()
    from ..lab.keeping import CHECKPOINTS, newest_checkpoint
    from ..lab.plan import read_plan
    from ..lab.workflow import run_export

    chosen = checkpoint or newest_checkpoint(out / CHECKPOINTS)
    if chosen is None:
        raise LabError(f"There is no checkpoint in {out}.", "Run `brushwork train` first, or name one.")
    difference = run_export(read_plan(recipe), chosen, out)
    say(f"exported {chosen.name}; torch and ONNX Runtime differ by {difference:.1e} at most")
