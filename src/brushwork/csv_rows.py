"""A verdict as one row of a CSV file: the same columns from the command line and from a batch of the service.

Cells that a spreadsheet would run begin with an apostrophe.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .text import shown, spreadsheet_safe
from .verdict import Evidence, State, Verdict

CSV_COLUMNS: Final[tuple[tuple[str, Callable[[Verdict], object]], ...]] = (
    ("answer", lambda v: v.answer),
    ("reason", lambda v: v.reason),
    ("probability", lambda v: v.probability),
    ("human_works_this_high", lambda v: v.reference and v.reference.fpr_at_score),
    ("why", lambda v: v.wording and v.wording.why),
    ("declared_by", lambda v: "; ".join(declarations(v))),
    ("stability_min", lambda v: v.stability and v.stability.min),
    ("stability_max", lambda v: v.stability and v.stability.max),
    ("stability_flips", lambda v: v.stability and v.stability.flips),
    ("regions", lambda v: v.regions and v.regions.words),
    ("warnings", lambda v: "; ".join(w.code for w in v.warnings)),
    ("sha256", lambda v: v.input and v.input.sha256),
    ("format", lambda v: v.input and v.input.format),
    ("width", lambda v: v.input and v.input.width),
    ("height", lambda v: v.input and v.input.height),
    ("bytes", lambda v: v.input and v.input.bytes),
    ("model", lambda v: v.model and f"{v.model.name} {v.model.version}"),
    ("error", lambda v: v.error and v.error.type),
    ("error_detail", lambda v: v.error and f"{v.error.detail} {v.error.advice}"),
)


def csv_heading(first: str) -> list[str]:
    """The names of the columns; `first` is that of the one before them, which says what the row is about."""
    return [first, *(name for name, _ in CSV_COLUMNS)]


def csv_cells(subject: str, verdict: Verdict) -> list[str]:
    """The cells of one verdict about `subject`."""
    return [_cell(subject), *(_cell(read(verdict)) for _, read in CSV_COLUMNS)]


def declarations(verdict: Verdict) -> list[str]:
    """What the file says of its origin, a sentence for each reader that found a declaration of AI."""
    return [_declared(evidence) for evidence in verdict.evidence if evidence.declares_ai]


def _declared(evidence: Evidence) -> str:
    assert evidence.state is State.FOUND, "only what was found declares anything"
    return shown(evidence.summary)


def _cell(value: object) -> str:
    return "" if value is None else spreadsheet_safe(str(value)) if isinstance(value, str) else str(value)
