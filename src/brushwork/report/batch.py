"""One page from many verdicts: what was answered, how the scores lie, what to expect wrongly accused, and each picture.

It opens offline and needs no script. It is a summary for people; the verdicts themselves are in the JSONL.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..chance import SHARES, ai_of_100
from ..errors import ReportUnusable
from ..text import shown
from ..told import LIMITS
from ..verdict import Answer, AnswerRates, Verdict
from .drawing import rendered

MAX_FILE: Final = 512 * 1024 * 1024
BINS: Final = 20
"""Bars of the histogram, each a twentieth of the scale from 0 to 1."""
_HIGH: Final = 120  # pixels of the highest bar


@dataclass(frozen=True)
class Word:
    """The last word of one person on a picture: what they decided, who, why where they said so, and when (UTC)."""

    decision: str
    reviewer: str
    note: str | None
    at: datetime


@dataclass(frozen=True)
class Row:
    """One picture of a batch: how it is called, its verdict, the last words of people on it, and how many `hidden`
    decisions of others wait for one's own."""

    name: str
    verdict: Verdict
    words: tuple[Word, ...] = ()
    hidden: int = 0


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram: `count` pictures with a probability from `low` to `high`; `height` in pixels."""

    low: float
    high: float
    count: int
    height: float


@dataclass(frozen=True)
class Accused:
    """What the error rate of "looks AI-generated" means for these pictures: `judged` by their pixels, `called` so;
    `expected` of them would be if people had made all. `table`: the share of AI in percent, and how many of `called`
    people then probably made."""

    judged: int
    called: int
    expected: float
    rates: AnswerRates
    table: tuple[tuple[int, int], ...]


def read_jsonl(data: bytes, name: str) -> tuple[Row, ...]:
    """The rows of what `brushwork scan --format jsonl` wrote. Raises ReportUnusable that names the line."""
    rows = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = dict(json.loads(line))
            path = found.pop("path", None) or found.get("external_id") or f"line {number}"
            rows.append(Row(shown(str(path), 200), Verdict.model_validate(found)))
        except (ValueError, TypeError, RecursionError) as error:
            raise ReportUnusable(
                f"Line {number} of {name} is not a verdict of this version.",
                "Write the file with `brushwork scan --format jsonl`.",
            ) from error
    if not rows:
        raise ReportUnusable(f"{name} has no verdicts.", "Write it with `brushwork scan --format jsonl`.")
    return tuple(rows)


def batch_html(rows: Sequence[Row], title: str) -> bytes:
    """The page over `rows`, in their order."""
    models = {(m.name, m.version, m.sha256): m for row in rows if (m := row.verdict.model)}
    return rendered(
        "batch.html",
        title=shown(title, 200),
        rows=rows,
        counts=_counts(rows),
        bars=histogram(rows),
        accused=accused(rows),
        models=list(models.values()),
        limits=LIMITS,
        reviewed=any(row.words or row.hidden for row in rows),
        dates=sorted(row.verdict.created_at for row in rows),
    )


def _counts(rows: Sequence[Row]) -> list[tuple[str, int]]:
    answers = Counter(row.verdict.answer for row in rows)
    counted = [(answer.words, answers[answer]) for answer in Answer if answers[answer]]
    return [*counted, ("Could not be examined", answers[None])] if answers[None] else counted


def histogram(rows: Sequence[Row]) -> list[Bar]:
    """The probabilities of the pictures that the model knows such pictures of; scores of others mean nothing."""
    scores = [row.verdict.probability for row in rows if row.verdict.reference is not None]
    counts = Counter(min(BINS - 1, int(score * BINS)) for score in scores if score is not None)
    most = max(counts.values(), default=1)
    return [Bar(at / BINS, (at + 1) / BINS, counts[at], _HIGH * counts[at] / most) for at in range(BINS)]


def accused(rows: Sequence[Row]) -> Accused | None:
    """None where no picture was called so: then nobody is accused by a score."""
    called = [row.verdict for row in rows if row.verdict.answer is Answer.LOOKS_AI and row.verdict.rates]
    if not called:
        return None
    rates = called[0].rates
    assert rates is not None, "chosen so"
    judged = sum(row.verdict.rates is not None for row in rows)
    table = tuple((share, round(len(called) * (100 - ai_of_100(share, rates)) / 100)) for share in SHARES)
    return Accused(judged, len(called), judged * rates.of_human, rates, table)
