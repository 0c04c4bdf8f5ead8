"""The audit log: what administrators did and what was deleted, by key id. The database itself lets it only grow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, tuple_

from ..failures import new_id
from .cursors import cursor, place
from .database import Database
from .tables import AuditEntry


@dataclass(frozen=True)
class Act:
    """`who` (the id of a key, "local" or "cli") did `what` to `target`, the id or name of a thing."""

    id: str
    at: datetime
    who: str
    what: str
    target: str


@dataclass(frozen=True)
class AuditPage:
    """Some acts, newest first; `after` asks for the next page and is None on the last."""

    acts: tuple[Act, ...]
    after: str | None


def entry(who: str, what: str, target: str) -> AuditEntry:
    """A line to add in the transaction of the act itself, so that there is neither without the other."""
    return AuditEntry(id=new_id(), at=datetime.now(UTC), who=who, what=what, target=target[:120])


class Audit:
    """The audit log of one database. Each method is one transaction and blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, who: str, what: str, target: str) -> None:
        """Add one line."""
        with self._database.session("write the audit log") as session:
            session.add(entry(who, what, target))

    def page(self, after: str | None = None, limit: int = 50) -> AuditPage:
        """`limit` lines, newest first, behind the cursor `after`. Raises RequestRefused for a bad cursor."""
        asked = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit + 1)
        if after is not None:
            asked = asked.where(tuple_(AuditEntry.at, AuditEntry.id) < place(after))
        with self._database.session("read the audit log") as session:
            rows = session.scalars(asked).all()
            acts = tuple(Act(row.id, row.at, row.who, row.what, row.target) for row in rows[:limit])
        return AuditPage(acts, cursor(acts[-1].at, acts[-1].id) if len(rows) > limit else None)
