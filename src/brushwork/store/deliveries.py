"""The messages to webhooks that are on their way. Each method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from ..errors import BatchNotFound
from ..failures import is_id
from .batch_facts import DeliveryFacts, DeliveryState
from .database import Database
from .tables import Batch, Delivery


@dataclass(frozen=True)
class Due:
    """A message to send now: the batch's webhook, the body as it is signed, and how often it was tried."""

    id: str
    url: str
    secret: str = field(repr=False)
    body: str
    tries: int


class Deliveries:
    """The deliveries of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, most: int, hold: float) -> tuple[Due, ...]:
        """Messages whose time has come. For `hold` seconds no other process is given them."""
        now = datetime.now(UTC)
        asked = (
            select(Delivery, Batch.webhook_url, Batch.webhook_secret)
            .join(Batch, Batch.id == Delivery.batch_id)
            .where(Delivery.state == "pending", Delivery.next_at <= now)
            .order_by(Delivery.next_at)
            .limit(most)
            .with_for_update(skip_locked=True, of=Delivery)
        )
        with self._database.writing("look for messages to send") as session:
            found: Sequence[tuple[Delivery, str | None, str | None]] = [
                (row, url, secret) for row, url, secret in session.execute(asked)
            ]
            for row, _, _ in found:
                row.next_at = now + timedelta(seconds=hold)
            return tuple(Due(row.id, url or "", secret or "", row.body, len(row.tries)) for row, url, secret in found)

    def tried(self, delivery_id: str, outcome: str, status: int | None, state: DeliveryState, wait: float) -> None:
        """Note how a try went, and when the next one is, `wait` seconds from now."""
        now = datetime.now(UTC)
        with self._database.writing("note a delivery") as session:
            row = session.get(Delivery, delivery_id, with_for_update=True)
            if row is None:  # its batch was deleted meanwhile
                return
            row.tries = [*row.tries, {"at": now.isoformat(), "outcome": outcome, "status": status}]
            row.state, row.next_at = state, now + timedelta(seconds=wait)

    def of(self, owner: str, batch_id: str) -> tuple[DeliveryFacts, ...]:
        """Every message of a batch, oldest first. Raises BatchNotFound."""
        asked = select(Delivery).where(Delivery.batch_id == batch_id).order_by(Delivery.created_at, Delivery.id)
        with self._database.session("read the deliveries") as session:
            batch = session.get(Batch, batch_id) if is_id(batch_id) else None
            if batch is None or batch.owner != owner:
                raise BatchNotFound("There is no batch under that id.", "Look at the list of your batches.")
            return tuple(_facts(row) for row in session.scalars(asked))


def _facts(row: Delivery) -> DeliveryFacts:
    return DeliveryFacts(
        id=row.id,
        event=row.event,
        state=row.state,  # type: ignore[arg-type]  # only this package writes the column
        created_at=row.created_at,
        next_at=row.next_at if row.state == "pending" else None,
        tries=tuple(row.tries),
    )
