"""Saved verdicts, and the links by which their owners share them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class SavedVerdict(Base):
    """One verdict that a caller asked to keep.

    `body` is the whole verdict as `Verdict.to_dict()` gives it; the columns beside it are those that are searched.
    `options` says how it was made (see `verdicts.options_key`): the same file under other options is another answer.
    `band0` to `band3` are the four 16-bit parts of `phash`; `words` is what a search looks through, case-folded.
    `for_review` lets reviewers who do not own it see it and decide on it.
    """

    __tablename__ = "verdicts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Moment())
    sha256: Mapped[str] = mapped_column(String(64))
    phash: Mapped[str] = mapped_column(String(16))
    bundle_sha256: Mapped[str] = mapped_column(String(64))
    options: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(String(32))
    probability: Mapped[float] = mapped_column(Float())
    channel: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str] = mapped_column(String(64))
    band0: Mapped[int] = mapped_column(Integer())
    band1: Mapped[int] = mapped_column(Integer())
    band2: Mapped[int] = mapped_column(Integer())
    band3: Mapped[int] = mapped_column(Integer())
    for_review: Mapped[bool] = mapped_column(Boolean(), default=False)
    note: Mapped[str | None] = mapped_column(Text())
    words: Mapped[str] = mapped_column(Text())
    body: Mapped[dict[str, Any]] = mapped_column(JSON())

    __table_args__ = (
        Index(None, "created_at", "id"),  # those that are old enough to go
        Index(None, "owner", "created_at", "id"),  # pages of the history, newest first
        Index(None, "owner", "answer", "created_at", "id"),  # the same for one answer
        Index(None, "owner", "sha256", "bundle_sha256", "options", "created_at"),  # seen before?
        Index(None, "for_review", "created_at", "id"),  # what reviewers are to look at
        *(Index(None, "owner", f"band{i}") for i in range(4)),  # near duplicates
    )


class Share(Base):
    """A link to one verdict for whoever has its token, of which only the hash is kept. Deleted when taken back."""

    __tablename__ = "shares"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment())
    expires_at: Mapped[datetime] = mapped_column(Moment())

    __table_args__ = (
        Index(None, "verdict_id"),
        Index(None, "token_sha256", unique=True),
        Index(None, "expires_at"),  # those that are over
    )
