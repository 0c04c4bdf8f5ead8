"""The results of a batch as text that is sent while it is read: a page at a time, however many there are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Final, Literal

from ..csv_rows import csv_cells, csv_heading
from ..store.batches import Batches
from ..verdict import Verdict

AT_ONCE: Final = 100
ResultFormat = Literal["jsonl", "csv"]
MEDIA_TYPES: Final[dict[ResultFormat, str]] = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def lines_of(batches: Batches, owner: str, batch_id: str, form: ResultFormat) -> Iterator[str]:
    """The results that there are, in the order of the items; one piece of text for each page that was read."""
    if form == "csv":
        yield _csv([csv_heading("external_id")])
    after = -1
    while True:
        page = batches.items(owner, batch_id, after=after, limit=AT_ONCE, states=("done", "failed"))
        if page:
            yield _WRITE[form]([item.verdict for item in page if item.verdict is not None])
        if len(page) < AT_ONCE:
            return
        after = page[-1].position


def _jsonl(verdicts: list[Verdict]) -> str:
    return "".join(f"{verdict.to_json()}\n" for verdict in verdicts)


def _csv_rows(verdicts: list[Verdict]) -> str:
    return _csv([csv_cells(verdict.external_id or "", verdict) for verdict in verdicts])


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


_WRITE: Final[dict[ResultFormat, Callable[[list[Verdict]], str]]] = {"jsonl": _jsonl, "csv": _csv_rows}
