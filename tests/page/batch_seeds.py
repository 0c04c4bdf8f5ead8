"""Batches to look at that nobody has to wait for: their results are written into the store, as a worker writes them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import numpy as np
from sqlalchemy import insert, update

from brushwork.errors import PictureCorrupt
from brushwork.examine import Examiner
from brushwork.failures import failed, new_id
from brushwork.store.batch_facts import NewBatch
from brushwork.store.store import Store
from brushwork.store.tables import Batch, BatchItem
from brushwork.verdict import (
    Answer,
    AnswerRates,
    Claim,
    Evidence,
    Reason,
    Reference,
    Stability,
    State,
    Verdict,
    Wording,
)
from tests.made.drawings import drawn, encoded

LOCAL: Final = "local"
TWIN, BROKEN = 37, 53
"""Every so manieth picture is the file before it, or cannot be read."""
HOSTILE: Final = '"><img src=x onerror=alert(1)>'


def seeded(database_url: str, count: int, *, name: str = "Summer contest", stability: bool = True) -> str:
    """The id of a batch that is done, with `count` pictures of all answers; the same for the same count."""
    rng = np.random.default_rng(count)
    store = Store(database_url)
    made = _examined()
    facts = store.batches.create(NewBatch(LOCAL, name=name, channel="page"), ())
    now = datetime.now(UTC)
    rows = [_row(facts.id, i, made, rng, now, stability=stability) for i in range(count)]
    with store.database.writing("seed") as session:
        session.execute(insert(BatchItem), rows)
        session.execute(update(Batch).where(Batch.id == facts.id).values(items=count, started_at=now, finished_at=now))
    store.close()
    return facts.id


@cache
def _examined() -> Verdict:
    """A verdict as the model gives it, from which the others are made."""
    return Examiner.from_bundle("default").examine(encoded(drawn("painterly", (300, 200), 1)))


def _row(
    batch_id: str, number: int, made: Verdict, rng: np.random.Generator, now: datetime, *, stability: bool
) -> dict[str, object]:
    """One item with its result, as the table has it."""
    name = _name(number, rng)
    verdict = _failed(name) if number % BROKEN == BROKEN - 1 else _verdict(made, number, name, rng, stability=stability)
    return {
        "id": new_id(), "batch_id": batch_id, "position": number, "external_id": name, "attempts": 1,
        "state": "failed" if verdict.answer is None else "done", "answer": verdict.answer and verdict.answer.value,
        "verdict": verdict.to_dict(), "finished_at": now + timedelta(milliseconds=number),
    }  # fmt: skip


def _name(number: int, rng: np.random.Generator) -> str:
    if number == 2:
        return f"{HOSTILE}.png"
    word = ("harbour", "portrait of a friend", "still life", "dragon", "final_v2", "night train")[int(rng.integers(6))]
    return f"entry {number + 1:03d}/{word}.{'jpg' if number % 3 else 'png'}"


def _failed(name: str) -> Verdict:
    return failed(PictureCorrupt("The file ends too early.", "Get it again."), external_id=name)


def _verdict(made: Verdict, number: int, name: str, rng: np.random.Generator, *, stability: bool) -> Verdict:
    """`made` with another score, and what follows from it."""
    assert made.model is not None
    assert made.input is not None
    score = float(np.clip(rng.beta(1.1, 5) if number % 9 else rng.beta(6, 1.5), 0.01, 0.99))
    edges = made.model.thresholds
    high, low = score >= edges.strict, score < edges.clear
    answer = Answer.LOOKS_AI if high else Answer.NO_SIGN_OF_AI if low else Answer.CANNOT_TELL
    reason = Reason.ABOVE_STRICT if high else Reason.BELOW_CLEAR if low else Reason.BETWEEN_THRESHOLDS
    evidence = made.evidence
    if number % 23 == 5:
        answer, reason = Answer.MADE_WITH_AI, Reason.DECLARED_AI
        evidence = (_declared(), *(e for e in evidence if e.source != "generator_text"))
    spread = float(rng.uniform(0.02, 0.12))
    span = Stability(min=max(0.01, score - spread), max=min(0.99, score + spread), flips=0, views=8)
    digest = hashlib.sha256(str(number - 1 if number % TWIN == TWIN - 1 else number).encode()).hexdigest()
    rates = AnswerRates(of_human=0.01, of_ai=0.5, n_human=2000, n_ai=2000)
    return made.model_copy(update={
        "id": new_id(), "external_id": name, "answer": answer, "reason": reason, "probability": score,
        "evidence": evidence, "stability": span if stability else None, "label": "ai" if high else "human",
        "rates": None if answer is Answer.MADE_WITH_AI else rates,
        "reference": Reference(set="seeds", n=2000, kind="all", fpr_at_score=round((1 - score) / 3, 3)),
        "wording": Wording(answer=answer.words, why="Written for the tests of the page.", error_rate="None is known."),
        "input": made.input.model_copy(update={"sha256": digest}),
    })  # fmt: skip


def _declared() -> Evidence:
    return Evidence(
        kind="provenance", source="generator_text", state=State.FOUND, claim=Claim.WHOLLY_AI, tool="Some generator",
        summary=f"Parameters of a generator: {HOSTILE}",
    )  # fmt: skip
