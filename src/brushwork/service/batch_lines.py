"""The results of a batch as text that is sent while it is read: a page at a time, however many there are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from ..csv_rows import csv_cells, csv_heading
from ..store.batches import Batches
from ..store.decisions import DecisionFacts
from ..text import spreadsheet_safe
from ..verdict import Verdict

AT_ONCE: Final = 100
DUPLICATE: Final = "duplicate_of"
"""The column that a batch has beside those of a scan: the earlier picture with the same bytes."""
ResultFormat = Literal["jsonl", "csv"]
MEDIA_TYPES: Final[dict[ResultFormat, str]] = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def lines_of(batches: Batches, owner: str, batch_id: str, form: ResultFormat) -> Iterator[str]:
    """The results that there are, in the order of the items; one piece of text for each page that was read."""
    if form == "csv":
        yield _csv([[*csv_heading("external_id"), DUPLICATE]])
    first: dict[str, str] = {}
    after = -1
    while True:
        page = batches.items(owner, batch_id, after=after, limit=AT_ONCE, states=("done", "failed"))
        verdicts = [item.verdict for item in page if item.verdict is not None]
        if verdicts and form == "csv":
            yield _csv([[*csv_cells(v.external_id or "", v), _duplicate_of(v, first)] for v in verdicts])
        elif verdicts:
            yield "".join(f"{verdict.to_json()}\n" for verdict in verdicts)
        if len(page) < AT_ONCE:
            return
        after = page[-1].position


def record_csv(decisions: Iterable[DecisionFacts], names: Mapping[str, str]) -> str:
    """The decisions as they were made; `names` are those of the pictures, by the id of the item."""
    rows = (
        (names[d.subject_id], d.decision, d.reviewer.shown, d.note or "", d.created_at.isoformat())
        for d in decisions
        if d.subject_id in names
    )
    cells = [[spreadsheet_safe(cell) for cell in row] for row in rows]
    return _csv([["external_id", "decision", "reviewer", "note", "at"], *cells])


def _duplicate_of(verdict: Verdict, first: dict[str, str]) -> str:
    """The name of the earlier picture with the same bytes, empty where there is none; `first` remembers them."""
    digest = verdict.input.sha256 if verdict.input else None
    if digest is None:
        return ""
    if digest not in first:
        first[digest] = verdict.external_id or verdict.id
        return ""
    return spreadsheet_safe(first[digest])


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
