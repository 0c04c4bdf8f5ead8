"""What time does to what is kept, on SQLite and on PostgreSQL, and what a wrong clock does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from brushwork.errors import VerdictNotFound
from brushwork.store.batch_facts import NewBatch
from brushwork.store.blobs import FolderBlobs
from brushwork.store.decisions import Picture, Reviewer
from brushwork.store.migrate import upgrade
from brushwork.store.retention import EVERY_S, Clock, Periods, Retention, Tidied
from brushwork.store.store import Store
from brushwork.verdict import Verdict

from .records import ANNA, BERT, examined, saved

PERIODS = Periods(timedelta(days=100), timedelta(days=10))
HOUR = timedelta(hours=1)


class Hands:
    """A clock that a test moves: `pass_by` moves the time of day and the steady clock, `set` only the time of day."""

    def __init__(self) -> None:
        self.time, self.seconds = datetime.now(UTC), 1000.0
        self.clock = Clock(lambda: self.time, lambda: self.seconds)

    def pass_by(self, how_long: timedelta) -> None:
        self.time += how_long
        self.seconds += how_long.total_seconds()


@pytest.fixture(scope="module")
def example() -> Verdict:
    return examined()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    upgrade(url)
    opened = Store(url, FolderBlobs(tmp_path / "pictures"))
    yield opened
    opened.close()


@pytest.fixture
def hands() -> Hands:
    return Hands()


def janitor(store: Store, hands: Hands) -> Retention:
    return Retention(store.database, store.removal, store.pictures, store.batch_upkeep, hands.clock)


def left(store: Store, *verdicts: Verdict) -> list[bool]:
    found = {v.id for owner in (ANNA, BERT) for v, _ in store.verdicts.every(owner)}
    return [v.id in found for v in verdicts]


def test_what_is_old_enough_goes_with_its_picture_and_the_rest_stays(
    store: Store, example: Verdict, hands: Hands
) -> None:
    old, other, fresh = (
        saved(store, example, days=101),
        saved(store, example, BERT, days=300),
        saved(store, example, days=99),
    )
    for verdict in (old, fresh):
        store.pictures.keep(verdict.id, verdict.id.encode())
    with store.database.session("test") as session:
        session.execute(text("update kept_pictures set created_at = '2020-01-01 00:00:00+00:00'"))
    due = janitor(store, hands).due(PERIODS)
    assert (due.verdicts, due.pictures, due.done_at, due.last) == (2, 2, None, None)
    done = janitor(store, hands).tidy(PERIODS)
    assert done == Tidied(verdicts=2, pictures=1)
    assert left(store, old, other, fresh) == [False, False, True]
    assert store.verdicts.kept(ANNA, fresh.id).picture_at is None
    assert list(FolderBlobs(Path(store.pictures._blobs._folder)).older_than(-60)) == []
    after = janitor(store, hands).due(PERIODS)
    assert (after.verdicts, after.pictures, after.last) == (0, 0, done)
    assert after.done_at is not None


def test_many_go_in_bounded_batches(
    store: Store, example: Verdict, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts = [saved(store, example, days=200) for _ in range(7)]
    monkeypatch.setattr("brushwork.store.retention.AT_ONCE", 2)
    monkeypatch.setattr("brushwork.store.retention.MOST_ROUNDS", 2)
    monkeypatch.setattr(store.removal, "older", lambda before, older=store.removal.older: older(before, 2))
    steps = [janitor(store, hands).tidy(PERIODS, sure=True) for _ in range(3)]
    assert [step.verdicts for step in steps if step] == [4, 3, 0]
    assert not any(left(store, *verdicts))


def test_a_clock_set_ahead_by_less_than_the_retention_loses_nothing_that_is_young(
    store: Store, example: Verdict, hands: Hands
) -> None:
    verdict, hour = saved(store, example), janitor(store, hands)
    assert hour.tidy(PERIODS) == Tidied()
    hands.time += timedelta(days=99)
    for _ in range(3):
        hands.pass_by(HOUR)
        assert hour.tidy(PERIODS) is not None
    assert left(store, verdict) == [True]


def test_a_clock_that_jumped_ahead_is_not_believed_at_once(store: Store, example: Verdict, hands: Hands) -> None:
    verdict, hour = saved(store, example), janitor(store, hands)
    assert hour.tidy(PERIODS) == Tidied()
    hands.time += timedelta(days=500)
    hands.pass_by(HOUR)
    assert hour.tidy(PERIODS) == Tidied(held=True)
    hands.time -= timedelta(days=500)  # it was put right within the hour
    hands.pass_by(HOUR)
    assert hour.tidy(PERIODS) == Tidied(held=True)
    hands.pass_by(HOUR)
    assert hour.tidy(PERIODS) == Tidied()
    assert left(store, verdict) == [True]
    hands.time += timedelta(days=500)  # and where it stays like that, it is the time
    hands.pass_by(HOUR)
    assert hour.tidy(PERIODS) == Tidied(held=True)
    hands.pass_by(HOUR)
    assert hour.tidy(PERIODS) == Tidied(verdicts=1)


def test_a_clock_set_back_only_makes_things_stay(store: Store, example: Verdict, hands: Hands) -> None:
    verdict, old, hour = saved(store, example), saved(store, example, days=101), janitor(store, hands)
    hands.time -= timedelta(days=3000)
    for _ in range(3):
        hour.tidy(PERIODS)
        hands.pass_by(HOUR)
    assert left(store, verdict, old) == [True, True]
    hands.time += timedelta(days=3000)
    hour.tidy(PERIODS)
    hands.pass_by(HOUR)
    assert hour.tidy(PERIODS) == Tidied(verdicts=1)
    assert left(store, verdict, old) == [True, False]


def test_a_start_after_a_long_time_waits_for_the_second_look(store: Store, example: Verdict, hands: Hands) -> None:
    saved(store, example, days=80)
    assert janitor(store, hands).tidy(PERIODS) == Tidied()
    hands.pass_by(timedelta(days=30))
    second_start = janitor(store, hands)
    assert second_start.tidy(PERIODS) == Tidied(held=True)
    hands.pass_by(timedelta(seconds=EVERY_S))
    assert second_start.tidy(PERIODS) == Tidied(verdicts=1)


def test_whoever_is_sure_of_the_clock_need_not_wait(store: Store, example: Verdict, hands: Hands) -> None:
    saved(store, example)
    hour = janitor(store, hands)
    hour.tidy(PERIODS)
    hands.time += timedelta(days=500)
    assert hour.tidy(PERIODS, sure=True) == Tidied(verdicts=1)


def test_one_process_at_a_time_and_a_dead_one_holds_nobody_up(store: Store, hands: Hands) -> None:
    one, other = janitor(store, hands), janitor(store, hands)
    assert one._lease(hands.time) is not None
    assert other.tidy(PERIODS) is None
    hands.pass_by(timedelta(minutes=11))  # it died, and its lease ran out
    assert other.tidy(PERIODS) == Tidied()
    assert one._lease(hands.time + timedelta(days=900)) is not None  # a lease of a clock that was far ahead
    assert other.tidy(PERIODS) is not None


def test_batches_decisions_and_shares_go_with_time_too(store: Store, example: Verdict, hands: Hands) -> None:
    verdict = saved(store, example)
    store.shares.make(ANNA, verdict.id, 1)
    batch = store.batches.create(NewBatch(owner=ANNA), [])
    store.batches.close(ANNA, batch.id)
    store.decisions.add(Picture(ANNA, "item", "gone"), Reviewer(ANNA), "accept", None)
    store.decisions.add(Picture(ANNA, "verdict", verdict.id), Reviewer(ANNA), "accept", None)
    hands.pass_by(timedelta(days=99))
    assert janitor(store, hands).tidy(PERIODS) == Tidied()
    with store.database.session("test") as session:
        assert session.execute(text("select count(*) from shares")).scalar_one() == 0
        assert session.execute(text("select count(*) from decisions")).scalar_one() == 1
    hands.pass_by(timedelta(days=2))
    done = janitor(store, hands).tidy(PERIODS, sure=True)
    assert done is not None and (done.verdicts, done.batches) == (1, 1)
    with pytest.raises(VerdictNotFound):
        store.verdicts.get(ANNA, verdict.id)


def test_a_failed_look_lets_go_of_its_lease(store: Store, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = janitor(store, hands), janitor(store, hands)

    def broken(*_: object) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(one, "_delete", broken)
    with pytest.raises(RuntimeError):
        one.tidy(PERIODS)
    assert other.tidy(PERIODS) == Tidied()
