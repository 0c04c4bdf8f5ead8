"""`brushwork data get`: a public set, a list of addresses or a local folder becomes a folder with manifest.csv."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..datasets import MANIFEST
from ..manifest import write_json
from ..splits import limited, unrepeated
from .addresses import JOURNAL, PICTURES, Fetch, fetch_all, read_addresses
from .hubs import RAW, by_hand, download, fetch_tables
from .hugging_face import Asked, Columns, read_hugging_face
from .layouts import Tick
from .listing import Found, file_row, label_of, write_list, wrong_layout
from .registry import HF, Adapter, Addresses, adapter
from .streams import STREAMED, Draw

ABOUT_FILE: Final = "about.json"
LISTS: Final = frozenset({".parquet", ".csv", ".json", ".jsonl", ".txt"})
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What is wanted: the `name`, into `out`; `given` is what was fetched by hand. `force_metadata` and `force_data`
    fetch lists and pictures again. `label` is the class of lists and folders that name none, `config` the configuration
    of a set of Hugging Face that has several."""

    name: str
    out: Path
    given: Path | None = None
    force_metadata: bool = False
    force_data: bool = False
    limit: int | None = None
    seed: int = 0
    label: int | None = None
    generator: str = ""
    columns: Columns = field(default_factory=Columns)
    config: str = ""


@dataclass(frozen=True)
class Got:
    """What came: where the manifest lies, how many pictures by split and class, and what a reader should know."""

    manifest: Path
    counts: Counter[tuple[str, int]]
    notes: tuple[str, ...]

    def told(self) -> Iterator[str]:
        """In words."""
        for split in sorted({split for split, _ in self.counts}):
            human, ai = self.counts[split, 0], self.counts[split, 1]
            yield f"{split or 'no split'}: {human:,} human, {ai:,} AI"
        yield from self.notes


def get(wish: Wish, fetch: Fetch, tick: Tick[Any], say: Say) -> Got:
    """Fetch and list what `wish` names. `fetch` gives the bytes at an address, `tick` shows a progress bar.

    Raises LabError for an unknown name, a hub out of reach, a layout that is another one, no picture at all.
    """
    known = adapter(wish.name)
    if wish.given is not None and not wish.given.exists():
        raise LabError(f"There is no {wish.given}.", "Give --from a file or folder that is there.")
    if wish.force_metadata and (wish.given or known is None):
        raise LabError(
            f"Of {wish.given or wish.name} no lists or tables are fetched.",
            "Leave --force-metadata away; it is for sets of `brushwork data list` without --from.",
        )
    wish.out.mkdir(parents=True, exist_ok=True)
    if wish.force_data:
        _forget(wish.out)
    if known is not None and known.addresses is None:
        found = _pictures(known, wish, tick, say)
    elif known is not None or wish.name == "urls":
        found = _addressed(known, wish, fetch, tick, say)
    elif wish.name == "csv":
        found = _table(wish, tick)
    else:
        asked, draw = Asked(wish.name.removeprefix(HF), wish.config, wish.given), Draw(wish.limit, wish.seed)
        found = read_hugging_face(asked, wish.out, wish.columns, draw, say, tick)
    return _written(found, wish, known)


def _forget(out: Path) -> None:
    """Take away the pictures that an earlier run fetched, and nothing else."""
    for name in (PICTURES, RAW):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in (JOURNAL, STREAMED):
        (out / name).unlink(missing_ok=True)


def _pictures(known: Adapter, wish: Wish, tick: Tick[Any], say: Say) -> Found:
    assert known.read is not None, "an adapter reads pictures or addresses"
    if wish.given is None and known.hub is None:
        raise by_hand(known, "It lies on no hub.")
    there = (wish.out / RAW).is_dir()
    folder = _inside(wish.given or download(known, wish.out, wish.force_data, say))
    if wish.force_metadata and there:
        fetch_tables(known, folder)
    return known.read(folder, tick)


def _inside(folder: Path) -> Path:
    """`folder`, or the one folder that is all there is in it, as archives often have."""
    if not folder.is_dir():
        raise LabError(f"{folder} is no folder.", "Give the folder of the data as --from.")
    there = [p for p in folder.iterdir() if not p.name.startswith(".")]
    alone = len(there) == 1 and there[0].is_dir() and there[0].name not in ("train", "test", "val")
    nested = alone and label_of(there[0].name) is None and not there[0].name.startswith("imagenet_")
    return _inside(there[0]) if nested else folder


