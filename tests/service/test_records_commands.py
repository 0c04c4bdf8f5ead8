"""`brushwork db tidy` and `brushwork feedback`, on a store with something in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brushwork.cli import main
from brushwork.settings import load_settings
from brushwork.store.feedback import Given
from brushwork.store.migrate import upgrade
from brushwork.store.store import Store, open_store
from brushwork.verdict import Verdict

from .records import ANNA, examined, saved

Called = Callable[..., str]


@pytest.fixture(scope="module")
def example() -> Verdict:
    return examined()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRUSHWORK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setenv("BRUSHWORK_PICTURES", str(tmp_path / "pictures"))
    load_settings.cache_clear()
    upgrade(load_settings().database_url)
    opened = open_store(load_settings())
    yield opened
    opened.close()
    load_settings.cache_clear()


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str]) -> Called:
    """Run a command that succeeds, and give what it printed."""

    def _called(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        assert not ended.value.code
        return capsys.readouterr().out

    return _called


def test_tidy_counts_first_and_deletes_then(store: Store, example: Verdict, called: Called) -> None:
    old, fresh = saved(store, example, days=400), saved(store, example)
    assert called("db", "tidy", "--dry-run") == "1 verdicts and 0 pictures are old enough to go.\n"
    assert store.verdicts.get(ANNA, old.id) == old
    assert called("db", "tidy") == "Deleted 1 verdicts, 0 pictures, 0 batches.\n"
    assert [kept.id for kept in store.verdicts.page(ANNA).kept] == [fresh.id]


def test_only_accepted_feedback_with_consent_is_handed_over(
    store: Store, example: Verdict, called: Called, tmp_path: Path
) -> None:
    data = b"bytes of a picture"
    digest = hashlib.sha256(data).hexdigest()
    handed = saved(store, example, sha256=digest)
    store.pictures.keep(handed.id, data, "feedback")
    consent = {"consent_training": True, "consent_store_image": True}
    given = store.feedback.give(ANNA, handed.id, Given("human", "made_it", **consent), 9)
    no_consent = store.feedback.give(ANNA, saved(store, example).id, Given("human", "made_it"), 9)
    waiting = store.feedback.give(ANNA, saved(store, example).id, Given("ai", "made_it", consent_training=True), 9)
    for one in (given, no_consent):
        store.feedback.decide(one.id, "judge", "accepted", None, own=False)
    listed = [json.loads(line)["id"] for line in called("feedback", "list").splitlines()]
    assert set(listed) == {given.id, no_consent.id, waiting.id}
    assert [json.loads(line)["id"] for line in called("feedback", "list", "--state", "new").splitlines()] == [
        waiting.id
    ]
    (line,) = called("feedback", "export", "--pictures", "handed").splitlines()
    assert (json.loads(line)["id"], json.loads(line)["sha256"]) == (given.id, digest)
    assert [path.name for path in (tmp_path / "handed").iterdir()] == [digest]
    assert (tmp_path / "handed" / digest).read_bytes() == data
