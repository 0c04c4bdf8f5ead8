"""What the routes of batches take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..store.batch_facts import BatchFacts, BatchState, DeliveryFacts, DeliveryState, ItemFacts, ItemState
from ..verdict import Verdict
from .url_fetch import MAX_URL

LINE = r"^[^\x00-\x1f\x7f]*$"
"""No character that steers: an address has none, and a database refuses some."""
MAX_KEY = 64
KEY_PATTERN = r"^[A-Za-z0-9._~:-]+$"


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PictureOrder(_Said):
    """A picture that is fetched when its turn comes. The same `key` twice is the same picture, sent again."""

    url: str = Field(max_length=MAX_URL, pattern=LINE, examples=["https://example.org/picture.jpg"])
    external_id: str | None = Field(None, max_length=500)
    key: str | None = Field(None, min_length=1, max_length=MAX_KEY, pattern=KEY_PATTERN)


class BatchOrder(_Said):
    """A batch of pictures that lie elsewhere, or one without pictures yet."""

    urls: tuple[PictureOrder | Annotated[str, Field(max_length=MAX_URL, pattern=LINE)], ...] = ()
    name: str | None = Field(None, max_length=200)
    webhook_url: str | None = Field(None, max_length=MAX_URL, examples=["https://example.org/hook"])


class BatchTaken(_Said):
    """The batch was taken. `webhook_secret` is shown this once; messages are signed with it."""

    id: str
    status_url: str = Field(examples=["/v1/batches/2k3h"])
    items: int
    webhook_secret: str | None = None


class ItemsTaken(_Said):
    """How many pictures of the request were new, and how many the batch has now; the others were there already."""

    added: int
    items: int


class Batch(_Said):
    """One batch and how far it is. `rate` is in pictures a second of late; `eta_seconds` follows from it."""

    id: str
    name: str | None
    state: BatchState
    closed: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    items: int
    counts: dict[ItemState, int]
    answers: dict[str, int]
    rate: float | None
    eta_seconds: float | None
    webhook_url: str | None
    items_url: str
    results_url: str

    @classmethod
    def of(cls, facts: BatchFacts) -> Batch:
        """As the store has it."""
        return cls(
            id=facts.id,
            name=facts.name,
            state=facts.state,
            closed=facts.closed,
            created_at=facts.created_at,
            started_at=facts.started_at,
            finished_at=facts.finished_at,
            items=facts.items,
            counts={state: facts.counts.get(state, 0) for state in ITEM_STATES},
            answers=facts.answers,
            rate=None if facts.rate is None else round(facts.rate, 3),
            eta_seconds=round(facts.left / facts.rate, 1) if facts.rate else None,
            webhook_url=facts.webhook_url,
            items_url=f"/v1/batches/{facts.id}/items",
            results_url=f"/v1/batches/{facts.id}/results",
        )


ITEM_STATES: tuple[ItemState, ...] = ("waiting", "leased", "done", "failed", "cancelled")


class BatchPage(_Said):
    """Batches, newest first. `after` is the cursor of the next page, null on the last."""

    batches: tuple[Batch, ...]
    after: str | None


class BatchItem(_Said):
    """One picture of a batch; one that failed has a verdict with `error` and no answer."""

    id: str
    position: int
    key: str | None
    external_id: str | None
    url: str | None
    state: ItemState
    attempts: int
    verdict: Verdict | None

    @classmethod
    def of(cls, facts: ItemFacts) -> BatchItem:
        """As the store has it."""
        return cls(
            id=facts.id,
            position=facts.position,
            key=facts.client_key,
            external_id=facts.external_id,
            url=facts.url,
            state=facts.state,
            attempts=facts.attempts,
            verdict=facts.verdict,
        )


class ItemPage(_Said):
    """Items in the order in which they were sent. `after` is the cursor of the next page, null on the last."""

    items: tuple[BatchItem, ...]
    after: int | None


class DeliveryTry(_Said):
    """One call of the webhook: `status` of the answer, null where there was none."""

    at: datetime
    outcome: Literal["accepted", "refused", "unreachable", "blocked"]
    status: int | None


class Delivery(_Said):
    """One message to the webhook; `next_at` is null once it was delivered or given up."""

    id: str
    event: str
    state: DeliveryState
    created_at: datetime
    next_at: datetime | None
    tries: tuple[DeliveryTry, ...]

    @classmethod
    def of(cls, facts: DeliveryFacts) -> Delivery:
        """As the store has it."""
        return cls(
            id=facts.id,
            event=facts.event,
            state=facts.state,
            created_at=facts.created_at,
            next_at=facts.next_at,
            tries=tuple(DeliveryTry.model_validate(one) for one in facts.tries),
        )


class Deliveries(_Said):
    """The messages of one batch, oldest first."""

    deliveries: tuple[Delivery, ...]
