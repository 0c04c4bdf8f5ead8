"""The manifest of a collection: its rows, what counts as a copy of another, and files written whole or not at all."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import LabError

LEAST_FREE: Final = 1 << 30
"""Bytes that stay free on the disk."""


@dataclass(frozen=True)
class Taken:
    """One line of the manifest; `path` is relative to its folder, `model` what the source or the file says of it."""

    path: str
    sha: str
    repository: str
    repo_path: str
    label: str
    generator: str
    kind: str
    date: str
    licence: str
    dhash: str
    width: int
    height: int
    format: str
    model: str
    proof: str


def is_near(mark: int, hashes: NDArray[np.uint64], bits: int) -> bool:
    """True where one of `hashes` differs from `mark` by at most `bits` bits."""
    return bool((np.bitwise_count(hashes ^ np.uint64(mark)) <= bits).any())


class Kept:
    """Rows so far, less what an earlier source has too. A hash with hardly a bit set says nothing: a plain ground."""

    def __init__(self, near: int) -> None:
        self.rows: list[Taken] = []
        self._near = near
        self._ids: set[str] = set()
        self._hashes = np.zeros(1 << 16, dtype=np.uint64)

    def add(self, row: Taken) -> bool:
        """Keep `row`; False where it is a copy."""
        mark, count = int(row.dhash, 16), len(self.rows)
        plain = not 8 <= mark.bit_count() <= 56
        if row.sha in self._ids or (not plain and is_near(mark, self._hashes[:count], self._near)):
            return False
        if count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros(count, dtype=np.uint64)])
        self._hashes[count] = mark
        self._ids.add(row.sha)
        self.rows.append(row)
        return True


def write_manifest(rows: Sequence[Taken], path: Path) -> None:
    """Write `rows` as CSV, whole or not at all: a reader never meets half a manifest."""
    unfinished = path.with_suffix(".part")
    room_for(path.parent)
    with unfinished.open("w", newline="", encoding="utf-8") as out:
        lines = csv.DictWriter(out, list(Taken.__dataclass_fields__))
        lines.writeheader()
        lines.writerows(asdict(row) for row in rows)
    unfinished.replace(path)


def write_json(path: Path, content: object) -> None:
    """Write `content` as JSON. Raises LabError where the disk is full."""
    write_bytes(path, json.dumps(content).encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data`, making folders as needed. Raises LabError where the disk is full."""
    room_for(path.parent)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def room_for(folder: Path) -> None:
    """Make `folder`. Raises LabError where its disk is full."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise LabError(f"The disk of {folder} is full.", "Free some space and start again; it goes on from here.")
