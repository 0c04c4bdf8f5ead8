"""The batches as their owners see them. Each method is one transaction and blocks: call it from a thread.

A batch of somebody else is not there. What is asked of a batch in the wrong state raises BatchConflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from ..errors import BatchConflict, BatchNotFound
from ..failures import is_id, new_id
from ..verdict import Answer
from .batch_ends import UNFINISHED, announce, counted, settle
from .batch_facts import BatchFacts, ItemFacts, ItemState, NewBatch, NewItem, item_facts, state_of
from .cursors import cursor, place
from .database import Database
from .tables import Batch, BatchItem

RATE_S: Final = 60.0
"""The rate of a batch is that of its last minute."""


class Batches:
    """The batches of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewBatch, items: Sequence[NewItem]) -> BatchFacts:
        """A new batch with its first items, all or nothing."""
        now = datetime.now(UTC)
        batch = Batch(
            id=new_id(), owner=new.owner, name=new.name, created_at=now, closed=new.closed, paused=False, items=0,
            explain=new.explain, stability=new.stability, save=new.save, reexamine=new.reexamine,
            channel=new.channel,
            webhook_url=new.webhook_url, webhook_secret=new.webhook_secret,
        )  # fmt: skip
        with self._database.writing("take the batch") as session:
            session.add(batch)
            session.flush()
            _append(session, batch, items)
            session.flush()
            return _facts(session, [batch])[0]

    def add(self, owner: str, batch_id: str, items: Sequence[NewItem], most: int) -> tuple[str, ...]:
        """Add to an open batch; the ids of those that were new. One whose key is known there already is left out."""
        with self._database.writing("take the pictures") as session:
            batch = _locked(session, owner, batch_id)
            if batch.closed or batch.finished_at is not None:
                raise BatchConflict("The batch takes no more pictures.", "Make a new batch.")
            keys = [item.client_key for item in items if item.client_key is not None]
            asked = select(BatchItem.client_key).where(BatchItem.batch_id == batch.id, BatchItem.client_key.in_(keys))
            known = set(session.scalars(asked)) if keys else set()
            fresh = [item for item in items if item.client_key is None or item.client_key not in known]
            if batch.items + len(fresh) > most:
                raise BatchConflict(
                    f"A batch has at most {most:,} pictures.", "Close this one and make another for the rest."
                )
            _append(session, batch, fresh)
        return tuple(item.id for item in fresh)

    def close(self, owner: str, batch_id: str) -> BatchFacts:
        """Take no more items; closing twice is the same as once."""
        with self._database.writing("close the batch") as session:
            batch = _locked(session, owner, batch_id)
            batch.closed = True
            session.flush()
            settle(session, batch, datetime.now(UTC))
            return _facts(session, [batch])[0]

    def pause(self, owner: str, batch_id: str, *, paused: bool) -> BatchFacts:
        """Begin no more of its items, or go on; those in hand are finished either way."""
        with self._database.writing("pause the batch") as session:
            batch = _locked(session, owner, batch_id)
            if batch.finished_at is not None:
                raise BatchConflict("The batch is at its end already.", "There is nothing left to pause.")
            batch.paused = paused
            return _facts(session, [batch])[0]

    def get(self, owner: str, batch_id: str) -> BatchFacts:
        """How far the batch is."""
        with self._database.moment("read the batch") as session:
            return _facts(session, [_owned(session, owner, batch_id)])[0]

    def page(self, owner: str, after: str | None, limit: int) -> tuple[tuple[BatchFacts, ...], str | None]:
        """`limit` batches, newest first, behind the cursor `after`; and the cursor of the next page, or None."""
        asked = select(Batch).where(Batch.owner == owner).order_by(Batch.created_at.desc(), Batch.id.desc())
        if after is not None:
            asked = asked.where(tuple_(Batch.created_at, Batch.id) < place(after))
        with self._database.moment("list the batches") as session:
            rows = list(session.scalars(asked.limit(limit + 1)))
            more = cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
            return tuple(_facts(session, rows[:limit])), more

    def items(
        self,
        owner: str,
        batch_id: str,
        *,
        after: int = -1,
        limit: int = 50,
        states: Iterable[ItemState] = (),
        answer: Answer | None = None,
        since: datetime | None = None,
    ) -> tuple[ItemFacts, ...]:
        """`limit` items behind the position `after`, in order; only those in `states`, with `answer` and with a result
        of the moment `since` or later, if given."""
        asked = select(BatchItem).where(BatchItem.batch_id == batch_id, BatchItem.position > after)
        if wanted := tuple(states):
            asked = asked.where(BatchItem.state.in_(wanted))
        if answer is not None:
            asked = asked.where(BatchItem.answer == answer.value)
        if since is not None:
            asked = asked.where(BatchItem.finished_at >= since)
        with self._database.session("read the batch") as session:
            _owned(session, owner, batch_id)
            return tuple(map(item_facts, session.scalars(asked.order_by(BatchItem.position).limit(limit))))

    def names(self, owner: str, batch_id: str) -> dict[str, str]:
        """What each item is called, by its id."""
        asked = select(BatchItem.id, BatchItem.external_id, BatchItem.url).where(BatchItem.batch_id == batch_id)
        with self._database.session("read the batch") as session:
            _owned(session, owner, batch_id)
            return {item: name or url or item for item, name, url in session.execute(asked)}

    def item(self, owner: str, batch_id: str, item_id: str) -> ItemFacts:
        """One item."""
        with self._database.session("read the batch") as session:
            return item_facts(_item(session, _owned(session, owner, batch_id), item_id))

    def retry(self, owner: str, batch_id: str, item_id: str) -> ItemFacts:
        """Put a failed item back into the queue; the batch goes on until it has a result again."""
        with self._database.writing("try the picture again") as session:
            batch = _locked(session, owner, batch_id)
            item = _item(session, batch, item_id)
            if item.state != "failed" or batch.cancelled_at is not None:
                raise BatchConflict("Only a picture that failed can be tried again.", "Leave this one as it is.")
            item.state, item.attempts, item.verdict, item.finished_at = "waiting", 0, None, None
            batch.finished_at = None
            return item_facts(item)

    def cancel(self, owner: str, batch_id: str) -> tuple[str, ...]:
        """Give up what has no result yet; the ids of those items. A batch at its end stays as it is."""
        now = datetime.now(UTC)
        with self._database.writing("cancel the batch") as session:
            batch = _locked(session, owner, batch_id)
            if batch.finished_at is not None:
                return ()
            given_up = session.scalars(
                update(BatchItem)
                .where(BatchItem.batch_id == batch.id, BatchItem.state.in_(UNFINISHED))
                .values(state="cancelled", lease_owner=None, lease_until=None, finished_at=now)
                .returning(BatchItem.id)
            ).all()
            batch.cancelled_at = batch.finished_at = now
            batch.closed = True
            announce(session, batch, "batch.cancelled", now)
            return tuple(given_up)

    def purge(self, owner: str, batch_id: str) -> tuple[str, ...]:
        """Remove the batch with everything that is kept of it; the ids of its items."""
        with self._database.writing("delete the batch") as session:
            _locked(session, owner, batch_id)
            ids = session.scalars(select(BatchItem.id).where(BatchItem.batch_id == batch_id)).all()
            session.execute(delete(Batch).where(Batch.id == batch_id))
        self._database.forget_log()
        return tuple(ids)


