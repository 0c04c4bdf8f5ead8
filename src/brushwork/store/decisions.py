"""What reviewers decided on pictures. Only ever added to: who changes their mind adds another one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.orm import Session

from ..failures import new_id
from .database import Database
from .tables import BatchItem, Decision, SavedVerdict

Choice = Literal["accept", "refuse", "ask_for_originals", "escalate", "skip", "take_back"]
"""A skip is no decision. `take_back` takes one's last decision back, by a record of its own: none is ever removed."""
Subject = Literal["verdict", "item"]


@dataclass(frozen=True)
class Reviewer:
    """Who decides: the id of their key, and the name that they give themselves where several share a key."""

    key: str
    name: str = ""

    @property
    def shown(self) -> str:
        """How others see them."""
        return self.name or self.key


@dataclass(frozen=True)
class Picture:
    """What is decided on: a verdict, or an item of a batch, of `owner`."""

    owner: str
    subject: Subject
    id: str


@dataclass(frozen=True)
class DecisionFacts:
    """One decision."""

    id: str
    subject: str
    subject_id: str
    reviewer: Reviewer
    decision: str
    note: str | None
    created_at: datetime


@dataclass(frozen=True)
class Disagreement:
    """One picture on which the last words of its reviewers differ, with what its owner calls it, where they do."""

    subject: str
    subject_id: str
    batch_id: str | None
    name: str | None
    decisions: tuple[DecisionFacts, ...]


