"""Lists of addresses: read from text, CSV, JSON and Parquet, drawn by seed, fetched side by side, with resume.

A journal beside the pictures has one line for every address that was tried, so that a run that was cut off goes on
where it stopped. An address that failed is tried again when the command is, up to TRIES times in all.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import BrushworkError, LabError
from ...picture import open_picture
from ..crops import LIMITS
from ..datasets import Row, blob_id
from ..journal import Journal
from ..manifest import write_bytes
from .layouts import Tick
from .listing import Found, data_row, label_of
from .registry import Addresses

PICTURES: Final = "pictures"
JOURNAL: Final = "fetched.jsonl"
TRIES: Final = 3
AT_ONCE: Final = 8
"""Addresses that are called side by side: lists lead to many hosts, and each gets few calls."""
NO_HOPE: Final = 20
"""So many failures at the beginning without one picture, and the network is down rather than the list bad."""
BATCH: Final = 8192
Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class Address:
    """One picture to fetch, and what the list says of it."""

    url: str
    label: int
    generator: str
    licence: str = ""
    date: str = ""


def read_addresses(paths: Sequence[Path], wanted: Addresses, most: int, seed: int) -> list[Address]:
    """At most `most` addresses of the lists, drawn by seed, each once; the whole list is never in memory.

    Raises LabError for a list that cannot be read or has no column of addresses.
    """
    rng = random.Random(seed)  # noqa: S311  a draw that can be repeated
    kept: dict[str, Address] = {}
    order: list[str] = []
    seen = 0
    for address in (a for path in paths for a in _wanted_in(path, wanted)):
        if address.url in kept:
            continue
        seen += 1
        if len(order) < most:
            order.append(address.url)
        else:  # reservoir sampling: every address is kept with the same chance
            place = rng.randrange(seen)
            if place >= most:
                continue
            del kept[order[place]]
            order[place] = address.url
        kept[address.url] = address
    if not kept:
        raise LabError(f"{', '.join(map(str, paths))} list no address that counts.", "Give another list.")
    return [kept[url] for url in sorted(order)]


def _wanted_in(path: Path, wanted: Addresses) -> Iterator[Address]:
    column = ""
    for number, line in enumerate(lines_of(path), 1):
        small = {str(key).strip().lower(): value for key, value in line.items()}
        column = column or next((c for c in wanted.columns if c in small), "")
        if not column:
            found, expected = ", ".join(list(small)[:12]), " or ".join(wanted.columns)
            raise LabError(f"{path} has no column {expected} (found: {found}).", "Name the column of addresses so.")
        url = str(small[column] or "").strip().strip("'\"")
        if url and wanted.keep(line):
            label = _label(small, wanted, f"{path}, line {number}")
            told = {name: str(small.get(name) or "") for name in ("licence", "date")}
            yield Address(url, label, str(small.get("generator") or (wanted.generator if label else "")), **told)


def _label(line: dict[str, Any], wanted: Addresses, where: str) -> int:
    """The class of a line. Raises LabError where neither the line nor the command names one."""
    word = "" if line.get("label") is None else str(line["label"]).strip()
    label = label_of(word) if word else wanted.label
    if label is None:
        raise LabError(
            f"{where} {f'has the label {word!r}' if word else 'names no class'}.",
            "Labels are human and ai; give --label where all are of one class, or a column `label`.",
        )
    return label


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a list: .parquet, .csv, .json (a list, or items of it), .jsonl, or .txt with one address a line."""
    import pyarrow as pa

    try:
        yield from _READERS.get(path.suffix.lower(), _text_lines)(path)
    except (OSError, ValueError, csv.Error, pa.ArrowException) as error:
        raise LabError(
            f"The list {path} cannot be read: {error}.", "Give a list in text, CSV, JSON or Parquet."
        ) from error


