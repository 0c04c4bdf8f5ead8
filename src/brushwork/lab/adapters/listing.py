"""The manifest that every adapter writes: one row per picture, in columns that `datasets.read_csv` reads."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from ...errors import LabError
from ..datasets import AI, HUMAN, MANIFEST, Row, blob_id
from ..manifest import room_for

COLUMNS: Final = (
    "path", "index", "sha", "repository", "label", "generator", "kind", "date", "licence", "split", "group", "dhash",
    "crop",
)  # fmt: skip
ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif"})
HUMAN_WORDS: Final = ("human", "real", "nature", "original", "originals", "photo", "0")
AI_WORDS: Final = ("ai", "fake", "generated", "synthetic", "ai-generated", "ai_generated", "1")
SPLIT_WORDS: Final = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test",
}  # fmt: skip
WORDS: Final = {HUMAN: "human", AI: "ai"}


@dataclass
class Found:
    """What an adapter read: the rows, and in words what a reader should know of them."""

    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def label_of(word: str) -> int | None:
    """HUMAN or AI for one of the words that people use, None for another word."""
    small = word.strip().lower()
    return HUMAN if small in HUMAN_WORDS else AI if small in AI_WORDS else None


def file_row(path: Path, label: int, source: str, **facts: str) -> Row:
    """The row of a file; its id is that of its bytes. Raises LabError where it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}.", "Fetch it again, or take it away.") from error
    return data_row(data, str(path), label, source, -1, **facts)


def data_row(data: bytes, place: str, label: int, source: str, index: int = -1, **facts: str) -> Row:
    """The row of a picture whose bytes are at hand."""
    blank = dict.fromkeys(("kind", "generator", "date", "licence"), "")
    known = {**blank, "group": source, **facts}
    return Row(id=blob_id(data), label=label, source=source, place=place, index=index, **known)


def pictures_in(folder: Path) -> Iterator[Path]:
    """Every file under `folder` whose name ends like a picture's, sorted; hidden ones are passed over."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in ENDINGS and not name.startswith("."):
                yield Path(where) / name


def folders_in(folder: Path) -> list[str]:
    """The names of the folders in `folder`, sorted. Raises LabError where it is none."""
    try:
        return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError as error:
        raise LabError(f"{folder} is no folder: {error.strerror}.", "Give the folder of the data as --from.") from error


def wrong_layout(folder: Path, expected: str, known: Sequence[str]) -> LabError:
    """The error for a folder that is laid out otherwise: what is there, what was expected, and near names."""
    there = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    found = ", ".join(there[:8]) + (f" and {len(there) - 8} more" if len(there) > 8 else "")
    near = {name: get_close_matches(name, known, n=3, cutoff=0.5) for name in there[:50]}
    hints = [f"{name} looks like {', '.join(words)}" for name, words in near.items() if words and name not in known]
    return LabError(
        f"{folder} is not laid out as expected. Found: {found or 'nothing'}. Expected: {expected}.",
        f"{'; '.join(hints[:3])}. Rename them, or give the right folder."
        if hints
        else "Give the folder that has these.",
    )


def write_list(rows: Iterable[Row], folder: Path, more: Mapping[str, Mapping[str, str]] | None = None) -> Path:
    """Write the manifest of `folder`, whole or not at all; the path of it. `more`: further cells of a row, by its id.

    Places inside the folder are written relative to it, so that it can be moved. Raises LabError on a full disk.
    """
    room_for(folder)
    extra = tuple(next(iter(more.values()))) if more else ()
    path = folder / MANIFEST
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as out:
        lines = csv.DictWriter(out, (*COLUMNS, *extra), restval="")
        lines.writeheader()
        lines.writerows({**_cells(row, folder), **(more or {}).get(row.id, {})} for row in rows)
    unfinished.replace(path)
    return path


def _cells(row: Row, folder: Path) -> dict[str, object]:
    place = Path(row.place)
    return {
        "path": place.relative_to(folder) if place.is_relative_to(folder) else place.absolute(),
        "index": row.index if row.index >= 0 else "", "sha": row.id, "repository": row.source,
        "label": WORDS[row.label], "generator": row.generator, "kind": row.kind, "date": row.date,
        "licence": row.licence, "split": row.split, "group": row.group, "dhash": row.dhash, "crop": row.crop,
    }  # fmt: skip
