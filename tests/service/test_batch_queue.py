"""The queue of batches in the database, the same on SQLite and PostgreSQL: leases, turns, ends (S3-31, S3-38)."""

from __future__ import annotations

import threading

import pytest

from brushwork.errors import BatchConflict, BatchNotFound
from brushwork.failures import new_id
from brushwork.store.batch_facts import NewBatch, NewItem, Ticket
from brushwork.store.batch_queue import Holder
from brushwork.store.store import Store
from brushwork.store.tables import Batch, BatchItem
from brushwork.verdict import Answer

from .queued import ME, batch, broken, holder, items


def all_of(store: Store, who: Holder) -> list[Ticket]:
    found: list[Ticket] = []
    while some := store.batch_queue.claim(who, 3):
        found += some
    return found


def test_items_come_in_order_and_the_batch_ends_with_the_last(store: Store) -> None:
    made, who = batch(store, 5), holder()
    assert store.batches.get(ME, made).state == "waiting"
    held = all_of(store, who)
    assert [one.external_id for one in held] == [f"{n}.png" for n in range(5)]
    assert store.batches.get(ME, made).state == "running"
    for one in held:
        assert store.batch_queue.finish(one, who.token, broken(one))
    facts = store.batches.get(ME, made)
    assert (facts.state, facts.counts, facts.left) == ("done", {"failed": 5}, 0)
    assert [item.verdict for item in store.batches.items(ME, made)] != [None] * 5


def test_a_result_is_written_once_and_only_by_who_holds_the_lease(store: Store) -> None:
    made, who, other = batch(store, 1), holder(), holder("two:8000")
    (held,) = store.batch_queue.claim(who, 1)
    assert not store.batch_queue.finish(held, other.token, broken(held))
    assert store.batch_queue.finish(held, who.token, broken(held))
    assert not store.batch_queue.finish(held, who.token, broken(held))
    assert store.batches.get(ME, made).counts == {"failed": 1}


def test_batches_take_turns(store: Store) -> None:
    many, few = batch(store, 50), batch(store, 2)
    who, turn, seen = holder(), "", []
    for _ in range(4):
        (held,) = store.batch_queue.claim(who, 1, turn)
        turn = held.batch_id
        seen.append(turn)
    assert sorted(seen) == sorted([many, many, few, few])


def test_leases_of_an_earlier_run_are_free_at_the_start_and_others_when_they_ran_out(store: Store) -> None:
    batch(store, 3)
    before, live, gone = holder(), holder("two:8000"), holder("three:8000", seconds=-1)
    for one in (before, live, gone):
        assert len(store.batch_queue.claim(one, 1)) == 1
    again = holder()  # the same instance, another run of it
    assert store.batch_queue.free(again) == 1, "only what ran out"
    assert store.batch_queue.free(again, at_start=True) == 1, "and its own at its start"
    assert sorted(one.attempts for one in all_of(store, again)) == [2, 2]
    store.batch_queue.renew(again)
    assert store.batch_queue.free(live) == 0


def test_a_picture_that_took_two_processes_with_it_gets_an_error(store: Store) -> None:
    made = batch(store, 1)
    for _ in range(2):
        gone = holder("gone:1", seconds=-1)
        assert len(store.batch_queue.claim(gone, 1)) == 1
        store.batch_queue.free(holder())
    assert store.batch_queue.claim(holder(), 1) == ()
    (item,) = store.batches.items(ME, made)
    assert item.state == "failed" and item.verdict is not None and item.verdict.error is not None
    assert item.verdict.error.type == "worker-lost" and "2 times" in item.verdict.error.detail
    assert store.batches.get(ME, made).state == "done"
    assert store.batches.retry(ME, made, item.id).state == "waiting"
    assert store.batches.get(ME, made).state == "running"
    assert [one.attempts for one in store.batch_queue.claim(holder(), 1)] == [1]


def test_what_was_given_back_unbegun_counts_as_never_tried(store: Store) -> None:
    batch(store, 1)
    who = holder()
    held = store.batch_queue.claim(who, 1)
    store.batch_queue.release(held, who.token, begun=False)
    held = store.batch_queue.claim(who, 1)
    assert held[0].attempts == 1
    store.batch_queue.release(held, who.token, begun=True)
    assert store.batch_queue.claim(who, 1)[0].attempts == 2


def test_a_process_takes_only_what_lies_in_its_own_folder_and_any_url(store: Store) -> None:
    store.batches.create(NewBatch(owner=ME), items(2, "elsewhere"))
    assert store.batch_queue.claim(holder(), 5) == ()
    store.batches.create(NewBatch(owner=ME), [NewItem(new_id(), "far", url="https://example.org/a.png")])
    assert [one.url for one in store.batch_queue.claim(holder(), 5)] == ["https://example.org/a.png"]
    assert len(store.batch_queue.claim(holder(spool="elsewhere"), 5)) == 2


def test_pause_holds_back_what_waits(store: Store) -> None:
    made, who = batch(store, 2), holder()
    (held,) = store.batch_queue.claim(who, 1)
    assert store.batches.pause(ME, made, paused=True).state == "paused"
    assert store.batch_queue.claim(who, 1) == ()
    assert store.batch_queue.finish(held, who.token, broken(held)), "what is in hand is finished"
    store.batches.pause(ME, made, paused=False)
    assert len(store.batch_queue.claim(who, 5)) == 1


