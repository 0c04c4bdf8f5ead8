"""When a batch is at its end, and the message that its webhook gets then."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .tables import Batch, BatchItem, Delivery

UNFINISHED: Final = ("waiting", "leased")


def settle(session: Session, batch: Batch, now: datetime) -> bool:
    """Finish `batch`, whose row is locked, where nothing of it is left to do; True where that was the end."""
    if not batch.closed or batch.finished_at is not None or _unfinished(session, batch.id):
        return False
    batch.finished_at = now
    announce(session, batch, "batch.completed", now)
    return True


def announce(session: Session, batch: Batch, event: str, now: datetime) -> None:
    """Put the message for the webhook of `batch` on its way, where it has one."""
    if batch.webhook_url is None:
        return
    counts = counted(session, [batch.id]).get(batch.id, ({}, {}))
    data = {
        "id": batch.id,
        "name": batch.name,
        "items": batch.items,
        "counts": counts[0],
        "answers": counts[1],
        "status_url": f"/v1/batches/{batch.id}",
        "results_url": f"/v1/batches/{batch.id}/results",
    }
    body = json.dumps({"type": event, "timestamp": now.isoformat(), "data": data}, separators=(",", ":"))
    session.add(
        Delivery(
            id=f"msg_{secrets.token_urlsafe(16)}", batch_id=batch.id, created_at=now, event=event, body=body,
            state="pending", next_at=now, tries=[],
        )
    )  # fmt: skip


def counted(session: Session, batch_ids: list[str]) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    """For each batch the number of items by state, and of finished ones by answer."""
    asked = (
        select(BatchItem.batch_id, BatchItem.state, BatchItem.answer, func.count())
        .where(BatchItem.batch_id.in_(batch_ids))
        .group_by(BatchItem.batch_id, BatchItem.state, BatchItem.answer)
    )
    found: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for batch_id, state, answer, number in session.execute(asked):
        states, answers = found.setdefault(batch_id, ({}, {}))
        states[state] = states.get(state, 0) + number
        if answer is not None:
            answers[answer] = answers.get(answer, 0) + number
    return found


def _unfinished(session: Session, batch_id: str) -> bool:
    left = select(BatchItem.id).where(BatchItem.batch_id == batch_id, BatchItem.state.in_(UNFINISHED)).limit(1)
    return session.scalars(left).first() is not None
