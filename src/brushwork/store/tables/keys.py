"""API keys, and the sessions that browsers open with them. Neither a key nor a session's token is kept, only hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class ApiKey(Base):
    """One key. `sha256` is that of the whole key; `former_sha256` that of the one before, good until `former_until`."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    label: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    former_sha256: Mapped[str | None] = mapped_column(String(64))
    former_until: Mapped[datetime | None] = mapped_column(Moment())
    created_at: Mapped[datetime] = mapped_column(Moment())
    expires_at: Mapped[datetime | None] = mapped_column(Moment())
    last_used_at: Mapped[datetime | None] = mapped_column(Moment())
    revoked_at: Mapped[datetime | None] = mapped_column(Moment())


class BrowserSession(Base):
    """One browser that showed a key; `sha256` is that of the token in its cookie."""

    __tablename__ = "browser_sessions"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(12))
    expires_at: Mapped[datetime] = mapped_column(Moment())

    __table_args__ = (
        Index(None, "key_id"),  # all of one key end with it
        Index(None, "expires_at"),  # those that are over
    )
