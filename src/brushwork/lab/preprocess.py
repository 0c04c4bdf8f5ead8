"""From manifests to a prepared set: who is in which split, what is made of each picture, and what was left out."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from ..errors import LabError, PictureError
from .classifiers.prepared import SET_FILE, PreparedRow, PreparedSet, disk_need, require_room, write_prepared
from .crops import Forbidden
from .datasets import AI, HUMAN, Row, manifest_sha256, read_manifest, refuse_reserved, require_classes
from .gather import cap_sources, crosses_panels
from .pool import in_order
from .splits import GIVEN, WORDS, SplitPlan, balanced, limited, split_rows, unrepeated
from .views import TooSmall, ViewPlan, views_of
from .weather import Pixels

LEFT_OUT_FILE: Final = "left_out.csv"
PIECE_BYTES: Final = 16 * 1024 * 1024
"""Pixels that one piece of work gives at most, about."""
PIECE: Final = 256
NEAR: Final = 4
"""Bits of the difference hash within which a picture counts as one of those that are judged on."""


@dataclass(frozen=True)
class Recipe:
    """All that decides a prepared set. `test` rows are judged on and never trained on, whatever the split says."""

    sources: tuple[Path, ...]
    views: ViewPlan
    split: SplitPlan
    test: tuple[Path, ...] = ()
    reserved: frozenset[str] = frozenset()
    exclude_kinds: tuple[str, ...] = ()
    per_source: int | None = None
    balance: bool = False
    limit: int | None = None


class LeftOut(NamedTuple):
    """A picture that is not in the set, why in words that others share, and why in its own."""

    id: str
    place: str
    reason: str
    detail: str


@dataclass
class Told:
    """What happened beside the set itself."""

    repeated: int = 0
    across: int = 0
    near: int = 0
    left_out: list[LeftOut] = field(default_factory=list)


def chosen(recipe: Recipe, told: Told) -> list[Row]:
    """The rows of a recipe with their splits; `told` counts what was repeated.

    Raises LabError for a manifest that cannot be read, a reserved picture, a class that is missing.
    """
    rows = [row for path in recipe.sources for row in _read(path)]
    test = [replace(row, split="test") for path in recipe.test for row in _read(path)]
    refuse_reserved((*rows, *test), recipe.reserved)
    kept = [r for r in rows if not any(kind in r.kind for kind in recipe.exclude_kinds) and not crosses_panels(r)]
    unique, told.repeated, told.across = unrepeated([*kept, *test], keep_twice=not recipe.split.shares)
    judged = Forbidden.of((r for r in unique if r.split == "test" and recipe.test), NEAR)
    far = [r for r in unique if r.split == "test" or not r.dhash or not judged.holds(r.dhash)]
    told.near = len(unique) - len(far)
    if recipe.per_source:
        far = list(cap_sources(far, recipe.per_source, recipe.split.seed))
    if recipe.limit:
        far = limited(far, recipe.limit, recipe.split.seed)
    apart = [r for r in far if recipe.test and r.split == "test"]
    mine = [r for r in far if r.split != "test"] if recipe.test else far
    parted = [*split_rows(mine, recipe.split), *apart]
    return balanced(parted, recipe.split.seed) if recipe.balance else parted


def _read(path: Path) -> tuple[Row, ...]:
    rows = read_manifest(path)
    if not rows:
        raise LabError(f"{path} lists no picture.", "Give a manifest with rows; `brushwork data get` writes one.")
    return rows


def pictures(rows: Sequence[Row], views: ViewPlan) -> int:
    """How many squares `rows` will give at most."""
    return sum(views.per_picture(row.split) for row in rows)


Prepared = tuple[list[PreparedRow], Pixels, list[LeftOut]]


def common_folder(rows: Iterable[Row]) -> Path:
    """The deepest folder that all pictures lie in. What a set keeps of their places counts from there, so that a set
    tells nothing of the machine, and is the same set wherever it is made."""
    return Path(os.path.commonpath([Path(row.place).absolute().parent for row in rows]))


def prepare_piece(rows: Sequence[Row], views: ViewPlan, root: Path) -> Prepared:
    """The squares of some rows, stacked uint8 (n, side, side, 3), and those that gave none with the reason.

    Places count from the folder `root`.
    """
    made: list[PreparedRow] = []
    squares: list[Pixels] = []
    left_out: list[LeftOut] = []
    for row in rows:
        try:
            found = views_of(row, views)
        except PictureError as error:
            left_out.append(LeftOut(row.id, place_of(row, root), error.title, error.detail))
            continue
        except LabError as error:
            detail = error.detail.replace(row.place, place_of(row, root))
            left_out.append(LeftOut(row.id, place_of(row, root), "The file cannot be read", detail))
            continue
        except TooSmall as error:
            left_out.append(LeftOut(row.id, place_of(row, root), "The picture is smaller than asked for", str(error)))
            continue
        for view, square in found:
            made.append(_prepared_row(row, view, root))
            squares.append(square)
    stacked = np.stack(squares) if squares else np.zeros((0, views.side, views.side, 3), np.uint8)
    return made, stacked, left_out


def place_of(row: Row, root: Path) -> str:
    """The file of a picture, counted from `root`, with its number where many lie in one file."""
    place = Path(row.place).absolute().relative_to(root).as_posix()
    return place if row.index < 0 else f"{place}#{row.index}"


def _prepared_row(row: Row, view: str, root: Path) -> PreparedRow:
    return PreparedRow(
        id=row.id, label=row.label, generator=row.generator, source=row.source, group=row.group, kind=row.kind,
        split=row.split, view=view, place=place_of(row, root),
    )  # fmt: skip


def preprocess(
    rows: Sequence[Row],
    recipe: Recipe,
    out: Path,
    told: Told,
    done: Callable[[int], None] = lambda _: None,
    workers: int | None = None,
) -> PreparedSet:
    """Prepare `rows` (see `chosen`) into the folder `out`; `done` hears how many pictures each step took.

    Raises LabError where the disk has no room, or a class is left without a picture.
    """
    views = recipe.views
    _require_task(rows)
    step = max(1, min(PIECE, PIECE_BYTES // (views.side**2 * 3 * views.per_picture("train"))))
    work = partial(prepare_piece, views=views, root=common_folder(rows))

    def items() -> Iterator[tuple[PreparedRow, Pixels]]:
        missing = {(r.split, r.label) for r in rows}
        for number, (made, squares, left_out) in enumerate(in_order(work, rows, step, workers)):
            told.left_out += left_out
            missing -= {(row.split, row.label) for row in made}
            yield from zip(made, squares, strict=True)
            done(len(rows[number * step : (number + 1) * step]))
        _require_none(missing, told.left_out)

    made = write_prepared(out, views.side, items(), how_of(rows, recipe, told), expected=pictures(rows, views))
    _write_left_out(out, told.left_out)
    return made


def _require_task(rows: Sequence[Row]) -> None:
    """Raise LabError where train has one class only, unless it is for telling generators apart."""
    train = [r for r in rows if r.split == "train"]
    if len({r.generator for r in train if r.label == AI} - {""}) < 2 or any(r.label == HUMAN for r in rows):
        require_classes(train, "train")


def _require_none(missing: set[tuple[str, int]], left_out: Sequence[LeftOut]) -> None:
    """Raise LabError where every picture of a class of a split was left out."""
    for split, label in sorted(missing):
        first = left_out[0] if left_out else None
        why = f", first {first.place}: {first.detail}" if first else ""
        raise LabError(
            f"No {WORDS[label]} picture of the split {split} could be used{why}.",
            "Look at the files.",
        )


def how_of(rows: Sequence[Row], recipe: Recipe, told: Told) -> dict[str, Any]:
    """How a set was made, as JSON; its sources by name, for where they lie is this machine's own."""
    return {
        "sources": [p.absolute().name for p in recipe.sources], "test": [p.absolute().name for p in recipe.test],
        "views": asdict(recipe.views), "shares": dict(recipe.split.shares) or GIVEN, "group_by": recipe.split.by,
        "val": recipe.split.val, "seed": recipe.split.seed, "balance": recipe.balance, "limit": recipe.limit,
        "exclude_kinds": list(recipe.exclude_kinds), "per_source": recipe.per_source,
        "repeated": told.repeated, "repeated_across_splits": told.across, "rows_sha256": manifest_sha256(rows),
    }  # fmt: skip