def _parquet_lines(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(BATCH):
        yield from batch.to_pylist()


def _csv_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as text:
        yield from csv.DictReader(text)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    stored = json.loads(path.read_text(encoding="utf-8"))
    yield from stored["items"] if isinstance(stored, dict) else stored


def _jsonl_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as text:
        yield from (json.loads(line) for line in text if line.strip())


def _text_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as text:
        yield from ({"url": line.strip()} for line in text if line.strip() and not line.startswith("#"))


_READERS: Final[dict[str, Callable[[Path], Iterator[dict[str, Any]]]]] = {
    ".parquet": _parquet_lines, ".csv": _csv_lines, ".json": _json_lines, ".jsonl": _jsonl_lines,
}  # fmt: skip


def fetch_all(addresses: Sequence[Address], out: Path, source: str, fetch: Fetch, tick: Tick[Any]) -> Found:
    """Fetch what is not there yet into `out`/pictures, and give the rows of all that is; failures are counted.

    `fetch` gives the bytes at an address or raises a BrushworkError. Raises LabError where nothing at all answers.
    """
    out.mkdir(parents=True, exist_ok=True)
    journal = _Tried(out / JOURNAL)
    missing = [a for a in addresses if not journal.done(a.url)]
    failures = _fetch_missing(missing, out, fetch, journal, tick)
    rows = [row for a in addresses if (row := _row(a, journal.paths.get(a.url), out, source)) is not None]
    counts = Counter(journal.failures[a.url] for a in addresses if a.url in journal.failures)
    notes = [f"{count:,} addresses gave no picture: {reason}" for reason, count in counts.most_common()]
    if failures:
        notes.append(
            f"each is listed in {out / JOURNAL}; the command, run again, tries them up to {TRIES} times in all"
        )
    return Found(rows, notes)


def _fetch_missing(missing: Sequence[Address], out: Path, fetch: Fetch, journal: _Tried, tick: Tick[Any]) -> int:
    failed = 0
    with ThreadPoolExecutor(AT_ONCE, "brushwork-get") as pool:
        try:
            for address, (path, failure) in zip(
                tick(missing), pool.map(lambda a: _one(a, out, fetch), missing), strict=True
            ):
                journal.add(address.url, path, failure)
                failed += bool(failure)
                if failed >= NO_HOPE and not journal.paths:
                    raise LabError(
                        f"None of the first {failed} addresses gave a picture; the last: {failure}.",
                        "Look whether this machine has a network, and whether the list is still good.",
                    )
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return failed


def _one(address: Address, out: Path, fetch: Fetch) -> tuple[str, str]:
    """Where the picture was put, or why there is none."""
    try:
        data = fetch(address.url)
        form = open_picture(data, LIMITS, name=address.url).facts.format or "picture"
    except BrushworkError as error:
        return "", error.title
    name = blob_id(data)
    path = Path(PICTURES) / name[:2] / f"{name}.{form.lower()}"
    write_bytes(out / path, data)
    return str(path), ""


def _row(address: Address, path: str | None, out: Path, source: str) -> Row | None:
    if path is None:
        return None
    place = out / path
    told = {"generator": address.generator, "licence": address.licence, "date": address.date}
    return data_row(place.read_bytes(), str(place), address.label, source, -1, **told)


class _Tried:
    """What was tried, one line each, written at once."""

    def __init__(self, path: Path) -> None:
        self.paths: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self._tries: Counter[str] = Counter()
        self._folder = path.parent
        self._journal = Journal(path)
        for line in self._journal.lines():
            self._note(line["url"], line["path"], line["failure"])

    def done(self, url: str) -> bool:
        """True where it is there, or was tried often enough."""
        there = url in self.paths and (self._folder / self.paths[url]).is_file()
        return there or self._tries[url] >= TRIES

    def add(self, url: str, path: str, failure: str) -> None:
        """Keep what came of one try."""
        self._note(url, path, failure)
        self._journal.add({"url": url, "path": path, "failure": failure, "tries": self._tries[url]})

    def _note(self, url: str, path: str, failure: str) -> None:
        if path:
            self.paths[url] = path
            self.failures.pop(url, None)
        elif failure:
            self.failures[url] = failure
            self._tries[url] += 1
