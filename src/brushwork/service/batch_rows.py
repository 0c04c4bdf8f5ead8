"""The pictures of a batch as rows of a table: what a person sees at a glance, a few hundred bytes each.

A whole verdict has ten times as many; a table of thousands of pictures is read as rows, and one verdict when it is
opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..store.batch_facts import ItemFacts, ItemState
from ..store.decisions import Choice, DecisionFacts, Reviewer, by_picture, standing, unseen_before_own
from ..verdict import Answer, Claim, Evidence, Failure, State, Trust, Verdict
from .batch_runner import WORTH_KEEPING


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mark(_Said):
    """What one reader of the file came back with, where it came back with something."""

    source: str
    state: State
    claim: Claim
    trust: Trust

    @classmethod
    def of(cls, evidence: Evidence) -> Mark:
        """The same without the words."""
        return cls(source=evidence.source, state=evidence.state, claim=evidence.claim, trust=evidence.trust)


class BatchRow(_Said):
    """One picture of a batch in short.

    `probability` is null where it means nothing, as for a picture unlike any that was measured; `judged` is true where
    the answer rests on the pixels. `range` has the lowest and the highest probability under harmless re-encodings.
    `retryable` says that a failed picture can be tried again as it is.
    """

    id: str
    position: int
    key: str | None
    name: str | None
    url: str | None
    state: ItemState
    answer: Answer | None = None
    probability: float | None = None
    judged: bool = False
    range: tuple[float, float] | None = None
    marks: tuple[Mark, ...] = ()
    sha256: str | None = None
    size: tuple[int, int] | None = Field(None, description="Width and height in pixels.")
    model: str | None = None
    verdict_at: str | None = Field(None, description="When the result was made, to ask for later ones with `since`.")
    error: Failure | None = None
    retryable: bool = False
    seen_before: bool = Field(False, description="The answer is an earlier one, of the same file.")

    @classmethod
    def of(cls, facts: ItemFacts) -> BatchRow:
        """What there is of it so far."""
        verdict = facts.verdict
        found = {} if verdict is None else _found(verdict)
        failed = verdict.error.type if verdict is not None and verdict.error is not None else None
        return cls(
            id=facts.id,
            position=facts.position,
            key=facts.client_key,
            name=facts.external_id,
            url=facts.url,
            state=facts.state,
            verdict_at=None if facts.finished_at is None else facts.finished_at.isoformat(),
            retryable=failed is not None and (facts.url is not None or failed in WORTH_KEEPING),
            **found,
        )


def _found(verdict: Verdict) -> dict[str, object]:
    held = (State.FOUND, State.UNREADABLE)
    facts, stability, model = verdict.input, verdict.stability, verdict.model
    return {
        "answer": verdict.answer,
        "probability": None if verdict.reference is None else verdict.probability,
        "judged": verdict.rates is not None,
        "range": None if stability is None else (stability.min, stability.max),
        "marks": tuple(Mark.of(e) for e in verdict.evidence if e.kind == "provenance" and e.state in held),
        "sha256": None if facts is None else facts.sha256,
        "size": None if facts is None else (facts.width, facts.height),
        "model": None if model is None else f"{model.name} {model.version}",
        "error": verdict.error,
        "seen_before": any(warned.code == "seen_before" for warned in verdict.warnings),
    }


class RowPage(_Said):
    """Rows in the order in which the pictures were sent. `after` is the cursor of the next page, null on the last."""

    rows: tuple[BatchRow, ...]
    after: int | None


class Word(_Said):
    """The last word of one reviewer on one picture."""

    reviewer: str
    decision: Choice


class ItemWords(_Said):
    """Who decided what on one picture, as far as the asking reviewer may see it.

    `mine` is their own last word, `others` the last words of the others, `hidden` how many records of others wait
    until they decide. `split` is true where the words that they see differ.
    """

    item_id: str
    mine: Choice | None
    others: tuple[Word, ...]
    hidden: int
    split: bool

    @classmethod
    def of(cls, item_id: str, every: tuple[DecisionFacts, ...], reviewer: Reviewer, *, blind: bool) -> ItemWords:
        """`every` decision on the picture, oldest first, as `reviewer` sees them."""
        seen, hidden = unseen_before_own(every, reviewer, blind=blind)
        words = standing(seen)
        mine = next((one.decision for one in words if one.reviewer == reviewer), None)
        own = [one.decision for one in seen if one.reviewer == reviewer]
        if mine is None and own[-1:] == ["skip"]:
            mine = "skip"
        others = tuple(
            Word(reviewer=one.reviewer.shown, decision=_choice(one)) for one in words if one.reviewer != reviewer
        )
        split = len({one.decision for one in words}) > 1
        return cls.model_validate(
            {"item_id": item_id, "mine": mine, "others": others, "hidden": hidden, "split": split}
        )


def _choice(one: DecisionFacts) -> Literal["accept", "refuse", "ask_for_originals", "escalate"]:
    return one.decision  # type: ignore[return-value]  # the words that stand are none but these


class BatchWords(_Said):
    """The words on the pictures that somebody decided on; `blind` where those of others wait for one's own."""

    blind: bool
    words: tuple[ItemWords, ...]


def words_of(facts: Iterable[DecisionFacts], reviewer: Reviewer, *, blind: bool) -> BatchWords:
    """The decisions on a batch, oldest first, as `reviewer` sees them."""
    said = (ItemWords.of(item, tuple(every), reviewer, blind=blind) for item, every in by_picture(facts).items())
    return BatchWords(blind=blind, words=tuple(said))
