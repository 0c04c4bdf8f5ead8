"""What time does to batches: uploads that nothing needs any more, uploads that were lost, batches old enough to go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, exists, or_, select

from ..errors import PictureNotFound
from ..failures import failed
from .batch_ends import UNFINISHED, settle
from .database import Database
from .tables import Batch, BatchItem

KEPT_FOR_RETRY: Final = timedelta(hours=24)
"""How long the bytes of a failed item stay, where trying it again may help."""
GIVEN_UP_AFTER: Final = timedelta(hours=24)
"""A batch of which nothing was done for so long waits for a spool folder that is no more."""
FORGOTTEN_AT_ONCE: Final = 10
"""Batches, each of thousands of items, that are deleted by one statement: it must end in the time that one may take."""


class BatchUpkeep:
    """The slow chores around the batches of one database. Each method blocks: call it from a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def needed(self, spool: str, item_ids: Sequence[str]) -> frozenset[str]:
        """Those of `item_ids` whose bytes in the spool folder `spool` are still needed."""
        for_retry = and_(BatchItem.state == "failed", BatchItem.finished_at > datetime.now(UTC) - KEPT_FOR_RETRY)
        asked = select(BatchItem.id).where(
            BatchItem.spool == spool, BatchItem.id.in_(item_ids), or_(BatchItem.state.in_(UNFINISHED), for_retry)
        )
        with self._database.session("look through the uploads") as session:
            return frozenset(session.scalars(asked))

    def give_up_lost(self, spool: str) -> int:
        """Fail the items whose bytes lie in another spool folder than `spool` that nobody has worked off for a day."""
        now = datetime.now(UTC)
        elsewhere = and_(BatchItem.batch_id == Batch.id, BatchItem.state == "waiting", BatchItem.spool != spool)
        lately = exists().where(BatchItem.batch_id == Batch.id, BatchItem.finished_at > now - GIVEN_UP_AFTER)
        asked = select(Batch.id).where(
            Batch.finished_at.is_(None), Batch.paused.is_(False), Batch.closed.is_(True),
            Batch.created_at < now - GIVEN_UP_AFTER, exists().where(elsewhere), ~lately,
        )  # fmt: skip
        with self._database.session("look for lost uploads") as session:
            lost = session.scalars(asked).all()
        return sum(self._give_up(batch_id, spool, now) for batch_id in lost)

    def _give_up(self, batch_id: str, spool: str, now: datetime) -> int:
        with self._database.writing("give up lost uploads") as session:
            batch = session.get(Batch, batch_id, with_for_update=True)
            if batch is None:
                return 0
            asked = select(BatchItem).where(
                BatchItem.batch_id == batch_id, BatchItem.state == "waiting", BatchItem.spool != spool
            )
            items = session.scalars(asked.with_for_update(skip_locked=True)).all()
            for item in items:
                item.state, item.finished_at = "failed", now
                item.verdict = failed(upload_lost(), external_id=item.external_id, channel="http").to_dict()
            session.flush()
            settle(session, batch, now)
            return len(items)

    def forget(self, before: datetime) -> int:
        """Remove every batch that was at its end before then, for whoever keeps to a time of retention; how many.

        So does one go that was never closed, or stands paused, and was last moved before then.
        """
        gone = 0
        while some := self._forget_some(before):
            gone += some
        if gone:
            self._database.forget_log()
        return gone

    def _forget_some(self, before: datetime) -> int:
        moved = exists().where(BatchItem.batch_id == Batch.id, BatchItem.finished_at >= before)
        left = and_(
            Batch.finished_at.is_(None), or_(Batch.closed.is_(False), Batch.paused.is_(True)),
            Batch.created_at < before, ~moved,
        )  # fmt: skip
        some = select(Batch.id).where(or_(Batch.finished_at < before, left)).limit(FORGOTTEN_AT_ONCE)
        with self._database.session("delete old batches") as session:
            return len(session.scalars(delete(Batch).where(Batch.id.in_(some)).returning(Batch.id)).all())


def upload_lost() -> PictureNotFound:
    """The bytes of an item are not where they were put."""
    return PictureNotFound("The upload is no longer here.", "Send the picture again, in a new batch.")
