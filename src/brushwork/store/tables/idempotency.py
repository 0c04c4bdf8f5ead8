"""Answers to requests that came with an idempotency key, for those that are sent again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class IdempotencyRecord(Base):
    """One idempotency key of one owner. Without a `status` it is in flight: `holder` works on it until `lease_until`.

    `subjects` are the ids of what the answer tells of: it is forgotten when one of them is deleted.
    """

    __tablename__ = "idempotency_records"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Moment())
    lease_until: Mapped[datetime] = mapped_column(Moment())
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON())
    body: Mapped[bytes | None] = mapped_column(LargeBinary())
    subjects: Mapped[str] = mapped_column(Text())

    __table_args__ = (Index(None, "created_at"),)  # those that are over