class Decisions:
    """The decisions of one database. Each method is one transaction and blocks; who may do what, its caller knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, picture: Picture, reviewer: Reviewer, choice: Choice, note: str | None) -> DecisionFacts:
        """Write one down."""
        row = Decision(
            id=new_id(), owner=picture.owner, subject=picture.subject, subject_id=picture.id, reviewer=reviewer.key,
            reviewer_name=reviewer.name, decision=choice, note=note, created_at=datetime.now(UTC),
        )  # fmt: skip
        with self._database.session("keep the decision") as session:
            session.add(row)
            session.flush()
            return _facts(row)

    def of(self, subject: Subject, subject_id: str) -> tuple[DecisionFacts, ...]:
        """All on one picture, oldest first."""
        asked = select(Decision).where(Decision.subject == subject, Decision.subject_id == subject_id)
        with self._database.session("read the decisions") as session:
            return tuple(map(_facts, session.scalars(asked.order_by(Decision.created_at, Decision.id))))

    def last_of(
        self, subject: Subject, subject_ids: Iterable[str], reviewer: Reviewer, *, blind: bool
    ) -> dict[str, DecisionFacts]:
        """The newest decision that stands on each of those pictures and that `reviewer` may see, where there is one."""
        asked = select(Decision).where(Decision.subject == subject, Decision.subject_id.in_(list(subject_ids)))
        with self._database.session("read the decisions") as session:
            every = by_picture(map(_facts, session.scalars(asked.order_by(Decision.created_at, Decision.id))))
        seen = (standing(unseen_before_own(some, reviewer, blind=blind)[0]) for some in every.values())
        return {some[-1].subject_id: max(some, key=lambda one: (one.created_at, one.id)) for some in seen if some}

    def of_batch(self, batch_id: str) -> tuple[DecisionFacts, ...]:
        """All on the pictures of one batch, oldest first."""
        items = select(BatchItem.id).where(BatchItem.batch_id == batch_id)
        asked = select(Decision).where(Decision.subject == "item", Decision.subject_id.in_(items))
        with self._database.session("read the decisions") as session:
            return tuple(map(_facts, session.scalars(asked.order_by(Decision.created_at, Decision.id))))

    def disagreements(self, owner: str, *, reviews: bool, limit: int = 50) -> tuple[Disagreement, ...]:
        """Pictures of `owner`, where it `reviews` also those put up for review, on which reviewers disagree."""
        last = _last_words(owner, reviews)
        split = (
            select(last.c.subject, last.c.subject_id)
            .group_by(last.c.subject, last.c.subject_id)
            .having(func.count(last.c.decision.distinct()) > 1)
            .order_by(func.max(last.c.created_at).desc(), last.c.subject_id)
            .limit(limit)
        )
        with self._database.session("look for disagreements") as session:
            found = session.execute(split).all()
            asked = select(Decision).where(Decision.id == last.c.id, Decision.subject_id.in_([r[1] for r in found]))
            said = by_picture(_facts(row) for row in session.scalars(asked.order_by(Decision.created_at, Decision.id)))
            names = _names(session, list(said))
        return tuple(
            Disagreement(subject, subject_id, *names.get(subject_id, (None, None)), tuple(said[subject_id]))
            for subject, subject_id in found
        )


def by_picture(facts: Iterable[DecisionFacts]) -> dict[str, list[DecisionFacts]]:
    """`facts` by the id of the picture that they are on, in their order."""
    every: dict[str, list[DecisionFacts]] = {}
    for one in facts:
        every.setdefault(one.subject_id, []).append(one)
    return every


def standing(facts: Iterable[DecisionFacts]) -> tuple[DecisionFacts, ...]:
    """The last word of each reviewer on each picture, of `facts` in their order, oldest first.

    A skip leaves an earlier word as it is, and who took theirs back has none.
    """
    last: dict[tuple[str, Reviewer], DecisionFacts] = {}
    for one in facts:
        if one.decision != "skip":
            last[one.subject_id, one.reviewer] = one
    return tuple(one for one in last.values() if one.decision != "take_back")


def unseen_before_own(
    facts: Iterable[DecisionFacts], reviewer: Reviewer, *, blind: bool
) -> tuple[tuple[DecisionFacts, ...], int]:
    """What `reviewer` may see, and how many are hidden: where it is `blind`, those of others wait for their own.

    Who took a word back has given one; a skip, or taking back what was never said, is none.
    """
    every = tuple(facts)
    own = tuple(one for one in every if one.reviewer == reviewer)
    if not blind or any(one.decision not in ("skip", "take_back") for one in own):
        return every, 0
    return own, len(every) - len(own)


def _names(session: Session, ids: list[str]) -> dict[str, tuple[str | None, str | None]]:
    """The batch of each of these pictures, where it is of one, and what its owner calls it, by its id."""
    items = select(BatchItem.id, BatchItem.batch_id, func.coalesce(BatchItem.external_id, BatchItem.url))
    verdicts = select(SavedVerdict.id, SavedVerdict.body["external_id"].as_string())
    saved = session.execute(verdicts.where(SavedVerdict.id.in_(ids)))
    found: dict[str, tuple[str | None, str | None]] = {verdict: (None, name) for verdict, name in saved}
    return found | {item: (batch, name) for item, batch, name in session.execute(items.where(BatchItem.id.in_(ids)))}


def _last_words(owner: str, reviews: bool) -> Subquery:
    """The last decision of each reviewer on each picture, as `standing` has it."""
    who = (Decision.subject, Decision.subject_id, Decision.reviewer, Decision.reviewer_name)
    rank = func.row_number().over(partition_by=who, order_by=(Decision.created_at.desc(), Decision.id.desc()))
    mine = Decision.owner == owner
    if reviews:
        mine |= Decision.subject_id.in_(select(SavedVerdict.id).where(SavedVerdict.for_review))
    ranked: Select[str, str, str, str, datetime, int] = select(
        Decision.id, Decision.subject, Decision.subject_id, Decision.decision, Decision.created_at, rank.label("rank")
    ).where(mine, Decision.decision != "skip")
    every = ranked.subquery()
    return select(every).where(every.c.rank == 1, every.c.decision != "take_back").subquery()


def _facts(row: Decision) -> DecisionFacts:
    return DecisionFacts(
        id=row.id,
        subject=row.subject,
        subject_id=row.subject_id,
        reviewer=Reviewer(row.reviewer, row.reviewer_name),
        decision=row.decision,
        note=row.note,
        created_at=row.created_at,
    )
