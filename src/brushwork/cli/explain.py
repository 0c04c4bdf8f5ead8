"""`brushwork explain`: which places of a picture a model looks at, and whether that map means anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .exits import ExitCode
from .lab_common import require_lab, ticked
from .messages import say, usage

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Explain what models say."""


@app.command(
    epilog="\b\nExamples:\n  brushwork explain painting.png --run runs/resnet18 --out explained\n"
    "  brushwork explain *.jpg --bundle art-1 --out explained\n"
)
def explain(
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="Pictures to explain.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the overlays and the page.")],
    run: Annotated[
        Path | None, typer.Option(help="Run of a classifier that is a network, or an ensemble: Grad-CAM.")
    ] = None,
    bundle: Annotated[str | None, typer.Option(help="Bundle by name or path: its map of regions.")] = None,
) -> None:
    """Lay a map of influence over each picture, and test it: a map that means nothing says so in words."""
    require_lab()
    if (run is None) == (bundle is None):
        raise usage("Name one model: --run FOLDER or --bundle NAME.")
    from ..lab.classifiers.explaining import explain_pictures

    found = explain_pictures(ticked(pictures), run, bundle, out)
    typer.echo(found.table.markdown)
    for one in found.left_out:
        say(f"left out: {one.error.detail} {one.error.advice}")
    say(f"page: {found.page}")
    if found.left_out:
        say(f"{len(found.left_out)} of {len(pictures)} pictures could not be read")
        raise typer.Exit(ExitCode.SOME_FAILED)
