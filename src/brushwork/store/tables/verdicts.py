"""Saved verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class SavedVerdict(Base):
    """One verdict that a caller asked to keep.

    `body` is the whole verdict as `Verdict.to_dict()` gives it; the columns beside it are those that are searched.
    `options` says how it was made (see `verdicts.options_key`): the same file under other options is another answer.
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
    body: Mapped[dict[str, Any]] = mapped_column(JSON())

    __table_args__ = (
        Index(None, "created_at", "id"),  # pages of the history, newest first
        Index(None, "answer", "created_at", "id"),  # the same for one answer
        Index(None, "sha256", "bundle_sha256", "options"),  # seen before?
    )
