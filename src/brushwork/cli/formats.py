"""The forms of a report. All but the table are written picture by picture and flushed, so a crash loses nothing.

json and jsonl carry the exact path (undecodable bytes as lone surrogates, all in ASCII escapes) and the whole verdict;
csv, md and table are for people and show paths and sentences without anything that acts on a terminal or a spreadsheet.
"""

from __future__ import annotations

import csv
import json
from typing import Any, Final, Protocol, TextIO

from ..csv_rows import csv_cells, csv_heading, declarations
from ..verdict import Answer, Reason, Verdict
from ..weighing import OUT_OF_RANGE


class Writer(Protocol):
    """Takes finished pictures in order; `finish` completes the report, also after an interruption."""

    def row(self, path: str, verdict: Verdict) -> None:
        """Add one picture."""

    def finish(self) -> None:
        """Complete the report."""


def as_row(path: str, verdict: Verdict) -> dict[str, Any]:
    """The row of json and jsonl: the path and the verdict's own shape."""
    return {"path": path, **verdict.to_dict()}


class JsonLines:
    """One object a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def row(self, path: str, verdict: Verdict) -> None:
        """Write and flush one line."""
        self._out.write(json.dumps(as_row(path, verdict)) + "\n")
        self._out.flush()

    def finish(self) -> None:
        """Nothing is left to write."""


class JsonArray:
    """One array of the same objects, an object a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._before = "[\n"

    def row(self, path: str, verdict: Verdict) -> None:
        """Write and flush one object."""
        self._out.write(self._before + json.dumps(as_row(path, verdict)))
        self._out.flush()
        self._before = ",\n"

    def finish(self) -> None:
        """Close the array; one without pictures is `[]`."""
        self._out.write("[]\n" if self._before == "[\n" else "\n]\n")
        self._out.flush()


class Csv:
    """A line a picture under a heading; cells that a spreadsheet would run begin with an apostrophe."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lines = csv.writer(out, lineterminator="\n")
        self._lines.writerow(csv_heading("path"))

    def row(self, path: str, verdict: Verdict) -> None:
        """Write and flush one line."""
        self._lines.writerow(csv_cells(visible(path), verdict))
        self._out.flush()

    def finish(self) -> None:
        """Flush the heading of a report without pictures."""
        self._out.flush()


class Markdown:
    """A table for issue trackers and reports."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._out.write("| picture | answer | probability | human works as high | why |\n|---|---|---:|---:|---|\n")

    def row(self, path: str, verdict: Verdict) -> None:
        """Write and flush one line."""
        cells = (visible(path), answer_words(verdict), score_words(verdict), human_words(verdict), why_words(verdict))
        self._out.write("| " + " | ".join(_plain_markdown(cell) for cell in cells) + " |\n")
        self._out.flush()

    def finish(self) -> None:
        """Flush the heading of a report without pictures."""
        self._out.flush()


def answer_words(verdict: Verdict) -> str:
    """The answer in words, or the title of what went wrong."""
    if verdict.error is not None:
        return verdict.error.title
    return verdict.answer.words if verdict.answer else ""


def score_words(verdict: Verdict) -> str:
    """The calibrated probability with two digits, with its range where stability was asked for; nothing for a picture
    outside the model's range, whose score means nothing."""
    if verdict.probability is None or verdict.reason in OUT_OF_RANGE:
        return ""
    spread = verdict.stability
    return f"{verdict.probability:.2f}" + (f" ({spread.min:.2f}-{spread.max:.2f})" if spread else "")


def human_words(verdict: Verdict) -> str:
    """How many of 1000 human works score at least this high, or that none of those measured does: what stands beside
    every score, in the same numbers as `Reference.words`."""
    reference = verdict.reference
    if reference is None:
        return ""
    if reference.fpr_at_score == 0:
        return f"0 of {reference.n}"
    return f"{max(1, round(reference.fpr_at_score * 1000))} of 1000"


FORGEABLE: Final = "A declaration without a trusted signature can be forged, also to frame someone."


def caution_words(verdict: Verdict) -> str:
    """What a reader must not forget of such an answer; "" where a table needs no line for it."""
    if verdict.reason in (Reason.DECLARED_AI, Reason.DECLARED_PARTLY_AI):
        return FORGEABLE
    rates = verdict.rates
    if verdict.answer is not Answer.LOOKS_AI or rates is None:
        return ""
    if rates.of_human == 0:
        return f"Do not accuse anyone on a score: none of {rates.n_human} human works got this answer, others may."
    return f"Do not accuse anyone on a score: about 1 human work in {round(1 / rates.of_human)} gets this answer."


_NOTED: Final = {
    "altered_after_signing": "It has Content Credentials, but was altered after signing.",
    "provenance_unreadable": "Something that it says of itself could not be read.",
}


def short_why(verdict: Verdict) -> str:
    """A short sentence for a table: the first declaration without its caveats, the rule, or what went wrong."""
    declared = declarations(verdict)
    if declared and verdict.answer in (Answer.MADE_WITH_AI, Answer.PARTLY_AI):
        return declared[0].split(";")[0].rstrip(".") + "."
    codes = {warning.code for warning in verdict.warnings}
    return " ".join([why_words(verdict), *(words for code, words in _NOTED.items() if code in codes)])


def why_words(verdict: Verdict) -> str:
    """The rule in a sentence, what the file declares, and where the score comes from if that was asked for."""
    if verdict.error is not None:
        return f"{verdict.error.detail} {verdict.error.advice}"
    words = [verdict.wording.why] if verdict.wording else []
    words += declarations(verdict)
    words += [f"Likely source: {verdict.attribution.words}."] if verdict.attribution else []
    return " ".join([*words, verdict.regions.words] if verdict.regions else words)


def visible(path: str) -> str:
    """A path on one line, with everything that does not print written as its escape: two paths never look alike."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path)


_MARKDOWN: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{c: f"\\{c}" for c in "\\`*_{}[]()#+!|~@:"}}
)


def _plain_markdown(text: str) -> str:
    """Text that Markdown shows as it is: no links, no markup, no new cells."""
    return text.translate(_MARKDOWN)
