"""The tables. Migrations build them; a test holds that both say the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, DateTime, Dialect, Float, Index, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Named constraints, so that a migration can find them again on every database.
NAMES: Final = {"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}


class Moment(TypeDecorator[datetime]):
    """A time with zone. SQLite keeps none, so that UTC goes in and comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store UTC. A time without zone is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give UTC back, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The tables of Brushwork."""

    metadata = MetaData(naming_convention=NAMES)


class SavedVerdict(Base):
    """One verdict that a caller asked to keep.

    `body` is the whole verdict as `Verdict.to_dict()` gives it; the columns beside it are those that are searched.
    `options` says how it was made (see `queries.options_key`): the same file under other options is another answer.
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
