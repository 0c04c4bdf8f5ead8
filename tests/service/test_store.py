"""The store, the same on SQLite and on PostgreSQL: save, find, page, delete, and the migrations with data in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from brushwork.errors import RequestRefused, SettingsError, StoreError, VerdictNotFound
from brushwork.examine import Examiner
from brushwork.failures import failed, new_id
from brushwork.store.batch_facts import NewBatch, NewItem
from brushwork.store.batch_queue import Holder
from brushwork.store.engine import open_engine
from brushwork.store.migrate import downgrade, newest, upgrade
from brushwork.store.store import Store
from brushwork.store.tables import Base
from brushwork.store.verdicts import options_key
from brushwork.verdict import Answer, Verdict
from tests.made.drawings import drawn, encoded

OPTIONS = options_key(explain=False, stability=False, version="1", trust_list="none")
LOCAL = "local"
START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture(scope="module")
def example() -> Verdict:
    return Examiner.from_bundle("default").examine(encoded(drawn("painterly", (300, 200), 1)), explain=True)


def another(verdict: Verdict, minutes: int = 0, **changed: object) -> Verdict:
    return verdict.model_copy(update={"id": new_id(), "created_at": START + timedelta(minutes=minutes), **changed})


def test_what_was_saved_comes_back_byte_for_byte(store: Store, example: Verdict) -> None:
    verdict = another(example, external_id="naïve ✓ \U0001f3a8")
    store.verdicts.save(LOCAL, verdict, OPTIONS)
    assert store.verdicts.get(LOCAL, verdict.id).to_json() == verdict.to_json()


def test_a_deleted_verdict_is_gone_and_cannot_be_deleted_twice(store: Store, example: Verdict) -> None:
    kept, gone = another(example), another(example)
    for verdict in (kept, gone):
        store.verdicts.save(LOCAL, verdict, OPTIONS)
    store.removal.verdicts(LOCAL, [gone.id])
    with pytest.raises(VerdictNotFound):
        store.verdicts.get(LOCAL, gone.id)
    assert store.removal.verdicts(LOCAL, [gone.id]) == ()
    assert store.verdicts.get(LOCAL, kept.id) == kept


def test_pages_follow_each_other_newest_first_without_gap_or_repeat(store: Store, example: Verdict) -> None:
    saved = [another(example, minutes=i // 3) for i in range(10)]  # three at the same moment
    for verdict in saved:
        store.verdicts.save(LOCAL, verdict, OPTIONS)
    seen, after = [], None
    while True:
        page = store.verdicts.page(LOCAL, after, limit=4)
        seen += page.verdicts
        if len(seen) == 4:
            store.removal.verdicts(LOCAL, [page.verdicts[-1].id])  # the cursor holds although its verdict is gone
            store.verdicts.save(LOCAL, another(example, minutes=99), OPTIONS)  # a newer one does not shift the pages
        if page.after is None:
            break
        after = page.after
    assert [v.id for v in seen] == [v.id for v in sorted(saved, key=lambda v: (v.created_at, v.id), reverse=True)]


def test_a_page_can_be_of_one_answer(store: Store, example: Verdict) -> None:
    looks, cannot = another(example, answer=Answer.LOOKS_AI), another(example, answer=Answer.CANNOT_TELL)
    for verdict in (looks, cannot):
        store.verdicts.save(LOCAL, verdict, OPTIONS)
    assert [v.id for v in store.verdicts.page(LOCAL, answer=Answer.LOOKS_AI).verdicts] == [looks.id]
    assert store.verdicts.page(LOCAL, answer=Answer.MADE_WITH_AI).verdicts == ()


@pytest.mark.parametrize("cursor", ["", "x", "====", "MjAyNg", "bm90IGEgdGltZXx4", "MjAyNi0wMS0wMXx4", "é"])
def test_a_bad_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(RequestRefused, match="cursor"):
        store.verdicts.page(LOCAL, cursor)


def test_seen_means_the_same_bytes_bundle_and_options(store: Store, example: Verdict) -> None:
    old, new = another(example), another(example, minutes=5)
    for verdict in (old, new):
        store.verdicts.save(LOCAL, verdict, OPTIONS)
    assert example.input is not None and example.model is not None
    digest, bundle = str(example.input.sha256), example.model.sha256
    assert store.verdicts.seen(LOCAL, digest, bundle, OPTIONS) == new
    assert store.verdicts.seen(LOCAL, "0" * 64, bundle, OPTIONS) is None
    assert store.verdicts.seen(LOCAL, digest, "0" * 64, OPTIONS) is None
    for change in ({"explain": True}, {"stability": True}, {"version": "2"}, {"trust_list": "f" * 64}):
        other = {"explain": False, "stability": False, "version": "1", "trust_list": "none"} | change
        assert store.verdicts.seen(LOCAL, digest, bundle, options_key(**other)) is None


def test_a_verdict_without_an_answer_or_a_file_is_not_saved(store: Store, example: Verdict) -> None:
    assert example.input is not None
    bare = another(example, input=example.input.model_copy(update={"sha256": None}))
    for verdict in (failed(VerdictNotFound("x")), bare):
        with pytest.raises(ValueError, match="only the verdict of an examined file"):
            store.verdicts.save(LOCAL, verdict, OPTIONS)


def test_an_id_is_never_overwritten(store: Store, example: Verdict) -> None:
    verdict = another(example)
    store.verdicts.save(LOCAL, verdict, OPTIONS)
    with pytest.raises(StoreError, match="could not save"):
        store.verdicts.save(LOCAL, verdict.model_copy(update={"external_id": "other"}), OPTIONS)
    assert store.verdicts.get(LOCAL, verdict.id).external_id is None


def test_migrations_go_up_and_down_with_data_in_the_tables(url: str, example: Verdict) -> None:
    assert upgrade(url) == newest()
    store = Store(url)
    verdict = another(example)
    store.verdicts.save(LOCAL, verdict, OPTIONS)
    assert upgrade(url) == newest()  # again: nothing happens
    assert store.verdicts.get(LOCAL, verdict.id) == verdict
    batch = store.batches.create(NewBatch(LOCAL, reexamine=True), [NewItem(new_id(), "a.png")]).id
    store.close()
    assert downgrade(url, "0004") == "0004"
    assert upgrade(url) == newest()
    store = Store(url)
    assert store.verdicts.get(LOCAL, verdict.id) == verdict
    (held,) = store.batch_queue.claim(Holder("t", "i", "", 60), 1)
    assert (held.batch_id, held.external_id, held.reexamine) == (batch, "a.png", False)
    store.close()
    assert downgrade(url, "base") == "base"
    engine = create_engine(open_engine(url).url)
    assert "verdicts" not in inspect(engine).get_table_names()
    engine.dispose()
    assert upgrade(url) == newest()
    fresh = Store(url)
    assert fresh.verdicts.page(LOCAL).verdicts == ()
    fresh.close()


def test_the_migrations_build_what_the_tables_say(url: str) -> None:
    upgrade(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert differences == []


def test_the_state_of_the_store_is_told(url: str) -> None:
    store = Store(url)
    assert store.database.state() == "behind"
    upgrade(url)
    assert store.database.state() == "ok"
    store.close()


def test_missing_tables_name_the_command_that_builds_them(url: str) -> None:
    store = Store(url)
    with pytest.raises(StoreError, match="brushwork db upgrade"):
        store.verdicts.page(LOCAL)
    store.close()


def test_a_database_that_is_away_is_told_without_its_address() -> None:
    store = Store("postgresql://someone:hunter2@127.0.0.1:1/nothing")
    assert store.database.state() == "unreachable"
    with pytest.raises(StoreError, match="could not list the verdicts") as caught:
        store.verdicts.page(LOCAL)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://me:hunter2@host/db", "sqlite+nope://", "postgresql+nope://x/y"]
)
def test_a_url_that_cannot_be_used_is_a_setting_and_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="BRUSHWORK_DATABASE_URL") as caught:
        Store(url)
    assert "hunter2" not in str(caught.value)


def test_sqlite_is_opened_as_it_should_be(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    with engine.connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "secure_delete")
        }
    engine.dispose()
    assert values == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000, "secure_delete": 1}


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    upgrade(url)
    store = Store(url)
    monkeypatch.setattr("brushwork.store.database.MIN_FREE_BYTES", 10**18)
    assert store.database.state() == "full"
    store.close()


def test_two_stores_on_one_file_write_at_once(tmp_path: Path, example: Verdict) -> None:
    from concurrent.futures import ThreadPoolExecutor

    url = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    upgrade(url)
    stores = [Store(url), Store(url)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda i: stores[i % 2].verdicts.save(LOCAL, another(example, i), OPTIONS), range(40)))
    assert len(stores[0].verdicts.page(LOCAL, limit=100).verdicts) == 40
    for store in stores:
        store.close()