def _addressed(known: Adapter | None, wish: Wish, fetch: Fetch, tick: Tick[Any], say: Say) -> Found:
    if known is not None and known.addresses is not None:
        wanted = known.addresses
        folder = wish.given or download(known, wish.out, wish.force_metadata, say)
    else:
        if wish.given is None:
            raise LabError(
                "`urls` needs a list of addresses.",
                "Give it as --from LIST, with --label human or ai, or a column `label`.",
            )
        columns = ("url", "image url", "image_url", "link", "address")
        wanted, folder = Addresses(columns, wish.label, wish.generator, most=10_000_000), wish.given
    paths = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.suffix.lower() in LISTS)
    if not paths:
        raise wrong_layout(folder, known.layout if known else "a list of addresses", tuple(LISTS))
    most = min(wish.limit or wanted.most, wanted.most) if known is None else wish.limit or wanted.most
    addresses = read_addresses(paths, wanted, most, wish.seed)
    return fetch_all(addresses, wish.out, wish.name, fetch, tick)


def _table(wish: Wish, tick: Tick[Any]) -> Found:
    """A table of local files: path (or file, image), label, and maybe generator, source, kind, date, licence, split."""
    if wish.given is None:
        raise LabError("`csv` needs a table.", "Give it as --from TABLE.csv, with the columns path and label.")
    try:
        with wish.given.open(newline="", encoding="utf-8-sig") as text:
            lines = [{(k or "").strip().lower(): (v or "").strip() for k, v in r.items()} for r in csv.DictReader(text)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabError(f"The table {wish.given} cannot be read: {error}.", "Give a CSV file.") from error
    names = ("path", "file", "file_name", "filename", "image")
    column = next((n for n in names if lines and n in lines[0]), None)
    if column is None or (wish.label is None and "label" not in lines[0]):
        found = ", ".join(lines[0]) if lines else "nothing"
        advice = f"Name them {'/'.join(names)} and label."
        raise LabError(f"{wish.given} has no path and label (found: {found}).", advice)
    return Found([_table_row(line, column, wish, number) for number, line in enumerate(tick(lines), 2)])


def _table_row(line: dict[str, str], column: str, wish: Wish, number: int) -> Any:
    assert wish.given is not None, "a table was given"
    label = label_of(line["label"]) if line.get("label") else wish.label
    if label is None:
        raise LabError(f"{wish.given}, line {number} has the label {line.get('label')!r}.", "Labels are human and ai.")
    source = line.get("source") or f"{wish.given.stem}/{('human', 'ai')[label]}"
    told = {name: line.get(name, "") for name in ("kind", "date", "licence", "split")}
    generator = (line.get("generator") or wish.generator) if label else ""
    return file_row(wish.given.parent / line[column], label, source, generator=generator, **told)


def _written(found: Found, wish: Wish, known: Adapter | None) -> Got:
    rows, twice, across = unrepeated(found.rows, keep_twice=True)
    notes = list(found.notes)
    if across:
        notes.append(f"{across:,} pictures stood in train and in another split: dropped from train")
    if twice:
        notes.append(f"{twice:,} pictures came twice; those within a given split stay")
    if not rows:
        raise LabError(f"{wish.name} gave no picture.", " ".join(notes) or "Look into the folder that was given.")
    if wish.limit:
        rows = limited(rows, wish.limit, wish.seed)
    rows.sort(key=lambda r: (r.split, r.place, r.index))
    path = write_list(rows, wish.out)
    write_json(wish.out / ABOUT_FILE, _about(wish, known, notes))
    return Got(path, Counter((r.split, r.label) for r in rows), tuple(notes))


def _about(wish: Wish, known: Adapter | None, notes: list[str]) -> dict[str, Any]:
    return {
        "name": wish.name, "title": known.title if known else wish.name, "page": known.page if known else "",
        "licence": known.licence if known else "see its page", "from": str(wish.given) if wish.given else "",
        "date": datetime.now(UTC).date().isoformat(), "config": wish.config,
        "limit": wish.limit, "seed": wish.seed, "notes": notes,
        "manifest": MANIFEST,
    }  # fmt: skip
