"""What owners of verdicts know about their pictures. It waits for a reviewer and never trains anything by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Select, delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..errors import NotAllowed, NotFound, RecordConflict, StoreError, TooOften
from ..failures import new_id
from ..verdict import Answer
from .cursors import cursor, place
from .database import Database
from .tables import Feedback, SavedVerdict
from .verdicts import owned

Label = Literal["ai", "partly_ai", "human"]
Basis = Literal["made_it", "saw_it_made", "maker_said", "working_files", "published_record", "other"]
State = Literal["new", "accepted", "rejected"]
SAYS_AI: Final = frozenset({Answer.MADE_WITH_AI.value, Answer.PARTLY_AI.value, Answer.LOOKS_AI.value})
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Given:
    """What somebody says: `label` is what the picture is, `basis` how they know. Both consents are theirs alone."""

    label: Label
    basis: Basis
    note: str | None = None
    consent_store_image: bool = False
    consent_training: bool = False


@dataclass(frozen=True)
class FeedbackFacts:
    """One feedback, with the answer that it is about. `agrees` is None where the answer was that one cannot tell."""

    id: str
    verdict_id: str
    owner: str
    created_at: datetime
    sha256: str
    answer: str
    label: str
    basis: str
    note: str | None
    agrees: bool | None
    consent_store_image: bool
    consent_training: bool
    state: str
    reviewer: str | None
    reviewed_at: datetime | None
    review_note: str | None


class Feedbacks:
    """The feedback of one database. Each method is one transaction and blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, owner: str, verdict_id: str, per_day: int) -> None:
        """Raise VerdictNotFound, RecordConflict or TooOften where `give` would."""
        since = datetime.now(UTC) - DAY
        asked = select(func.count(), func.min(Feedback.created_at)).where(
            Feedback.owner == owner, Feedback.created_at > since
        )
        with self._database.session("look at the feedback") as session:
            owned(session, owner, verdict_id)
            if _is_given(session, verdict_id):
                raise _given_already()
            number, first = session.execute(asked).one()
        if number >= per_day:
            wait = max(1, round((first - since).total_seconds()))
            raise TooOften(f"There were {number} feedbacks within a day; more are not taken.", "Come back later.", wait)

    def give(self, owner: str, verdict_id: str, given: Given, per_day: int) -> FeedbackFacts:
        """Keep it, to be reviewed. Raises VerdictNotFound, RecordConflict or TooOften."""
        self.check(owner, verdict_id, per_day)
        try:
            with self._database.session("keep the feedback") as session:
                verdict = owned(session, owner, verdict_id)
                row = Feedback(
                    id=new_id(), owner=owner, verdict_id=verdict_id, created_at=datetime.now(UTC), label=given.label,
                    basis=given.basis, note=given.note, agrees=agrees(given.label, verdict.answer), state="new",
                    consent_store_image=given.consent_store_image, consent_training=given.consent_training,
                )  # fmt: skip
                session.add(row)
                session.flush()
                return _facts(row, verdict)
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError):  # another one was faster by a hair
                raise _given_already() from error
            raise

    def exists(self, verdict_id: str) -> bool:
        """Whether there is feedback on that verdict, of whomever."""
        with self._database.session("look at the feedback") as session:
            return _is_given(session, verdict_id)

    def of(self, owner: str, verdict_id: str) -> FeedbackFacts:
        """The feedback on a verdict. Raises VerdictNotFound or NotFound."""
        with self._database.session("read the feedback") as session:
            owned(session, owner, verdict_id)
            found = session.execute(_with_verdicts().where(Feedback.verdict_id == verdict_id)).first()
            if found is None:
                raise _none()
            return _facts(found[0], found[1])

    def undo(self, owner: str, verdict_id: str) -> None:
        """Delete it. Raises VerdictNotFound or NotFound."""
        with self._database.session("delete the feedback") as session:
            owned(session, owner, verdict_id)
            gone = delete(Feedback).where(Feedback.verdict_id == verdict_id).returning(Feedback.id)
            if session.execute(gone).first() is None:
                raise _none()
        self._database.forget_log()

    def get(self, feedback_id: str) -> FeedbackFacts:
        """One feedback of any owner, for a reviewer. Raises NotFound."""
        with self._database.session("read the feedback") as session:
            found = session.execute(_with_verdicts().where(Feedback.id == feedback_id)).first()
            if found is None:
                raise _none()
            return _facts(found[0], found[1])

    def page(
        self, state: State | None, after: str | None = None, limit: int = 50, owner: str | None = None
    ) -> tuple[tuple[FeedbackFacts, ...], str | None]:
        """`limit` feedbacks of every owner (or of one), newest first, and the cursor of the next page."""
        asked = _with_verdicts().order_by(Feedback.created_at.desc(), Feedback.id.desc())
        if state is not None:
            asked = asked.where(Feedback.state == state)
        if owner is not None:
            asked = asked.where(Feedback.owner == owner)
        if after is not None:
            asked = asked.where(tuple_(Feedback.created_at, Feedback.id) < place(after))
        with self._database.session("list the feedback") as session:
            found = tuple(_facts(row[0], row[1]) for row in session.execute(asked.limit(limit + 1)))
        more = cursor(found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
        return found[:limit], more

    def every(
        self, state: State | None = None, owner: str | None = None, at_once: int = 200
    ) -> Iterator[FeedbackFacts]:
        """All of them, newest first, read a few at a time."""
        after: str | None = None
        while True:
            found, after = self.page(state, after, at_once, owner)
            yield from found
            if after is None:
                return

    def decide(self, feedback_id: str, reviewer: str, state: State, note: str | None, own: bool) -> FeedbackFacts:
        """Accept or reject it; a reviewer may change their mind. Raises NotFound, or NotAllowed for one's own
        feedback where `own` is False."""
        with self._database.writing("keep the decision") as session:
            row = session.get(Feedback, feedback_id, with_for_update=True)
            if row is None:
                raise _none()
            if row.owner == reviewer and not own:
                raise NotAllowed("Nobody reviews their own feedback.", "Leave it to a reviewer with another key.")
            row.state, row.reviewer, row.reviewed_at, row.review_note = state, reviewer, datetime.now(UTC), note
            session.flush()
            verdict = session.get(SavedVerdict, row.verdict_id)
            assert verdict is not None, "feedback goes with its verdict"
            return _facts(row, verdict)

    def accuracy(self) -> float | None:
        """The share of accepted feedbacks that agree with the answer; None where there is none that could."""
        asked = select(Feedback.agrees, func.count()).where(Feedback.state == "accepted", Feedback.agrees.is_not(None))
        with self._database.session("count the feedback") as session:
            counts: dict[bool, int] = dict(session.execute(asked.group_by(Feedback.agrees)).all())  # type: ignore[arg-type]
        total = sum(counts.values())
        return counts.get(True, 0) / total if total else None


def agrees(label: Label, answer: str) -> bool | None:
    """Whether the answer said so too; None for an answer that did not say."""
    if answer == Answer.CANNOT_TELL.value:
        return None
    return (label != "human") == (answer in SAYS_AI)


def _is_given(session: Session, verdict_id: str) -> bool:
    return session.scalars(select(Feedback.id).where(Feedback.verdict_id == verdict_id)).first() is not None


def _with_verdicts() -> Select[Feedback, SavedVerdict]:
    return select(Feedback, SavedVerdict).join(SavedVerdict, SavedVerdict.id == Feedback.verdict_id)


def _facts(row: Feedback, verdict: SavedVerdict) -> FeedbackFacts:
    own = {name: getattr(row, name) for name in FeedbackFacts.__dataclass_fields__ if hasattr(row, name)}
    return FeedbackFacts(**own, sha256=verdict.sha256, answer=verdict.answer)


def _given_already() -> RecordConflict:
    return RecordConflict("There is feedback on this verdict already.", "Delete it first to give another one.")


def _none() -> NotFound:
    return NotFound("There is no such feedback.", "It may have been taken back by whoever gave it.")
