"""`brushwork data get` and `list`: public sets, lists of addresses and local folders become manifests."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .lab_common import require_lab, ticked
from .messages import say, usage


class Label(StrEnum):
    """The class of pictures whose list does not tell it."""

    HUMAN = "human"
    AI = "ai"


def listed() -> None:
    """Show the public sets that have a name here, where they lie and under what terms."""
    require_lab()
    from ..lab.adapters.registry import ADAPTERS

    for one in ADAPTERS:
        typer.echo(f"{one.name}\n  {one.title}\n  {one.page or 'on this machine'}\n  licence: {one.licence}")
        typer.echo(f"  layout: {one.layout}")
    typer.echo("hf:owner/name\n  any data set of Hugging Face")
    typer.echo("csv, urls\n  a table of local files, a list of addresses; with --from")


def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `data list`, hf:owner/name, csv or urls.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for pictures and manifest.")] = None,
    given: Annotated[
        Path | None, typer.Option("--from", metavar="PATH", help="What was fetched by hand: a folder, table or list.")
    ] = None,
    force_metadata: Annotated[bool, typer.Option("--force-metadata", help="Fetch lists and tables again.")] = False,
    force_data: Annotated[bool, typer.Option("--force-data", help="Fetch the pictures again.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pictures, drawn by --seed.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the pictures under --limit.")] = 0,
    label: Annotated[Label | None, typer.Option(help="The class of all, where the list names none.")] = None,
    generator: Annotated[str, typer.Option(help="The generator of AI pictures, where the list names none.")] = "",
    config: Annotated[str, typer.Option(help="hf: the configuration, where a set has several.")] = "",
    image_column: Annotated[str, typer.Option(help="hf: the column of pictures.")] = "",
    label_column: Annotated[str, typer.Option(help="hf: the column of labels.")] = "",
    generator_column: Annotated[str, typer.Option(help="hf: the column that names the generator.")] = "",
    ai: Annotated[list[str] | None, typer.Option(help="hf: a label that means AI; all others are human.")] = None,
) -> None:
    """Fetch a data set, or take what was fetched by hand, and write its manifest.csv.

    Pictures are kept as published. Started again, it goes on where it stopped.
    """
    require_lab()
    from ..lab.adapters.get import Wish
    from ..lab.adapters.get import get as run_get
    from ..lab.adapters.hugging_face import Columns
    from ..settings import Settings
    from .web import fetched

    if not name:
        raise usage("A name is needed.", "`brushwork data list` shows them.")
    _refuse_unused(name, bool(config or image_column or label_column or generator_column or ai), label, generator)
    fixed = None if label is None else int(label is Label.AI)
    columns = Columns(image_column, label_column, generator_column, tuple(ai or ()), fixed)
    folder = out or Path("data") / "+".join([*name.removeprefix("hf:").split("/"), *([config] if config else [])])
    wish = Wish(name, folder, given, force_metadata, force_data, limit, seed, fixed, generator, columns, config)
    settings = Settings()
    got = run_get(wish, lambda url: fetched(url, settings), ticked, say)
    for line in got.told():
        typer.echo(line)
    say(f"manifest: {got.manifest}; next: brushwork data inspect {folder}")


def _refuse_unused(name: str, hub_options: bool, label: Label | None, generator: str) -> None:
    """Raise a usage error for options that this set would not heed."""
    streamed = name.startswith("hf:")
    if hub_options and not streamed:
        raise usage(
            f"{name} is no set of Hugging Face.", "--config, --ai and the --...-column options are for hf: alone."
        )
    if label is not None and not streamed and name not in ("csv", "urls"):
        raise usage(f"{name} names the class of each picture: leave --label away.")
    if generator and name not in ("csv", "urls"):
        raise usage(f"{name} takes no --generator.", "A set of Hugging Face may name a column: --generator-column.")
    if generator and label is Label.HUMAN:
        raise usage("Human works have no generator: leave --generator away, or give --label ai.")