def _append(session: Session, batch: Batch, items: Sequence[NewItem]) -> None:
    for position, item in enumerate(items, batch.items):
        session.add(
            BatchItem(
                id=item.id, batch_id=batch.id, position=position, client_key=item.client_key,
                external_id=item.external_id, url=item.url, spool=item.spool, state="waiting", attempts=0,
            )
        )  # fmt: skip
    batch.items += len(items)


def _mine(owner: str, batch_id: str) -> Select[Batch]:
    return select(Batch).where(Batch.id == batch_id, Batch.owner == owner)


def _owned(session: Session, owner: str, batch_id: str) -> Batch:
    return _found(session.scalars(_mine(owner, batch_id)).first() if is_id(batch_id) else None)


def _locked(session: Session, owner: str, batch_id: str) -> Batch:
    return _found(session.scalars(_mine(owner, batch_id).with_for_update()).first() if is_id(batch_id) else None)


def _found(batch: Batch | None) -> Batch:
    if batch is None:
        raise BatchNotFound("There is no batch under that id.", "Look at the list of your batches.")
    return batch


def _item(session: Session, batch: Batch, item_id: str) -> BatchItem:
    item = session.get(BatchItem, item_id) if is_id(item_id) else None
    if item is None or item.batch_id != batch.id:
        raise BatchNotFound("The batch has no item under that id.", "Look at the items of the batch.")
    return item


def _facts(session: Session, batches: Sequence[Batch]) -> list[BatchFacts]:
    counts = counted(session, [batch.id for batch in batches])
    return [_one(session, batch, *counts.get(batch.id, ({}, {}))) for batch in batches]


def _one(session: Session, batch: Batch, counts: dict[str, int], answers: dict[str, int]) -> BatchFacts:
    return BatchFacts(
        id=batch.id,
        owner=batch.owner,
        name=batch.name,
        state=state_of(batch),
        closed=batch.closed,
        created_at=batch.created_at,
        started_at=batch.started_at,
        finished_at=batch.finished_at,
        items=batch.items,
        counts=counts,
        answers=answers,
        rate=_rate(session, batch),
        webhook_url=batch.webhook_url,
        stability=batch.stability,
    )


def _rate(session: Session, batch: Batch) -> float | None:
    """Pictures a second over the last minute; None for a batch that is not at work."""
    if state_of(batch) != "running" and (batch.closed or batch.started_at is None):
        return None
    assert batch.started_at is not None, "a running batch has begun"
    now = datetime.now(UTC)
    seconds = min(RATE_S, (now - batch.started_at).total_seconds())
    asked = select(func.count()).where(
        BatchItem.batch_id == batch.id, BatchItem.finished_at > now - timedelta(seconds=RATE_S)
    )
    number: int = session.execute(asked).scalar_one()
    return number / seconds if seconds > 0 and number else None
