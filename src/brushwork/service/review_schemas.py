"""What the routes about feedback and decisions take and give."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from ..store.decisions import Choice, DecisionFacts, Disagreement
from ..store.feedback import Basis, FeedbackFacts, Given, Label, State
from .record_schemas import Note, PersonName, Shape


class FeedbackWish(Shape):
    """What somebody knows about a picture. Both consents are false unless they are given.

    `basis` is how they know; "other" needs a note. `consent_store_image` keeps the picture, which has to be kept
    already or sent along, until feedback or verdict is deleted; `consent_training` says that it may be trained with.
    """

    label: Label = Field(examples=["human"])
    basis: Basis = Field(examples=["saw_it_made"])
    note: Note = None
    consent_store_image: bool = False
    consent_training: bool = False

    @model_validator(mode="after")
    def _say_how(self) -> Self:
        if self.basis == "other" and not self.note:
            raise ValueError('the basis "other" needs a note that says how it is known')
        return self

    @property
    def given(self) -> Given:
        """The same for the store."""
        return Given(**self.model_dump())


class FeedbackSaid(Shape):
    """One feedback, with the answer and the hash of the file that it is about.

    `agrees` is null where the answer was that one cannot tell; `state` is new until a reviewer decided.
    """

    id: str
    verdict_id: str
    created_at: AwareDatetime
    sha256: str
    answer: str
    label: Label
    basis: Basis
    note: str | None
    agrees: bool | None
    consent_store_image: bool
    consent_training: bool
    state: State
    reviewed_at: AwareDatetime | None
    review_note: str | None

    @classmethod
    def of(cls, facts: FeedbackFacts) -> Self:
        """The same, without who gave it and who reviewed it."""
        return cls.model_validate({name: getattr(facts, name) for name in cls.model_fields})


class FeedbackPage(Shape):
    """Feedback of everybody, newest first. `after` is the cursor of the next page, null on the last."""

    feedback: tuple[FeedbackSaid, ...]
    after: str | None


class FeedbackDecision(Shape):
    """What a reviewer makes of feedback."""

    decision: Literal["accept", "reject"] = Field(examples=["accept"])
    note: Note = None


class DecisionWish(Shape):
    """What a reviewer decides. `reviewer` is how they call themselves where several share a key."""

    decision: Choice = Field(examples=["escalate"])
    note: Note = None
    reviewer: PersonName = ""


class DecisionSaid(Shape):
    """One decision; `reviewer` is a name, or the id of the key where nobody gave one."""

    id: str
    subject: Literal["verdict", "item"]
    subject_id: str
    reviewer: str
    decision: Choice
    note: str | None
    created_at: AwareDatetime

    @classmethod
    def of(cls, facts: DecisionFacts) -> Self:
        """The same, to be told."""
        return cls.model_validate(
            {name: getattr(facts, name) for name in cls.model_fields} | {"reviewer": facts.reviewer.shown}
        )


class DecisionList(Shape):
    """The decisions on one picture, oldest first; `hidden` are those that wait until the asking reviewer decided."""

    decisions: tuple[DecisionSaid, ...]
    hidden: int


class DisagreementSaid(Shape):
    """One picture on which reviewers disagree, with the last word of each.

    `batch_id` is null where the picture is of no batch, `name` where nobody gave it one.
    """

    subject: Literal["verdict", "item"]
    subject_id: str
    batch_id: str | None
    name: str | None
    decisions: tuple[DecisionSaid, ...]

    @classmethod
    def of(cls, found: Disagreement) -> Self:
        """The same, to be told."""
        said = tuple(map(DecisionSaid.of, found.decisions))
        told = {name: getattr(found, name) for name in cls.model_fields}
        return cls.model_validate(told | {"decisions": said})


class DisagreementList(Shape):
    """The latest first."""

    disagreements: tuple[DisagreementSaid, ...]
