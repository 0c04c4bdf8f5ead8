"""Which pictures are kept, for which verdicts. Their bytes lie in the folder or bucket of `store.blobs`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class Blob(Base):
    """The bytes of one picture, once however often they are kept. Its row is the lock for putting and removing them."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger())
    created_at: Mapped[datetime] = mapped_column(Moment())


class KeptPicture(Base):
    """One reason to keep a blob: `purpose` is "verdict" or "feedback". A blob without any reason is removed."""

    __tablename__ = "kept_pictures"

    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment())

    __table_args__ = (
        Index(None, "sha256"),  # is it kept for anything else?
        Index(None, "purpose", "created_at"),  # those that are old enough to go
    )
