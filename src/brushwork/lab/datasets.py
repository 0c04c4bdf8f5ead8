"""Manifests: one row per picture, read from Parquet sets or from a folder with a CSV file, split by source."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ..errors import LabError

HUMAN: Final = 0
AI: Final = 1
LABELS: Final = {"0": HUMAN, "human": HUMAN, "real": HUMAN, "1": AI, "ai": AI, "fake": AI}
COLUMNS: Final = ("path", "sha", "repository", "label")
"""What a CSV manifest must have. Read where they are there: generator, kind, date, licence, dhash, crop, split, group
and index (the row of a Parquet file that `path` then names)."""
SPLITS: Final = ("train", "val", "test")


@dataclass(frozen=True, order=True)
class Row:
    """One picture of a manifest.

    `id` is the git blob id of the published file; `source` the account or repository; `group` what must not stand on
    both sides of a split; `place` a file, or a Parquet file with `index`; `dhash` 16 hex digits or "" where unknown.
    """

    id: str
    label: int
    source: str
    group: str
    kind: str
    generator: str
    date: str
    licence: str
    place: str
    index: int = -1
    dhash: str = ""
    crop: str = ""
    split: str = ""

    def data(self) -> bytes:
        """The published bytes. Raises LabError where they are gone."""
        if self.index >= 0:
            return bytes(_images(self.place)[self.index].as_py()["bytes"])
        try:
            return Path(self.place).read_bytes()
        except OSError as error:
            raise LabError(f"{self.place} cannot be read: {error.strerror}.", _REBUILD) from error


_REBUILD: Final = "Collect the pictures again, or take the row out of the manifest."


@lru_cache(maxsize=4)
def _images(path: str) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=["image"]).column("image").combine_chunks()


def read_parquet(path: Path) -> tuple[Row, ...]:
    """Rows of a packed set (columns image, label, source, kind, generator, date, origin_sha, dhash, crop).

    Raises LabError where the file is missing, no Parquet, or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["label", "source", "kind", "generator", "date", "origin_sha", "dhash", "crop", "image.path"]
    try:
        table = pq.read_table(path, columns=columns).to_pylist()
    except (OSError, pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise LabError(f"{path} cannot be read as a packed set: {error}.", _REBUILD) from error
    if table and "source" not in table[0]:
        raise LabError(f"{path} has no column source.", "Give art/train.parquet or art/dev.parquet, or a CSV manifest.")
    return tuple(_packed(r, str(path), i) for i, r in enumerate(table))


def _packed(r: dict[str, Any], place: str, index: int) -> Row:
    return Row(
        id=r["origin_sha"], label=_label(r["label"], place), source=r["source"],
        group=group_of(r["source"], (r.get("image") or {}).get("path") or ""),
        kind=r["kind"] or "", generator=r["generator"] or "", date=str(r["date"] or ""), licence="",
        place=place, index=index, dhash=r["dhash"] or "", crop=r["crop"] or "",
    )  # fmt: skip


def read_csv(path: Path) -> tuple[Row, ...]:
    """Rows of a CSV manifest; paths in it are relative to its folder. Raises LabError for a missing column."""
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise LabError(f"{path} has no column {', '.join(missing)}.", f"It must have {', '.join(COLUMNS)}.")
            return tuple(_listed(r, path.parent, f"{path}, line {reader.line_num}") for r in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabError(f"{path} cannot be read as a manifest: {error}.", _REBUILD) from error


def _listed(r: dict[str, str | None], folder: Path, where: str) -> Row:
    def cell(name: str) -> str:
        return (r.get(name) or "").strip()

    source, split, index = cell("repository"), cell("split"), cell("index") or "-1"
    if split and split not in SPLITS:
        raise LabError(f"{where} has the split {split!r}.", f"Splits are {', '.join(SPLITS)}, or none.")
    if not index.removeprefix("-").isdigit():
        raise LabError(f"{where} has the index {index!r}, which is no number.", _REBUILD)
    return Row(
        id=cell("sha"), label=_label(cell("label"), where), source=source,
        group=cell("group") or group_of(source, cell("repo_path")), kind=cell("kind"), generator=cell("generator"),
        date=cell("date"), licence=cell("licence"), place=str(folder / cell("path")), index=int(index),
        dhash=cell("dhash"), crop=cell("crop"), split=split,
    )  # fmt: skip


def _label(value: object, where: str) -> int:
    found = LABELS.get(str(value).strip().lower())
    if found is None:
        raise LabError(f"{where} has the label {value!r}.", f"Labels are {', '.join(LABELS)}.")
    return found


def group_of(source: str, path: str) -> str:
    """What must stay on one side of a split: the source, but for a picture-book archive the book (4-digit folder)."""
    book = next((part for part in Path(path).parts if part[:4].isdigit()), "")
    return f"{source}#{book[:4]}" if source == "global-asp/asp-imagebank" and book else source


MANIFEST: Final = "manifest.csv"


def read_manifest(path: Path) -> tuple[Row, ...]:
    """Rows of a .parquet or .csv manifest, or of the manifest.csv in a folder."""
    if path.is_dir():
        path = path / MANIFEST
    reader = {".parquet": read_parquet, ".csv": read_csv}.get(path.suffix)
    if reader is None:
        raise LabError(f"{path} is neither .parquet nor .csv.", "Give a packed set or a CSV manifest.")
    return reader(path)


def read_reserved(path: Path) -> frozenset[str]:
    """Blob ids kept for independent measurement, one a line, # starts a comment."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"The list of reserved pictures {path} cannot be read: {error}.", _RESERVED) from error
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


_RESERVED: Final = "Without it nobody knows what must not be trained on: give the file named `reserved` in the recipe."


def refuse_reserved(rows: Iterable[Row], reserved: frozenset[str]) -> None:
    """Raise LabError where a row is kept for independent measurement."""
    hit = [r for r in rows if r.id in reserved]
    if hit:
        raise LabError(
            f"{len(hit)} pictures are reserved for independent measurement, first {hit[0].id} of {hit[0].source}.",
            "Take them, and best the whole source, out of the manifest.",
        )


def require_classes(rows: Sequence[Row], name: str) -> None:
    """Raise LabError where the split `name` is empty or has one class only."""
    counts = Counter(r.label for r in rows)
    if not rows:
        raise LabError(f"The split {name} is empty.", "Check the paths and the exclusions of the recipe.")
    for label, word in ((HUMAN, "human"), (AI, "AI")):
        if not counts[label]:
            raise LabError(f"The split {name} has no {word} pictures.", "A detector needs both classes.")


def manifest_sha256(rows: Iterable[Row]) -> str:
    """Digest of what was trained on: ids, labels, sources and crops, in order of id; places do not count."""
    keys = ("id", "label", "source", "kind", "generator", "crop")
    listed = sorted(tuple(str(getattr(r, k)) for k in keys) for r in rows)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def blob_id(data: bytes) -> str:
    """The id that git gives a file: sha1 of b"blob <size>\\0" and its bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
