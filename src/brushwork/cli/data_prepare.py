"""`brushwork data preprocess`: manifests become a prepared set of one side, split and counted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .lab_common import require_lab
from .messages import say
from .progress import Progress


class GroupBy(StrEnum):
    """What may not stand on two sides of a split."""

    NONE = "none"
    GENERATOR = "generator"
    SOURCE = "source"


class Weather(StrEnum):
    """What happens to the pictures on their way."""

    CLEAN = "clean"
    WEB = "web"
    HARD = "hard"


def preprocess(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Manifests, or their folders.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the prepared set; replaced if it is one.")],
    size: Annotated[int, typer.Option(min=8, max=2048, help="Side in pixels: 32, 100, 224, 240, 384 ...")] = 224,
    split: Annotated[str, typer.Option(help="70/15/15, 90/10 (train, val), or given.")] = "70/15/15",
    group_by: Annotated[GroupBy, typer.Option(help="What stays on one side of the split.")] = GroupBy.NONE,
    test: Annotated[list[Path] | None, typer.Option(help="A manifest to judge on, never to train on.")] = None,
    val: Annotated[float, typer.Option(min=0, max=0.5, help="Share of a given train for val.")] = 0.1,
    multi_crop: Annotated[int, typer.Option(min=0, help="So many crops beside each training picture.")] = 0,
    mirror: Annotated[bool, typer.Option("--mirror", help="A mirrored copy of each training square.")] = False,
    balance: Annotated[bool, typer.Option("--balance", help="As many human as AI pictures in each split.")] = False,
    equalise: Annotated[
        bool, typer.Option("--equalise", help="One history of JPEG and resizing for both classes, and a probe.")
    ] = False,
    weather: Annotated[Weather, typer.Option(help="Degrade the pictures: `hard` tests drift.")] = Weather.CLEAN,
    limit: Annotated[int | None, typer.Option(min=2, help="At most so many pictures, drawn by --seed.")] = None,
    per_source: Annotated[int | None, typer.Option(min=1, help="At most so many pictures of one source.")] = None,
    least: Annotated[int, typer.Option(min=1, help="Leave out pictures whose shorter side is under this.")] = 1,
    exclude_kind: Annotated[list[str] | None, typer.Option(help="Leave out kinds with these words.")] = None,
    reserved: Annotated[Path | None, typer.Option(help="Ids that may not be used, one a line.")] = None,
    seed: Annotated[int, typer.Option(help="Draws splits, crops and weather.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each processor.")] = None,
) -> None:
    """Decode pictures once into squares of one side, for `brushwork train`.

    Damaged pictures are counted, listed in left_out.csv and left out. A picture in two splits stays where it judges.
    """
    require_lab()
    from ..lab.datasets import read_reserved
    from ..lab.prepared_audit import shortcut
    from ..lab.preprocess import Recipe, Told, chosen, counted, need_in_words
    from ..lab.preprocess import preprocess as run_preprocess
    from ..lab.splits import SplitPlan, read_shares
    from ..lab.views import ViewPlan

    views = ViewPlan(size, multi_crop, mirror, equalise, weather.value, least, seed)
    recipe = Recipe(
        tuple(sources), views, SplitPlan(read_shares(split), group_by.value, val, seed), tuple(test or ()),
        read_reserved(reserved) if reserved else frozenset(), tuple(exclude_kind or ()), per_source, balance, limit,
    )  # fmt: skip
    told = Told()
    rows = chosen(recipe, told)
    say(need_in_words(rows, views))
    with Progress(len(rows), doing="preparing") as bar:
        made = run_preprocess(rows, recipe, out, told, bar.advance, workers)
    for line in counted(made, told):
        typer.echo(line)
    if equalise:
        typer.echo(shortcut(made).words)
    say(f"prepared: {out}")
