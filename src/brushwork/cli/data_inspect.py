"""`brushwork data inspect`: what is in a set, as a page and in Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .lab_common import refuse_given, require_lab
from .messages import say
from .progress import Progress


def inspect(
    context: typer.Context,
    subject: Annotated[Path, typer.Argument(metavar="FOLDER|MANIFEST", help="A set with manifest.csv, or prepared.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the report; default: `inspection` in the set's.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=2, help="Look at so many pictures only, drawn by chance.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each processor.")] = None,
) -> None:
    """Count classes, generators and sources, look at every file, and say where a shortcut lies.

    Writes report.html, which opens without a network, and report.md, with sheets of samples. They show the pictures:
    keep them to yourself where the pictures are not yours.
    """
    require_lab()
    from ..lab.classifiers.prepared import SET_FILE, open_prepared
    from ..lab.datasets import read_manifest
    from ..lab.inspection import inspect_manifest, inspect_prepared
    from ..lab.splits import limited

    folder = subject if subject.is_dir() else subject.parent
    out = out or folder / "inspection"
    if (subject / SET_FILE).is_file():
        refuse_given(context, ("limit", "workers"), "a prepared set has its pixels at hand and is looked at whole.")
        page = inspect_prepared(open_prepared(subject), out)
    else:
        rows = read_manifest(subject)
        rows = tuple(limited(rows, limit, 0)) if limit else rows
        with Progress(len(rows), doing="looking") as bar:
            page = inspect_manifest(rows, out, f"The set {folder.name}", bar.advance, workers)
    typer.echo(page.with_suffix(".md").read_text(encoding="utf-8").partition("## Generators")[0].strip())
    say(f"report: {page}")
