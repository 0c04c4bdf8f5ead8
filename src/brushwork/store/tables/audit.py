"""What administrators did and what was deleted. The database itself refuses to change or remove a line."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class AuditEntry(Base):
    """`who` (the id of a key, "local" or "cli") did `what` to `target` (an id, or the name of a bundle)."""

    __tablename__ = "audit_log"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment())
    who: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(120))
    target: Mapped[str] = mapped_column(String(120))

    __table_args__ = (Index(None, "at", "id"),)  # pages, newest first
