"""What time takes away from the batches, the same on SQLite and PostgreSQL (S3-31, SECURITY.md 39)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from brushwork.errors import BatchNotFound
from brushwork.store import batch_upkeep
from brushwork.store.store import Store
from brushwork.store.tables import Batch, BatchItem

from .queued import ME, batch, broken, holder


def test_time_takes_away_what_nobody_needs(store: Store) -> None:
    made, who = batch(store, 3), holder()
    failed_one, waiting = store.batch_queue.claim(who, 1)[0], store.batches.items(ME, made)[2]
    store.batch_queue.finish(failed_one, who.token, broken(failed_one))
    assert store.batch_upkeep.needed("here", [failed_one.id, waiting.id, "unknown"]) == {failed_one.id, waiting.id}
    assert store.batch_upkeep.needed("elsewhere", [waiting.id]) == frozenset()
    assert store.batch_upkeep.give_up_lost("new") == 0, "not as long as it may still be worked off elsewhere"
    long_ago = datetime.now(UTC) - timedelta(days=3)
    with store.database.session("make it old") as session:
        session.execute(update(Batch).values(created_at=long_ago))
        session.execute(update(BatchItem).where(BatchItem.id == failed_one.id).values(finished_at=long_ago))
    assert store.batch_upkeep.needed("here", [failed_one.id]) == frozenset()
    assert store.batch_upkeep.give_up_lost("here") == 0
    assert store.batch_upkeep.give_up_lost("new") == 2
    assert store.batches.get(ME, made).state == "done"
    assert store.batch_upkeep.forget(long_ago) == 0
    assert store.batch_upkeep.forget(datetime.now(UTC) + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("leave", ["open", "paused"])
def test_what_nobody_goes_on_with_goes_when_it_was_long_not_moved(store: Store, leave: str) -> None:
    made = batch(store, 2, closed=leave != "open")
    if leave == "paused":
        store.batches.pause(ME, made, paused=True)
    with store.database.session("make it old") as session:
        session.execute(update(Batch).values(created_at=datetime.now(UTC) - timedelta(days=400)))
        first = store.batches.items(ME, made)[0]
        session.execute(update(BatchItem).where(BatchItem.id == first.id).values(finished_at=datetime.now(UTC)))
    assert store.batch_upkeep.forget(datetime.now(UTC) - timedelta(days=365)) == 0, "moved today"
    assert store.batch_upkeep.forget(datetime.now(UTC) + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("odd", ["", "x" * 33, "a\x00b", "é", "../x"])
def test_an_odd_id_is_nobodys(store: Store, odd: str) -> None:
    made = batch(store, 1)
    asks = (
        lambda: store.batches.get(ME, odd),
        lambda: store.batches.item(ME, made, odd),
        lambda: store.batches.close(ME, odd),
        lambda: store.deliveries.of(ME, odd),
    )
    for ask in asks:
        with pytest.raises(BatchNotFound):
            ask()


def test_old_batches_go_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_upkeep, "FORGOTTEN_AT_ONCE", 2)
    never_closed, *old = [batch(store, 0, closed=False) for _ in range(6)]
    for made in old:
        store.batches.close(ME, made)
    assert store.batch_upkeep.forget(datetime.now(UTC) - timedelta(hours=1)) == 0
    at_work = batch(store, 1)
    assert store.batch_upkeep.forget(datetime.now(UTC) + timedelta(seconds=1)) == 6
    assert [one.id for one in store.batches.page(ME, None, 9)[0]] == [at_work]
    with pytest.raises(BatchNotFound):
        store.batches.get(ME, never_closed)
    other = batch(store, 1, owner="another")
    for _ in range(11):
        batch(store, 1)
    assert store.removal.everything(ME).batches == 12
    assert store.batches.page(ME, None, 9)[0] == () and store.batches.get("another", other).items == 1
