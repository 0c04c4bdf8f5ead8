"""Batches in a store without a service: what the tests of the queue and of its upkeep share."""

from __future__ import annotations

from brushwork.errors import PictureCorrupt
from brushwork.failures import failed, new_id
from brushwork.store.batch_facts import NewBatch, NewItem, Ticket
from brushwork.store.batch_queue import Holder
from brushwork.store.store import Store
from brushwork.verdict import Verdict

ME = "somebody"


def holder(name: str = "one:8000", spool: str = "here", seconds: float = 60.0) -> Holder:
    return Holder(f"{name}|{new_id()}", name, spool, seconds)


def batch(store: Store, pictures: int, *, owner: str = ME, closed: bool = True, webhook: str | None = None) -> str:
    new = NewBatch(owner=owner, closed=closed, webhook_url=webhook, webhook_secret="whsec_AAAA" if webhook else None)
    return store.batches.create(new, items(pictures)).id


def items(pictures: int, spool: str | None = "here") -> list[NewItem]:
    return [NewItem(new_id(), f"{n}.png", spool=spool) for n in range(pictures)]


def broken(held: Ticket) -> Verdict:
    return failed(PictureCorrupt("It is damaged."), external_id=held.external_id, channel="http")
