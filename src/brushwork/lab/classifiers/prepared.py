"""Prepared sets: pictures decoded once to squares of one side, in a folder that opens in an instant.

    pixels.u8      uint8 (n, side, side, 3), RGB, raw
    manifest.csv   one row per picture, in the order of the pixels: COLUMNS
    set.json       schema, side, n, sha256 of both files, and how the set was made

The folder is written under another name and moved when it is whole: a run that was killed leaves no set that opens.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ...errors import LabError
from ..datasets import AI, HUMAN, LABELS
from ..manifest import LEAST_FREE, write_json

SCHEMA: Final = 1
PIXELS_FILE: Final = "pixels.u8"
MANIFEST_FILE: Final = "manifest.csv"
SET_FILE: Final = "set.json"
CLASSES: Final = ("human", "ai")
ROW_BYTES: Final = 512
"""A generous guess at one line of the manifest, for the need of disk."""

Split = Literal["train", "val", "test"]
Task = Literal["ai", "generator"]
SPLITS: Final[tuple[str, ...]] = get_args(Split)
NOT_IN_TASK: Final = -1
"""The label of a row that a task leaves out: human works in the attribution of generators."""

Indices: TypeAlias = NDArray[np.int64]
Pixels: TypeAlias = NDArray[np.uint8]

_AGAIN: Final = "Make it with `brushwork data preprocess SOURCE --size SIDE --out FOLDER`."


@dataclass(frozen=True)
class PreparedRow:
    """One picture of a prepared set. `label` is HUMAN or AI; `view` says which crop or mirror of the picture it is;
    `place` is the file that it came from, counted from the folder that all pictures of the set have in common."""

    id: str
    label: int
    generator: str
    source: str
    group: str
    kind: str
    split: str
    view: str = "whole"
    place: str = ""


COLUMNS: Final = tuple(PreparedRow.__dataclass_fields__)


@dataclass(frozen=True, eq=False)
class PreparedSet:
    """An open set: `pixels` uint8 (n, side, side, 3) is mapped from the file, not read; `facts` is set.json."""

    folder: Path
    side: int
    rows: tuple[PreparedRow, ...]
    pixels: Pixels
    facts: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """The digest of pixels and manifest together: the name of what was trained on."""
        return hashlib.sha256(f"{self.facts['sha256']}{self.facts['manifest_sha256']}".encode()).hexdigest()

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The splits that have rows, in the order of SPLITS."""
        there = {row.split for row in self.rows}
        return tuple(s for s in SPLITS if s in there)

    def classes(self, task: Task = "ai") -> tuple[str, ...]:
        """The names of the classes, by label. Raises LabError where the rows have fewer than two."""
        names = CLASSES if task == "ai" else tuple(sorted(self._generators))
        found = len({row.label for row in self.rows}) if task == "ai" else len(names)
        if found < 2:
            raise _one_class(self.folder, task, self.rows)
        return names

    @cached_property
    def _generators(self) -> frozenset[str]:
        return frozenset(row.generator for row in self.rows if row.label == AI and row.generator)

    def labels(self, task: Task = "ai") -> Indices:
        """The label of every row, int64 (n,); NOT_IN_TASK for human works and untold generators in `generator`."""
        if task == "ai":
            return np.array([row.label for row in self.rows], dtype=np.int64)
        number = {name: i for i, name in enumerate(self.classes(task))}
        found = [number.get(row.generator, NOT_IN_TASK) if row.label == AI else NOT_IN_TASK for row in self.rows]
        return np.array(found, dtype=np.int64)

    def indices(self, split: str, task: Task = "ai") -> Indices:
        """The rows of `split` that take part in `task`, ascending.

        Raises LabError for a split that has none, or a name that is no split.
        """
        if split not in SPLITS:
            raise LabError(f"There is no split {split!r}.", f"Name one of {', '.join(SPLITS)}.")
        inside = np.array([row.split == split for row in self.rows]) & (self.labels(task) != NOT_IN_TASK)
        found = np.flatnonzero(inside)
        if not len(found):
            raise LabError(
                f"The split {split} of {self.folder} is empty; there are {', '.join(self.splits)}.",
                "Prepare the set again with a --split that has it, or name another split.",
            )
        return found.astype(np.int64)

    def check_pixels(self) -> None:
        """Read every pixel and compare with the recorded digest. Raises LabError where they are not the same."""
        if _sha256(self.folder / PIXELS_FILE) != self.facts["sha256"]:
            raise LabError(f"The pixels of {self.folder} are not those that were prepared.", _AGAIN)


def open_prepared(folder: Path) -> PreparedSet:
    """Open the set in `folder`. Raises LabError where a file is missing, damaged, cut off or changed, where a row has
    a split or label that is none, where no row is for training, and where all rows are of one class."""
    facts = _facts(folder)
    rows = _rows(folder / MANIFEST_FILE, facts)
    side, count = facts["side"], facts["n"]
    pixels = _mapped(folder / PIXELS_FILE, count, side)
    opened = PreparedSet(folder, side, rows, pixels, facts)
    if len({row.label for row in rows}) < 2 and len(opened._generators) < 2:
        raise _one_class(folder, "ai", rows)
    opened.indices("train")
    return opened


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / SET_FILE
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        found = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) if folder.is_dir() else "no folder"
        raise LabError(f"{folder} is no prepared set: {SET_FILE} cannot be read (found: {found}).", _AGAIN) from error
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise LabError(f"{path} has another form than this version reads (schema {SCHEMA}).", _AGAIN)
    return facts


