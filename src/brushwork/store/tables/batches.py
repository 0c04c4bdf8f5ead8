"""Batches, their items, and the deliveries of their webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Moment


class Batch(Base):
    """Many pictures that were handed over at once.

    `closed` is False while more items may be added, `paused` True while none of its items is begun; `finished_at` is
    set when every item of a closed batch has its result, `cancelled_at` when somebody gave it up. `items` counts the
    items that were ever added: the next one's position. The secret of the webhook is needed to sign, so it is kept as
    it is, unlike an API key.
    """

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(Text())
    created_at: Mapped[datetime] = mapped_column(Moment())
    started_at: Mapped[datetime | None] = mapped_column(Moment())
    finished_at: Mapped[datetime | None] = mapped_column(Moment())
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment())
    closed: Mapped[bool] = mapped_column(Boolean())
    paused: Mapped[bool] = mapped_column(Boolean())
    items: Mapped[int] = mapped_column(Integer())
    explain: Mapped[bool] = mapped_column(Boolean())
    stability: Mapped[bool] = mapped_column(Boolean())
    save: Mapped[bool] = mapped_column(Boolean())
    reexamine: Mapped[bool] = mapped_column(Boolean(), server_default=false())
    channel: Mapped[str] = mapped_column(String(16))
    webhook_url: Mapped[str | None] = mapped_column(Text())
    webhook_secret: Mapped[str | None] = mapped_column(Text())

    __table_args__ = (
        Index(None, "owner", "created_at", "id"),  # pages of one owner, newest first
        Index(None, "finished_at", "id"),  # those with something left to do, and those old enough to go
    )


class BatchItem(Base):
    """One picture of a batch: bytes in the spool folder named `spool`, or a URL that is fetched when its turn comes.

    `state` is waiting, leased, done, failed or cancelled. A leased one belongs to the process `lease_owner` until
    `lease_until`; `attempts` counts how often one began with it. `client_key` is the caller's own name for the item:
    the same key twice is the same item. `verdict` is the whole verdict, also of one that failed; `made_from` what an
    answer was made from (see `verdicts.made_from`).
    """

    __tablename__ = "batch_items"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer())
    client_key: Mapped[str | None] = mapped_column(String(80))
    external_id: Mapped[str | None] = mapped_column(Text())
    url: Mapped[str | None] = mapped_column(Text())
    spool: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer())
    lease_owner: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(Moment())
    answer: Mapped[str | None] = mapped_column(String(32))
    finished_at: Mapped[datetime | None] = mapped_column(Moment())
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSON())
    made_from: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index(None, "made_from", "finished_at"),  # answered before?
        Index(None, "batch_id", "position", unique=True),  # pages and results, in order
        Index(None, "batch_id", "client_key", unique=True),  # sent before?
        Index(None, "batch_id", "state", "answer", "position"),  # what is next, and the counts
        Index(None, "state", "lease_until"),  # leases that ran out
    )


class Delivery(Base):
    """One message to the webhook of a batch. `id` stays the same over its tries; `tries` says how each one went."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment())
    event: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text())
    state: Mapped[str] = mapped_column(String(16))
    next_at: Mapped[datetime] = mapped_column(Moment())
    tries: Mapped[list[dict[str, Any]]] = mapped_column(JSON())

    __table_args__ = (
        Index(None, "batch_id", "created_at"),
        Index(None, "state", "next_at"),  # which one is due
    )
