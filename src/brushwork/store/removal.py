"""Deleting for good: rows, pictures, shares, feedback, decisions, the kept answers that tell of them, and their traces.

Shares, feedback and the wish to keep a picture go with their verdict by the database itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from .batch_upkeep import FORGOTTEN_AT_ONCE
from .database import Database
from .pictures import Pictures
from .tables import Batch, BatchItem, Decision, IdempotencyRecord, KeptPicture, SavedVerdict, Share

AT_ONCE: Final = 200
"""Verdicts that are deleted in one transaction."""


@dataclass(frozen=True)
class Removed:
    """How much of one owner was deleted; `items` are the ids of what was in its batches, whose uploads may lie on a
    disk still."""

    verdicts: int
    batches: int
    items: tuple[str, ...]


class Removal:
    """Deletes in one database and in its place for pictures. Each method blocks."""

    def __init__(self, database: Database, pictures: Pictures) -> None:
        self._database = database
        self._pictures = pictures

    def verdicts(self, owner: str, verdict_ids: Sequence[str]) -> tuple[str, ...]:
        """Delete those of `verdict_ids` that are verdicts of `owner`; which ones these were."""
        asked = select(SavedVerdict.id).where(SavedVerdict.owner == owner, SavedVerdict.id.in_(verdict_ids))
        with self._database.session("delete the verdicts") as session:
            ids = session.scalars(asked).all()
            digests = _remove(session, ids)
        self._clean(ids, digests)
        return tuple(ids)

    def older(self, before: datetime, most: int = AT_ONCE) -> int:
        """Delete up to `most` verdicts of any owner that were saved before then; how many."""
        asked = select(SavedVerdict.id).where(SavedVerdict.created_at < before)
        with self._database.session("delete old verdicts") as session:
            ids = session.scalars(asked.order_by(SavedVerdict.created_at, SavedVerdict.id).limit(most)).all()
            digests = _remove(session, ids)
        self._clean(ids, digests)
        return len(ids)

    def everything(self, owner: str) -> Removed:
        """Delete all that `owner` has here. What it decided on pictures of others stays with those."""
        asked = select(SavedVerdict.id).where(SavedVerdict.owner == owner).limit(AT_ONCE)
        verdicts = 0
        while True:
            with self._database.session("look for the verdicts") as session:
                ids = session.scalars(asked).all()
            verdicts += len(self.verdicts(owner, ids))
            if len(ids) < AT_ONCE:
                break
        batches = 0
        items: list[str] = []
        while some := self._some_batches(owner):
            batches += some[0]
            items += some[1]
        with self._database.session("delete what is left") as session:
            session.execute(delete(Decision).where(Decision.owner == owner))
            session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.owner == owner))
        self._database.forget_log()
        return Removed(verdicts, batches, tuple(items))

    def _some_batches(self, owner: str) -> tuple[int, Sequence[str]] | None:
        """Delete a few; how many, and the ids of their items. None where there are none. Nothing is added meanwhile."""
        some = select(Batch.id).where(Batch.owner == owner).limit(FORGOTTEN_AT_ONCE).with_for_update()
        with self._database.writing("delete the batches") as session:
            ids = session.scalars(some).all()
            items = session.scalars(select(BatchItem.id).where(BatchItem.batch_id.in_(ids))).all()
            session.execute(delete(Batch).where(Batch.id.in_(ids)))
        return (len(ids), items) if ids else None

    def loose_ends(self, now: datetime) -> None:
        """Delete shares that are over, and decisions on items of batches that are gone."""
        gone = ~exists().where(BatchItem.id == Decision.subject_id)
        with self._database.session("delete loose ends") as session:
            session.execute(delete(Share).where(Share.expires_at <= now))
            session.execute(delete(Decision).where(Decision.subject == "item", gone))

    def _clean(self, ids: Sequence[str], digests: Sequence[str]) -> None:
        self._pictures.sweep(digests)
        if ids:
            self._database.forget_log()


def _remove(session: Session, ids: Sequence[str]) -> Sequence[str]:
    """Delete those verdicts with all that tells of them; the digests of their pictures."""
    if not ids:
        return ()
    digests = session.scalars(select(KeptPicture.sha256).where(KeptPicture.verdict_id.in_(ids))).all()
    told = [IdempotencyRecord.subjects.contains(verdict_id, autoescape=True) for verdict_id in ids]
    session.execute(delete(IdempotencyRecord).where(or_(*told)))
    session.execute(delete(Decision).where(Decision.subject == "verdict", Decision.subject_id.in_(ids)))
    session.execute(delete(SavedVerdict).where(SavedVerdict.id.in_(ids)))
    return digests