def _rows(path: Path, facts: Mapping[str, Any]) -> tuple[PreparedRow, ...]:
    try:
        if _sha256(path) != facts["manifest_sha256"]:
            raise LabError(f"{path} was changed since the set was made: its rows and pixels may not belong.", _AGAIN)
        with path.open(newline="", encoding="utf-8") as lines:
            rows = tuple(_row(r, f"{path}, row {number}") for number, r in enumerate(csv.DictReader(lines), 1))
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}.", _AGAIN) from error
    if len(rows) != facts["n"]:
        raise LabError(f"{path} has {len(rows):,} rows where {facts['n']:,} were prepared.", _AGAIN)
    return rows


def _row(r: Mapping[str, str], where: str) -> PreparedRow:
    missing = [name for name in COLUMNS if r.get(name) is None]
    if missing:
        raise LabError(f"{where} has no {', '.join(missing)}.", _AGAIN)
    if r["split"] not in SPLITS:
        raise LabError(f"{where} has the split {r['split']!r}.", f"Splits are {', '.join(SPLITS)}.")
    if r["label"] not in CLASSES:
        raise LabError(f"{where} has the label {r['label']!r}.", f"Labels are {', '.join(CLASSES)}.")
    return PreparedRow(**{name: r[name] for name in COLUMNS if name != "label"}, label=LABELS[r["label"]])


def _mapped(path: Path, count: int, side: int) -> Pixels:
    wanted = count * side * side * 3
    try:
        there = path.stat().st_size
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}.", _AGAIN) from error
    if there != wanted:
        what = "is cut off" if there < wanted else "is too long"
        raise LabError(f"{path} {what}: {there:,} bytes where {count:,} pictures need {wanted:,}.", _AGAIN)
    return np.memmap(path, dtype=np.uint8, mode="r", shape=(count, side, side, 3))


def _one_class(folder: Path, task: Task, rows: Iterable[PreparedRow]) -> LabError:
    generators = sorted({r.generator or "not told" for r in rows if r.label == AI})
    if task == "generator":
        return LabError(
            f"{folder} has pictures of {', '.join(generators) or 'no generator'}: attribution needs two generators.",
            "Prepare pictures of several generators, named in the column generator.",
        )
    only, other = ("AI", "human") if generators else ("human", "AI")
    return LabError(f"{folder} has one class only: {only}.", f"Add {other} pictures: a detector needs both classes.")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def disk_need(side: int, count: int) -> int:
    """Bytes that a set of `count` pictures of `side` pixels takes on the disk, or a little less."""
    return count * (side * side * 3 + ROW_BYTES)


def write_prepared(
    folder: Path, side: int, items: Iterable[tuple[PreparedRow, Pixels]], how: Mapping[str, Any], *, expected: int
) -> PreparedSet:
    """Write `items`, one by one, as the set `folder`; `how` (JSON) is kept in it, `expected` is how many come at most.

    A set that lies there already is replaced at the end; another folder with something in it is not touched.
    Raises LabError where the disk has no room, pixels are not uint8 (side, side, 3), or the set would not open.
    """
    _may_write(folder)
    require_room(folder, disk_need(side, expected))
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _fill(unfinished, side, items, how)
    open_prepared(unfinished)
    if folder.exists():
        shutil.rmtree(folder)
    unfinished.rename(folder)
    return open_prepared(folder)


def _may_write(folder: Path) -> None:
    """Refuse a folder that holds something that is no prepared set."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SET_FILE).is_file():
        raise LabError(f"{folder} holds something that is no prepared set.", "Give an empty or a new folder as --out.")


def require_room(folder: Path, need: int) -> None:
    """Raise LabError where the disk that `folder` is to lie on has no room for `need` bytes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder.parent).free - LEAST_FREE
    if free < need:
        raise LabError(
            f"The set needs {need / 1e9:.1f} GB and the disk of {folder.parent} has {max(free, 0) / 1e9:.1f} GB free.",
            "Free some space, or give a smaller --size, fewer --multi-crop or a --limit.",
        )


def _fill(folder: Path, side: int, items: Iterable[tuple[PreparedRow, Pixels]], how: Mapping[str, Any]) -> None:
    digest, count = hashlib.sha256(), 0
    with (
        (folder / PIXELS_FILE).open("wb") as pixels,
        (folder / MANIFEST_FILE).open("w", newline="", encoding="utf-8") as lines,
    ):
        manifest = csv.DictWriter(lines, COLUMNS)
        manifest.writeheader()
        for row, data in _written(items, side, pixels):
            digest.update(data)
            manifest.writerow({**asdict(row), "label": CLASSES[row.label]})
            count += 1
    facts = {
        "schema": SCHEMA, "side": side, "n": count, "sha256": digest.hexdigest(),
        "manifest_sha256": _sha256(folder / MANIFEST_FILE), "how": dict(how),
    }  # fmt: skip
    write_json(folder / SET_FILE, facts)


def _written(
    items: Iterable[tuple[PreparedRow, Pixels]], side: int, pixels: BinaryIO
) -> Iterator[tuple[PreparedRow, bytes]]:
    for row, picture in items:
        if picture.shape != (side, side, 3) or picture.dtype != np.uint8:
            raise LabError(
                f"{row.id} has pixels {picture.dtype} {picture.shape}.", f"They must be uint8 ({side}, {side}, 3)."
            )
        if row.label not in (HUMAN, AI):
            raise LabError(f"{row.id} has the label {row.label}.", f"It must be {HUMAN} (human) or {AI} (AI).")
        data = picture.tobytes()
        pixels.write(data)
        yield row, data
