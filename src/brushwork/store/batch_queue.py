"""The queue of all batches, in the database: items are leased, examined, and finished by whoever holds the lease.

Rows are locked in one order everywhere, first the batch, then its items, so that no two processes wait for each other.
Each method is one transaction or two, and blocks: call it from a thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, or_, select, update

from ..errors import WorkerLost
from ..failures import failed
from ..verdict import Verdict
from .batch_ends import settle
from .batch_facts import Ticket, ticket
from .database import Database
from .tables import Base, Batch, BatchItem

MOST_ATTEMPTS: Final = 2
"""A picture that took its process with it this often is not tried again by itself."""


@dataclass(frozen=True)
class Holder:
    """A process that leases items: `token` names this run of it, `instance` all runs of it, `spool` the folder whose
    uploads it can read, `seconds` how long a lease holds without being renewed."""

    token: str
    instance: str
    spool: str
    seconds: float

    def until(self) -> datetime:
        """When a lease taken now runs out."""
        return datetime.now(UTC) + timedelta(seconds=self.seconds)


class BatchQueue:
    """The items that wait, over all batches of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, holder: Holder, most: int, after: str = "") -> tuple[Ticket, ...]:
        """Lease up to `most` items of one batch, that one whose turn is after the batch `after`.

        PostgreSQL steps over rows that another process is just leasing; SQLite has one writer at a time.
        """
        with self._database.session("look for pictures") as session:
            if session.scalars(_whose_turn(holder, after)).first() is None:
                return ()  # the usual case takes no lock
        with self._database.writing("hand out pictures") as session:
            batch = session.scalars(_whose_turn(holder, after)).first()
            if batch is None:
                return ()
            rows = session.scalars(_waiting(batch.id, holder, most)).all()
            for row in rows:
                row.state, row.attempts = "leased", row.attempts + 1
                row.lease_owner, row.lease_until = holder.token, holder.until()
            tickets = tuple(ticket(row, batch) for row in rows)
            fresh = batch.started_at is None
        if tickets and fresh:  # apart: here the items are locked already, and the batch would come second
            with self._database.session("begin a batch") as session:
                session.execute(
                    update(Batch)
                    .where(Batch.id == tickets[0].batch_id, Batch.started_at.is_(None))
                    .values(started_at=datetime.now(UTC))
                )
        return tickets

    def finish(
        self,
        held: Ticket,
        token: str,
        verdict: Verdict,
        saved: Base | None = None,
        made_from: str | None = None,
    ) -> bool:
        """Write the result with what it was `made_from`, and `saved` with it. False, and nothing is written, where the
        lease is no longer held."""
        now = datetime.now(UTC)
        with self._database.writing("write a result") as session:
            batch = session.get(Batch, held.batch_id, with_for_update=True)
            item = session.get(BatchItem, held.id, with_for_update=True)
            if batch is None or item is None or (item.state, item.lease_owner) != ("leased", token):
                return False
            item.state = "failed" if verdict.answer is None else "done"
            item.answer = None if verdict.answer is None else verdict.answer.value
            item.verdict, item.finished_at, item.made_from = verdict.to_dict(), now, made_from
            item.lease_owner = item.lease_until = None
            if saved is not None:
                session.add(saved)
            settle(session, batch, now)
        return True

    def answered(self, owner: str, made_from: str) -> Verdict | None:
        """The newest verdict that a batch of `owner` has on the same question; None where there is none."""
        asked = (
            select(BatchItem.verdict)
            .join(Batch, Batch.id == BatchItem.batch_id)
            .where(BatchItem.made_from == made_from, BatchItem.state == "done", Batch.owner == owner)
            .order_by(BatchItem.finished_at.desc())
            .limit(1)
        )
        with self._database.session("look for the verdict") as session:
            found = session.scalars(asked).first()
        return None if found is None else Verdict.model_validate(found)

    def renew(self, holder: Holder) -> None:
        """Hold every lease of this process for longer."""
        with self._database.session("renew leases") as session:
            session.execute(
                update(BatchItem)
                .where(BatchItem.state == "leased", BatchItem.lease_owner == holder.token)
                .values(lease_until=holder.until())
            )

    def release(self, held: Iterable[Ticket], token: str, *, begun: bool) -> None:
        """Give leases back. An item that was not `begun` counts as never tried."""
        ids = [one.id for one in held]
        with self._database.session("give pictures back") as session:
            session.execute(
                update(BatchItem)
                .where(BatchItem.id.in_(ids), BatchItem.state == "leased", BatchItem.lease_owner == token)
                .values(
                    state="waiting",
                    lease_owner=None,
                    lease_until=None,
                    attempts=BatchItem.attempts if begun else BatchItem.attempts - 1,
                )
            )

    def free(self, holder: Holder, *, at_start: bool = False) -> int:
        """Take back leases that ran out, at the start also those of earlier runs of this instance; how many.

        An item that was held often enough by processes that died gets its error.
        """
        lost = or_(
            BatchItem.lease_until < datetime.now(UTC),
            *([BatchItem.lease_owner.startswith(f"{holder.instance}|", autoescape=True)] if at_start else []),
        )
        asked = (
            select(BatchItem, Batch)
            .join(Batch, Batch.id == BatchItem.batch_id)
            .where(BatchItem.state == "leased", BatchItem.lease_owner != holder.token, lost)
        )
        with self._database.session("look for lost pictures") as session:
            found = [(ticket(item, batch), str(item.lease_owner)) for item, batch in session.execute(asked)]
        for held, token in found:
            if held.attempts < MOST_ATTEMPTS:
                self.release([held], token, begun=True)
            else:
                self.finish(held, token, gave_up(held))
        return len(found)


def gave_up(held: Ticket) -> Verdict:
    """The result of a picture whose process died each time."""
    error = WorkerLost(
        f"The process that examined this picture died {MOST_ATTEMPTS} times.",
        "Look at the picture's size, then ask for it again with its retry.",
    )
    return failed(error, external_id=held.external_id, channel=held.channel)


def _whose_turn(holder: Holder, after: str) -> Select[Batch]:
    """Batches take turns in the order of their ids: none waits until another one is through."""
    work = exists().where(BatchItem.batch_id == Batch.id, BatchItem.state == "waiting", _readable(holder))
    return (
        select(Batch)
        .where(Batch.finished_at.is_(None), Batch.paused.is_(False), work)
        .order_by(Batch.id <= after, Batch.id)
        .limit(1)
    )


def _waiting(batch_id: str, holder: Holder, most: int) -> Select[BatchItem]:
    return (
        select(BatchItem)
        .where(
            BatchItem.batch_id == batch_id,
            BatchItem.state == "waiting",
            BatchItem.answer.is_(None),  # true of all of them: said so that the index gives them in order
            _readable(holder),
        )
        .order_by(BatchItem.position)
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def _readable(holder: Holder) -> ColumnElement[bool]:
    return or_(BatchItem.spool.is_(None), BatchItem.spool == holder.spool)