def test_cancel_gives_up_everything_without_a_result(store: Store) -> None:
    made, who = batch(store, 4, webhook="https://example.org/hook"), holder()
    done, held = store.batch_queue.claim(who, 2)
    store.batch_queue.finish(done, who.token, broken(done))
    assert held.id in store.batches.cancel(ME, made)
    assert not store.batch_queue.finish(held, who.token, broken(held))
    facts = store.batches.get(ME, made)
    assert (facts.state, facts.counts) == ("cancelled", {"failed": 1, "cancelled": 3})
    assert store.batches.cancel(ME, made) == (), "again is the same as once"
    assert [d.event for d in store.deliveries.of(ME, made)] == ["batch.cancelled"]
    with pytest.raises(BatchConflict):
        store.batches.pause(ME, made, paused=True)
    with pytest.raises(BatchConflict):
        store.batches.retry(ME, made, done.id)


def test_an_open_batch_takes_more_knows_its_keys_and_ends_when_it_is_closed(store: Store) -> None:
    made, who = batch(store, 0, closed=False), holder()
    first = [NewItem(new_id(), "a", spool="here", client_key="k1"), NewItem(new_id(), "b", spool="here")]
    assert store.batches.add(ME, made, first, 10) == (first[0].id, first[1].id)
    again = [
        NewItem(new_id(), "a", spool="here", client_key="k1"),
        NewItem(new_id(), "c", spool="here", client_key="k2"),
    ]
    assert store.batches.add(ME, made, again, 10) == (again[1].id,)
    with pytest.raises(BatchConflict, match="at most 4"):
        store.batches.add(ME, made, items(2), 4)
    for held in all_of(store, who):
        store.batch_queue.finish(held, who.token, broken(held))
    assert store.batches.get(ME, made).state == "open"
    assert store.batches.close(ME, made).state == store.batches.close(ME, made).state == "done"
    with pytest.raises(BatchConflict, match="no more"):
        store.batches.add(ME, made, items(1), 10)


def test_a_batch_of_somebody_else_is_not_there(store: Store) -> None:
    made = batch(store, 1, owner="another")
    item = store.batches.items("another", made)[0].id
    for ask in (
        lambda: store.batches.get(ME, made),
        lambda: store.batches.items(ME, made),
        lambda: store.batches.item(ME, made, item),
        lambda: store.batches.add(ME, made, [], 10),
        lambda: store.batches.close(ME, made),
        lambda: store.batches.pause(ME, made, paused=True),
        lambda: store.batches.retry(ME, made, item),
        lambda: store.batches.cancel(ME, made),
        lambda: store.batches.purge(ME, made),
        lambda: store.deliveries.of(ME, made),
    ):
        with pytest.raises(BatchNotFound):
            ask()
    assert store.batches.page(ME, None, 5) == ((), None)
    with pytest.raises(BatchNotFound):
        store.batches.item("another", made, new_id())


def test_pages_of_batches_and_items(store: Store) -> None:
    made = [batch(store, 1) for _ in range(5)]
    first, after = store.batches.page(ME, None, 3)
    second, end = store.batches.page(ME, after, 3)
    assert [one.id for one in (*first, *second)] == made[::-1] and end is None
    large, who = batch(store, 7), holder()
    page = store.batches.items(ME, large, limit=4)
    rest = store.batches.items(ME, large, after=page[-1].position)
    assert [one.position for one in (*page, *rest)] == list(range(7))
    assert store.batches.items(ME, large, states=("failed",)) == ()
    assert store.batches.items(ME, large, answer=Answer.LOOKS_AI) == ()
    assert len(store.batch_queue.claim(who, 9)) > 0


def test_purge_removes_everything(store: Store) -> None:
    made = batch(store, 3, webhook="https://example.org/hook")
    store.batches.cancel(ME, made)
    assert len(store.batches.purge(ME, made)) == 3
    with store.database.session("look") as session:
        assert session.query(BatchItem).count() == session.query(Batch).count() == 0


def test_many_at_once_lease_every_item_once(store: Store) -> None:
    batch(store, 40)
    seen: list[str] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        who = holder(f"p:{number}")
        idle = 0
        while idle < 3:
            some = store.batch_queue.claim(who, 2)
            idle = 0 if some else idle + 1
            with lock:
                seen.extend(one.id for one in some)
            for one in some:
                assert store.batch_queue.finish(one, who.token, broken(one))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(seen) == len(set(seen)) == 40


def test_a_message_is_sent_by_one_process_and_noted(store: Store) -> None:
    made = batch(store, 0, closed=False, webhook="https://example.org/hook")
    store.batches.close(ME, made)
    (due,) = store.deliveries.due(5, 60.0)
    assert (due.url, due.secret, due.tries) == ("https://example.org/hook", "whsec_AAAA", 0)
    assert '"type":"batch.completed"' in due.body
    assert store.deliveries.due(5, 60.0) == (), "it is in hand"
    store.deliveries.tried(due.id, "refused", 500, "pending", -1.0)
    assert [one.tries for one in store.deliveries.due(5, 60.0)] == [1]
    store.deliveries.tried(due.id, "accepted", 204, "delivered", 0.0)
    assert store.deliveries.due(5, 60.0) == ()
    (noted,) = store.deliveries.of(ME, made)
    assert [one["status"] for one in noted.tries] == [500, 204] and noted.next_at is None
    store.batches.purge(ME, made)
    store.deliveries.tried(due.id, "accepted", 204, "delivered", 0.0)  # it went with its batch
