"""What people say about verdicts: feedback of their owners, and decisions of reviewers. And who tidies up when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class Feedback(Base):
    """What the owner of a verdict knows about the picture. `state` is new until a reviewer accepted or rejected it.

    `agrees` is null where the answer was that one cannot tell. `reviewer` is the id of the key that decided.
    """

    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment())
    label: Mapped[str] = mapped_column(String(16))
    basis: Mapped[str] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text())
    agrees: Mapped[bool | None] = mapped_column(Boolean())
    consent_store_image: Mapped[bool] = mapped_column(Boolean())
    consent_training: Mapped[bool] = mapped_column(Boolean())
    state: Mapped[str] = mapped_column(String(16))
    reviewer: Mapped[str | None] = mapped_column(String(64))
    reviewed_at: Mapped[datetime | None] = mapped_column(Moment())
    review_note: Mapped[str | None] = mapped_column(Text())

    __table_args__ = (
        Index(None, "verdict_id", unique=True),  # one for each verdict
        Index(None, "owner", "created_at", "id"),  # how many of today?
        Index(None, "state", "created_at", "id"),  # what waits for a reviewer; how often the answers were right
    )


class Decision(Base):
    """What one reviewer decided on one picture: only ever added to, and gone with its picture.

    `subject` is "verdict" or "item" (of a batch), `subject_id` the id of that. `reviewer` is the id of a key,
    `reviewer_name` what the person behind it calls themselves, empty where nobody said.
    """

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(String(32))
    reviewer: Mapped[str] = mapped_column(String(64))
    reviewer_name: Mapped[str] = mapped_column(String(80))
    decision: Mapped[str] = mapped_column(String(24))
    note: Mapped[str | None] = mapped_column(Text())
    created_at: Mapped[datetime] = mapped_column(Moment())

    __table_args__ = (
        Index(None, "subject", "subject_id", "created_at", "id"),
        Index(None, "owner", "created_at", "id"),
    )


class Chore(Base):
    """Something that one process at a time does now and then: `holder` does it until `lease_until`."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(Moment())
    looked_at: Mapped[datetime | None] = mapped_column(Moment())
    done_at: Mapped[datetime | None] = mapped_column(Moment())
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON())
