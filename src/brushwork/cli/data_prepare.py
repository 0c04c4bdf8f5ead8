"""`brushwork data preprocess`: manifests become prepared sets of one side each, split and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .lab_common import require_lab
from .messages import say, usage
from .progress import Progress

if TYPE_CHECKING:
    from ..lab.preprocess import Recipe


SMALLEST, LARGEST = 8, 2048
USUAL: Final = ("224",)


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


Sources = Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Manifests, or their folders.")]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", help="Folder of the prepared set; replaced if it is one. Of several: a folder each in it."
    ),
]
Size = Annotated[
    list[str] | None,
    typer.Option(
        "--size", metavar="PIXELS", help="Side: 32, 100, 224, 240 ... Several: again, or 32,224. Default: 224."
    ),
]
Split = Annotated[str, typer.Option(help="70/15/15, 90/10 (train, val), or given.")]
GroupByOption = Annotated[GroupBy, typer.Option(help="What stays on one side of the split.")]
Test = Annotated[list[Path] | None, typer.Option(help="A manifest to judge on, never to train on.")]
Val = Annotated[float, typer.Option(min=0, max=0.5, help="Share of a given train for val.")]
MultiCrop = Annotated[int, typer.Option(min=0, help="So many crops beside each training picture.")]
Mirror = Annotated[bool, typer.Option("--mirror", help="A mirrored copy of each training square.")]
Balance = Annotated[bool, typer.Option("--balance", help="As many human as AI pictures in each split.")]
Equalise = Annotated[
    bool, typer.Option("--equalise", help="One history of JPEG and resizing for both classes, and a probe.")
]
WeatherOption = Annotated[Weather, typer.Option(help="Degrade the pictures: `hard` tests drift.")]
Limit = Annotated[int | None, typer.Option(min=2, help="At most so many pictures, drawn by --seed.")]
PerSource = Annotated[int | None, typer.Option(min=1, help="At most so many pictures of one source.")]
Least = Annotated[int, typer.Option(min=1, help="Leave out pictures whose shorter side is under this.")]
ExcludeKind = Annotated[list[str] | None, typer.Option(help="Leave out kinds with these words.")]
Reserved = Annotated[Path | None, typer.Option(help="Ids that may not be used, one a line.")]
Seed = Annotated[int, typer.Option(help="Draws splits, crops and weather.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each processor.")]


def preprocess(
    sources: Sources,
    out: Out,
    size: Size = None,
    split: Split = "70/15/15",
    group_by: GroupByOption = GroupBy.NONE,
    test: Test = None,
    val: Val = 0.1,
    multi_crop: MultiCrop = 0,
    mirror: Mirror = False,
    balance: Balance = False,
    equalise: Equalise = False,
    weather: WeatherOption = Weather.CLEAN,
    limit: Limit = None,
    per_source: PerSource = None,
    least: Least = 1,
    exclude_kind: ExcludeKind = None,
    reserved: Reserved = None,
    seed: Seed = 0,
    workers: Workers = None,
) -> None:
    """Decode pictures once into squares of one side, for `brushwork train`. Several sides have the same splits.

    Damaged pictures are counted, listed in left_out.csv and left out. A picture in two splits stays where it judges.
    """
    require_lab()
    from ..lab.datasets import read_reserved
    from ..lab.preprocess import Recipe
    from ..lab.splits import SplitPlan, read_shares
    from ..lab.views import ViewPlan

    sides = _sides(size or USUAL)
    views = ViewPlan(sides[0], multi_crop, mirror, equalise, weather.value, least, seed)
    recipe = Recipe(
        tuple(sources), views, SplitPlan(read_shares(split), group_by.value, val, seed), tuple(test or ()),
        read_reserved(reserved) if reserved else frozenset(), tuple(exclude_kind or ()), per_source, balance, limit,
    )  # fmt: skip
    _prepare(recipe, sides, out, workers)


def _sides(words: Sequence[str]) -> tuple[int, ...]:
    """The sides that were asked for, each once, in their order. Raises a usage error for what is none."""
    parts = [part.strip() for word in words for part in word.split(",")]
    for part in parts:
        if not (part.isascii() and part.isdigit() and SMALLEST <= int(part) <= LARGEST):
            raise usage(f"{part!r} is no side from {SMALLEST} to {LARGEST} pixels.", option="--size")
    return tuple(dict.fromkeys(int(part) for part in parts))


def _prepare(recipe: Recipe, sides: Sequence[int], out: Path, workers: int | None) -> None:
    """Prepare a set of each side with the same rows, and tell what came of it."""
    from ..lab.prepared_audit import shortcut
    from ..lab.preprocess import Told, chosen, counted, folders_of, need_in_words, pictures, preprocess

    found = Told()
    rows = chosen(recipe, found)
    for side, folder in folders_of(out, sides, pictures(rows, recipe.views)).items():
        told, mine = replace(found, left_out=[]), replace(recipe, views=replace(recipe.views, side=side))
        say(need_in_words(rows, mine.views))
        with Progress(len(rows), doing="preparing") as bar:
            made = preprocess(rows, mine, folder, told, bar.advance, workers)
        for line in counted(made, told):
            typer.echo(line)
        if recipe.views.equalise:
            typer.echo(shortcut(made).words)
        say(f"prepared: {folder}")
