"""What the routes about kept things take and give: saved verdicts, shares, near duplicates, retention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from ..settings import Settings
from ..store.retention import Due, Periods, Tidied
from ..store.shares import ShareFacts
from ..store.verdicts import Kept, Near
from ..text import shown
from ..verdict import Answer, Verdict

MAX_NOTE = 2000
MAX_NAME = 80


def clean(value: object) -> object:
    """Text of a stranger on one line, without control characters; its length is checked after that."""
    return shown(value, MAX_NOTE * 2) or None if isinstance(value, str) else value


Note = Annotated[Annotated[str, Field(max_length=MAX_NOTE)] | None, BeforeValidator(clean)]
"""Plain text on one line; markup in it is text."""
PersonName = Annotated[str, BeforeValidator(lambda v: clean(v) or ""), Field(max_length=MAX_NAME)]


class Shape(BaseModel):
    """What all of these have: no field that is not known, and no change after they were made."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


def days_until(moment: datetime) -> int:
    """Whole days that are left, the last one counted; 0 for what may go any moment."""
    return max(0, ceil((moment - datetime.now(UTC)) / timedelta(days=1)))


class KeptPicture(Shape):
    """The picture of a saved verdict is kept until then."""

    expires_at: AwareDatetime
    days_left: int


class KeptFacts(Shape):
    """What is kept beside a saved verdict, and for how long. `picture` is null where the picture is not kept."""

    id: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    days_left: int
    note: str | None
    for_review: bool
    picture: KeptPicture | None

    @classmethod
    def of(cls, kept: Kept, settings: Settings) -> Self:
        """The facts, with the days that the settings leave them."""
        periods = Periods.of(settings)
        end, picture = kept.created_at + periods.verdicts, None
        if kept.picture_at is not None:
            gone = min(end, kept.picture_at + periods.pictures)
            picture = KeptPicture(expires_at=gone, days_left=days_until(gone))
        return cls(
            id=kept.id, created_at=kept.created_at, expires_at=end, days_left=days_until(end), note=kept.note,
            for_review=kept.for_review, picture=picture,
        )  # fmt: skip


class VerdictPage(Shape):
    """Saved verdicts, newest first, and what is kept beside each, in the same order.

    `after` is the cursor of the next page, null on the last.
    """

    verdicts: tuple[Verdict, ...]
    kept: tuple[KeptFacts, ...]
    after: str | None


class Counts(Shape):
    """How many verdicts are saved, in all and by answer; an answer that none has is left out."""

    total: int
    answers: dict[Answer, int]


class Description(Shape):
    """What the owner of a verdict says beside it; what is left out stays as it is."""

    note: Note = Field(default=None, examples=["sent in by the artist"])
    for_review: bool = False


class Ids(Shape):
    """Several saved verdicts."""

    ids: tuple[Annotated[str, Field(max_length=32)], ...] = Field(
        min_length=1, max_length=200, examples=[["2k3hT1xQm9vYp0aZbN4c8g"]]
    )


class Deleted(Shape):
    """Which verdicts were deleted, and which there are not (or are somebody else's)."""

    deleted: tuple[str, ...]
    not_found: tuple[str, ...]


class ShareWish(Shape):
    """For how many days a link is to be good."""

    days: int = Field(ge=1, le=365, examples=[7])


class ShareSaid(Shape):
    """One link to a verdict."""

    id: str
    created_at: AwareDatetime
    expires_at: AwareDatetime


class ShareMade(ShareSaid):
    """A new link. Whoever has `path` can read the verdict; it is told this once."""

    token: str
    path: str

    @classmethod
    def of(cls, facts: ShareFacts, token: str) -> Self:
        """The link with its address."""
        path = f"/v1/shared/{token}"
        return cls(id=facts.id, created_at=facts.created_at, expires_at=facts.expires_at, token=token, path=path)


class ShareList(Shape):
    """The links that are good now, newest first."""

    shares: tuple[ShareSaid, ...]


class NearPicture(Shape):
    """A saved verdict on a picture that looks alike: `distance` of 64 bits differ.

    `decided_by` is the reviewer who decided on it last, `decision` what; null where nobody did.
    """

    id: str
    distance: int
    answer: str
    created_at: AwareDatetime
    decided_by: str | None = None
    decision: str | None = None

    @classmethod
    def of(cls, near: Near, decided_by: str | None, decision: str | None) -> Self:
        """The picture with the last decision on it."""
        facts = {name: getattr(near, name) for name in ("id", "distance", "answer", "created_at")}
        return cls(**facts, decided_by=decided_by, decision=decision)


class NearPictures(Shape):
    """The nearest first."""

    near: tuple[NearPicture, ...]


class TidiedSaid(Shape):
    """What one look of the janitor removed; `held` where the clock had jumped and nothing was deleted for its age."""

    verdicts: int
    pictures: int
    batches: int
    strays: int
    held: bool

    @classmethod
    def of(cls, tidied: Tidied) -> Self:
        """The same, to be told."""
        return cls.model_validate(tidied)


class Retained(Shape):
    """How long things are kept, how much is due, and what the last look removed and when."""

    verdict_days: int
    picture_days: int
    due_verdicts: int
    due_pictures: int
    done_at: AwareDatetime | None
    last: TidiedSaid | None

    @classmethod
    def of(cls, due: Due, settings: Settings) -> Self:
        """The same, with the settings."""
        return cls(
            verdict_days=settings.retention_days, picture_days=settings.picture_retention_days,
            due_verdicts=due.verdicts, due_pictures=due.pictures, done_at=due.done_at,
            last=None if due.last is None else TidiedSaid.of(due.last),
        )  # fmt: skip


class Emptied(Shape):
    """How much of one owner was deleted."""

    verdicts: int
    batches: int
