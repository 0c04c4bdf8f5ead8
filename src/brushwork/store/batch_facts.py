"""What is said of a batch, of an item and of a delivery outside the database: plain values, of no session."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ..verdict import Verdict
from .tables import Batch, BatchItem

BatchState = Literal["open", "waiting", "running", "paused", "done", "cancelled"]
ItemState = Literal["waiting", "leased", "done", "failed", "cancelled"]
DeliveryState = Literal["pending", "delivered", "given_up"]


@dataclass(frozen=True)
class NewBatch:
    """What a caller asks of a new batch. With `closed` no more items can be added to it."""

    owner: str
    closed: bool = True
    name: str | None = None
    explain: bool = False
    stability: bool = False
    save: bool = False
    reexamine: bool = False
    channel: str = "http"
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class NewItem:
    """One picture to add: bytes that lie in the spool folder named `spool` under `id`, or a URL."""

    id: str
    external_id: str | None
    spool: str | None = None
    url: str | None = None
    client_key: str | None = None


@dataclass(frozen=True)
class BatchFacts:
    """One batch and how far it is: `counts` by state, `answers` by answer, `rate` in pictures a second of late."""

    id: str
    owner: str
    name: str | None
    state: BatchState
    closed: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    items: int
    counts: dict[str, int]
    answers: dict[str, int]
    rate: float | None
    webhook_url: str | None
    stability: bool = False

    @property
    def left(self) -> int:
        """Items without a result that may still get one."""
        return self.counts.get("waiting", 0) + self.counts.get("leased", 0)


@dataclass(frozen=True)
class ItemFacts:
    """One item of a batch."""

    id: str
    position: int
    client_key: str | None
    external_id: str | None
    url: str | None
    state: ItemState
    attempts: int
    verdict: Verdict | None
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Ticket:
    """One item that this process has leased, and how its batch wants it examined."""

    id: str
    batch_id: str
    owner: str
    external_id: str | None
    url: str | None
    attempts: int
    explain: bool
    stability: bool
    save: bool
    reexamine: bool
    channel: Literal["http", "page"]


@dataclass(frozen=True)
class DeliveryFacts:
    """One message to a webhook; each of `tries` is {at, outcome, status}."""

    id: str
    event: str
    state: DeliveryState
    created_at: datetime
    next_at: datetime | None
    tries: tuple[dict[str, Any], ...]


def state_of(batch: Batch) -> BatchState:
    """The state in one word."""
    if batch.cancelled_at is not None:
        return "cancelled"
    if batch.finished_at is not None:
        return "done"
    if batch.paused:
        return "paused"
    if not batch.closed:
        return "open"
    return "waiting" if batch.started_at is None else "running"


def item_facts(item: BatchItem) -> ItemFacts:
    """One row as plain values."""
    return ItemFacts(
        id=item.id,
        position=item.position,
        client_key=item.client_key,
        external_id=item.external_id,
        url=item.url,
        state=item.state,  # type: ignore[arg-type]  # only this package writes the column
        attempts=item.attempts,
        verdict=None if item.verdict is None else Verdict.model_validate(item.verdict),
        finished_at=item.finished_at,
    )


def ticket(item: BatchItem, batch: Batch) -> Ticket:
    """One leased row with what its batch wants."""
    return Ticket(
        id=item.id,
        batch_id=batch.id,
        owner=batch.owner,
        external_id=item.external_id,
        url=item.url,
        attempts=item.attempts,
        explain=batch.explain,
        stability=batch.stability,
        save=batch.save,
        reexamine=batch.reexamine,
        channel="page" if batch.channel == "page" else "http",
    )