def _write_left_out(folder: Path, left_out: Sequence[LeftOut]) -> None:
    with (folder / LEFT_OUT_FILE).open("w", newline="", encoding="utf-8") as out:
        lines = csv.writer(out)
        lines.writerow(LeftOut._fields)
        lines.writerows(left_out)


def counted(made: PreparedSet, told: Told) -> Iterator[str]:
    """The set in words: pictures by split and class, what was repeated, and what was left out and why."""
    counts = Counter((row.split, row.label) for row in made.rows)
    given = made.facts["how"]["shares"] == GIVEN
    for split in made.splits:
        yield f"{split}: {counts[split, 0]:,} human, {counts[split, 1]:,} AI"
    if told.across:
        yield f"{told.across:,} pictures stood in train and in another split: dropped from train"
    if told.near:
        yield f"{told.near:,} pictures are nearly one of --test: dropped"
    if told.repeated:
        yield f"{told.repeated:,} pictures came twice {'in a split, and stay' if given else 'and are kept once'}"
    for reason, count in Counter(item.reason for item in told.left_out).most_common():
        yield f"left out: {count:,}: {reason}"
    if told.left_out:
        yield f"each is listed in {made.folder / LEFT_OUT_FILE}"


def folders_of(out: Path, sides: Sequence[int], count: int) -> dict[int, Path]:
    """Where the set of each side goes: one into `out` itself, several into folders of it that are named by the side.

    Raises LabError where `out` is a set already, or the disk has no room for all of them, with `count` squares each.
    """
    if len(sides) == 1:
        return {sides[0]: out}
    if (out / SET_FILE).is_file():
        raise LabError(f"{out} is a prepared set of one side.", "Give another folder as --out for several.")
    require_room(out / str(sides[0]), sum(disk_need(side, count) for side in sides))
    return {side: out / str(side) for side in sides}


def need_in_words(rows: Sequence[Row], views: ViewPlan) -> str:
    """What the set will take on the disk."""
    count = pictures(rows, views)
    return f"{count:,} squares of {views.side} pixels need {disk_need(views.side, count) / 1e9:.2f} GB"
