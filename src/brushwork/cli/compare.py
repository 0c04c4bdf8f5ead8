"""`brushwork compare`: several runs of classifiers in one report, with a recommendation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .lab_common import require_lab, ticked
from .messages import say

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Compare runs."""


@app.command(
    epilog="\b\nExamples:\n  brushwork compare runs/resnet18 runs/convnext runs/forest --out runs/comparison\n"
    "  brushwork compare runs/* --out runs/comparison --metric fpr --common\n"
)
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the report.")],
    metric: Annotated[
        str | None, typer.Option(help="What runs are ranked by; default: the `metric` of the first recipe.")
    ] = None,
    common: Annotated[
        bool, typer.Option("--common", help="Compare on the pictures that all runs judged, where they differ.")
    ] = False,
    time: Annotated[bool, typer.Option("--time/--no-time", help="Measure the time of one picture.")] = True,
    split: Annotated[str, typer.Option(help="Split of the prepared set.")] = "test",
) -> None:
    """Write one report on runs: figures with intervals, curves, ROC, costs, mistakes, and which run to take and why.

    Runs that were not evaluated are asked first. The report opens without a network, and holds pictures of the set.
    """
    require_lab()
    from ..lab.classifiers.judging import compare_runs

    found = compare_runs(runs, out, metric=metric, common=common, time=time, split=split, tick=ticked)
    typer.echo(found.table.markdown)
    typer.echo(f"\n{found.advice.text}")
    say(f"report: {found.page}")
