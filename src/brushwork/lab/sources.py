"""The table of sources: which pictures of which public repository are taken, as what, and why that is believed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from ..errors import LabError
from .datasets import LABELS
from .plan import SHIPPED

COLUMNS: Final = (
    "repository", "commit", "pictures", "skip", "label", "generator", "kind", "date", "before", "declared", "licence",
    "cap", "proof",
)  # fmt: skip
LISTED: Final = "listed"
"""What stands in the column `pictures` where a list names every picture of the source."""
_CORRECT: Final = "Correct the line of the table and start again."


@dataclass(frozen=True)
class Source:
    """One line of the table.

    `pictures` and `skip` are shell patterns on paths of the repository, in which * crosses folders. `before` is a date
    (YYYY-MM-DD): only pictures that were first committed before it are taken. `declared` takes only pictures
    whose own text says that a generator made them. `cap` is the most that are taken.
    """

    repository: str
    commit: str
    pictures: tuple[str, ...]
    skip: tuple[str, ...]
    label: int
    generator: str
    kind: str
    date: str
    before: str
    declared: bool
    licence: str
    cap: int
    proof: str

    @property
    def listed(self) -> bool:
        """True where a list names the pictures."""
        return self.pictures == (LISTED,)

    def wants(self, path: str) -> bool:
        """True for a path of the repository that the patterns take."""
        small = path.lower()
        taken = any(fnmatchcase(small, pattern.lower()) for pattern in self.pictures)
        return taken and not any(fnmatchcase(small, pattern.lower()) for pattern in self.skip)


@dataclass(frozen=True)
class ListedPicture:
    """One picture that a list names: its blob, its path and what is known of it."""

    sha: str
    path: str
    generator: str
    date: str


def read_sources(path_or_name: str | Path) -> tuple[Source, ...]:
    """Read a table by path, or a shipped one by name. Raises LabError that names the line."""
    shipped = SHIPPED / f"{path_or_name}.csv"
    path = shipped if shipped.is_file() else Path(path_or_name)
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise LabError(f"{path} has no column {', '.join(missing)}.", f"It must have {', '.join(COLUMNS)}.")
            return tuple(_source(line, f"{path.name}, line {reader.line_num}") for line in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabError(
            f"The table of sources {path} cannot be read: {error}.", "Give the path of a CSV file."
        ) from error


def _source(line: dict[str, str | None], where: str) -> Source:
    cell = {name: (line.get(name) or "").strip() for name in COLUMNS}
    empty = [name for name in ("repository", "pictures", "label", "kind", "proof") if not cell[name]]
    if empty:
        raise LabError(f"{where} has no {', '.join(empty)}.", _CORRECT)
    if cell["label"] not in LABELS:
        raise LabError(f"{where} has the label {cell['label']!r}.", f"Labels are {', '.join(LABELS)}.")
    if not cell["cap"].isdigit():
        raise LabError(f"{where} has the cap {cell['cap']!r}, which is no number.", _CORRECT)
    return Source(
        repository=cell["repository"], commit=cell["commit"], pictures=_patterns(cell["pictures"]),
        skip=_patterns(cell["skip"]), label=LABELS[cell["label"]], generator=cell["generator"], kind=cell["kind"],
        date=cell["date"], before=cell["before"], declared=cell["declared"] == "yes",
        licence=cell["licence"], cap=int(cell["cap"]), proof=cell["proof"],
    )  # fmt: skip


def _patterns(words: str) -> tuple[str, ...]:
    return tuple(word for word in words.split("|") if word)


def read_listed(path: Path, role: str = "train") -> dict[str, tuple[ListedPicture, ...]]:
    """Pictures of a Parquet list (columns role, repository, path, sha, generator, date) by repository, of one role.

    Raises LabError where the file is missing, lacks a column or has nothing of that role.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["role", "repository", "path", "sha", "generator", "date"]
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=columns).to_pylist()
    except (OSError, pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise LabError(f"The list of pictures {path} cannot be read: {error}.", "Give art/pictures.parquet.") from error
    if rows and "role" not in rows[0]:
        raise LabError(f"{path} has no column role.", "Give art/pictures.parquet.")
    roles = {r["role"] for r in rows}
    if role not in roles:
        raise LabError(f"{path} has no pictures of the role {role!r}.", f"Roles in it: {', '.join(sorted(roles))}.")
    found: dict[str, list[ListedPicture]] = {}
    for r in rows:
        if r["role"] == role:
            picture = ListedPicture(r["sha"], r["path"], r["generator"] or "", str(r["date"] or ""))
            found.setdefault(r["repository"], []).append(picture)
    return {repository: tuple(pictures) for repository, pictures in found.items()}
