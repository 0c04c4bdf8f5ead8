"""What is kept, on SQLite and on PostgreSQL: owners, search, near duplicates, pictures by references, shares."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from brushwork.errors import NotFound, StoreError, VerdictNotFound
from brushwork.store.blobs import FolderBlobs
from brushwork.store.migrate import upgrade
from brushwork.store.phashes import MOST_DISTANCE, bands, distance
from brushwork.store.pictures import STRAY_AFTER_S
from brushwork.store.store import Store
from brushwork.store.tables import Share
from brushwork.verdict import Answer, Verdict

from .records import ANNA, BERT, OPTIONS, another, examined, saved

DATA = b"bytes of a picture"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def example() -> Verdict:
    return examined()


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "pictures")


@pytest.fixture
def store(url: str, blobs: FolderBlobs) -> Iterator[Store]:
    upgrade(url)
    opened = Store(url, blobs)
    yield opened
    opened.close()


def test_a_verdict_of_somebody_else_is_not_there(store: Store, example: Verdict) -> None:
    mine = saved(store, example, ANNA)
    for use in (
        lambda: store.verdicts.get(BERT, mine.id),
        lambda: store.verdicts.kept(BERT, mine.id),
        lambda: store.verdicts.describe(BERT, mine.id, note="mine now"),
        lambda: store.shares.make(BERT, mine.id, 1),
        lambda: store.shares.of(BERT, mine.id),
        lambda: store.pictures.read(BERT, mine.id),
        lambda: store.feedback.of(BERT, mine.id),
    ):
        with pytest.raises(VerdictNotFound):
            use()
    assert store.removal.verdicts(BERT, [mine.id]) == ()
    assert store.verdicts.page(BERT).verdicts == ()
    assert mine.input is not None and mine.model is not None
    sha, phash = str(mine.input.sha256), mine.input.phash
    assert store.verdicts.seen(BERT, sha, mine.model.sha256, OPTIONS) is None
    assert store.verdicts.near(BERT, phash, 6) == ()
    assert store.verdicts.get(ANNA, mine.id) == mine


@pytest.mark.parametrize("odd", ["", "x" * 33, "a\x00b", "é", "../x", "%", "_" * 22])
def test_an_odd_id_is_nobodys(store: Store, odd: str) -> None:
    with pytest.raises(VerdictNotFound):
        store.verdicts.get(ANNA, odd)


def test_search_is_literal_in_name_note_hash_and_id(store: Store, example: Verdict) -> None:
    one = saved(store, example, external_id="Straße_100%.png", sha256="abcdef12" + "0" * 56)
    two = saved(store, example, external_id="fox*.png", sha256="abcdef13" + "0" * 56)
    store.verdicts.describe(ANNA, two.id, note="<b>asked the ARTIST</b>; 50_50")

    def found(words: str) -> set[str]:
        return {v.id for v in store.verdicts.page(ANNA, words=words).verdicts}

    assert found("strasse") == found("STRASSE") == {one.id}  # the same on every database
    assert found("100%") == {one.id}
    assert found("%") == {one.id} and found("*") == {two.id} and found("_") == {one.id, two.id}
    assert found("artist</b>") == {two.id} and found("x%") == set() and found("o_") == set()
    assert found("abcdef1") == {one.id, two.id} and found("abcdef12") == {one.id}
    assert found("abcdef12" + "0" * 56) == {one.id}
    assert found(one.id) == {one.id} and found(one.id[:-1]) == set()
    store.verdicts.describe(ANNA, two.id, note=None)
    assert found("artist") == set()
    assert store.verdicts.page(ANNA, answer=Answer.MADE_WITH_AI, words="fox").verdicts == ()


def test_a_description_changes_only_what_is_said(store: Store, example: Verdict) -> None:
    verdict = saved(store, example, external_id="fox.png")
    store.verdicts.describe(ANNA, verdict.id, note="first")
    kept = store.verdicts.describe(ANNA, verdict.id, for_review=True)
    assert (kept.note, kept.for_review) == ("first", True)
    assert store.verdicts.get(ANNA, verdict.id) == verdict
    assert store.verdicts.page(ANNA, words="fox.png").verdicts == (verdict,)
    assert [v.id for v in store.verdicts.page_for_review().verdicts] == [verdict.id]
    assert store.verdicts.reviewed_owner(verdict.id) == ANNA
    store.verdicts.describe(ANNA, verdict.id, for_review=False)
    with pytest.raises(VerdictNotFound):
        store.verdicts.reviewed_owner(verdict.id)


def flipped(phash: str, bits: list[int]) -> str:
    value = int(phash, 16)
    for bit in bits:
        value ^= 1 << bit
    return f"{value:016x}"


def test_near_duplicates_are_all_found_up_to_the_distance_that_is_promised(store: Store, example: Verdict) -> None:
    draw = random.Random(7)
    middle = "9a3c5e7081f2d4b6"
    away = {}
    for bits in range(10):
        for _ in range(6):
            made = saved(store, example, phash=flipped(middle, draw.sample(range(64), bits)))
            away[made.id] = bits
    for _ in range(40):
        saved(store, example, phash=f"{draw.getrandbits(64):016x}")
    saved(store, example, BERT, phash=middle)
    for most in (0, 3, 6, MOST_DISTANCE):
        found = store.verdicts.near(ANNA, middle, most, limit=200)
        assert {one.id: one.distance for one in found} == {i: d for i, d in away.items() if d <= most}
        assert [one.distance for one in found] == sorted(one.distance for one in found)
    itself = next(iter(away))
    assert itself not in {one.id for one in store.verdicts.near(ANNA, middle, 6, but=itself)}
    assert len(store.verdicts.near(ANNA, middle, 6, limit=3)) == 3


def test_the_bands_are_those_of_the_hash() -> None:
    assert bands("0001000200030004") == (1, 2, 3, 4)
    assert distance("0" * 16, "f" * 16) == 64


def test_the_same_bytes_of_two_owners_are_one_file_until_the_last_lets_go(
    store: Store, example: Verdict, blobs: FolderBlobs
) -> None:
    anna, bert = saved(store, example, ANNA), saved(store, example, BERT)
    store.pictures.keep(anna.id, DATA)
    store.pictures.keep(bert.id, DATA)
    store.pictures.keep(bert.id, DATA)  # again: nothing happens
    assert list(blobs.older_than(-60)) == [DIGEST]
    store.removal.verdicts(ANNA, [anna.id])
    assert store.pictures.read(BERT, bert.id) == DATA
    store.pictures.drop(bert.id, "verdict")
    assert list(blobs.older_than(-60)) == []
    with pytest.raises(NotFound, match="not kept"):
        store.pictures.read(BERT, bert.id)


def test_a_picture_can_be_kept_for_the_feedback_alone(store: Store, example: Verdict, blobs: FolderBlobs) -> None:
    verdict = saved(store, example)
    assert store.pictures.keep_for_feedback(verdict.id) is False
    store.pictures.keep(verdict.id, DATA)
    assert store.pictures.keep_for_feedback(verdict.id) is True
    assert store.pictures.drop_older(datetime.now(UTC) + timedelta(days=1), 10) == 1
    assert store.pictures.read(ANNA, verdict.id) == DATA
    store.pictures.drop(verdict.id, "feedback")
    assert not blobs.has(DIGEST)


def test_a_picture_of_no_verdict_is_not_kept(store: Store, blobs: FolderBlobs) -> None:
    with pytest.raises(StoreError, match="could not keep the picture"):
        store.pictures.keep("nobody", DATA)
    assert store.pictures.sweep_strays(10) == 0  # not before its time: somebody may be about to write the row


def test_a_damaged_picture_is_told_and_not_given(store: Store, example: Verdict, blobs: FolderBlobs) -> None:
    verdict = saved(store, example)
    store.pictures.keep(verdict.id, DATA)
    blobs.path(DIGEST).write_bytes(b"something else")
    with pytest.raises(StoreError, match="damaged"):
        store.pictures.read(ANNA, verdict.id)


def test_what_a_crash_left_is_swept(
    store: Store, example: Verdict, blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = saved(store, example)
    store.pictures.keep(verdict.id, DATA)
    blobs.put(hashlib.sha256(b"stray").hexdigest(), b"stray")  # bytes without a row
    with store.database.session("test") as session:  # a row that nothing wants, with its bytes
        session.execute(text("insert into blobs values ('" + "0" * 64 + "', 1, '2026-01-01 00:00:00+00:00')"))
    blobs.put("0" * 64, b"x")
    assert STRAY_AFTER_S > 600
    monkeypatch.setattr("brushwork.store.pictures.STRAY_AFTER_S", -60.0)
    assert store.pictures.sweep_strays(10) == 2
    assert list(blobs.older_than(-60)) == [DIGEST]
    assert store.pictures.read(ANNA, verdict.id) == DATA


def test_keeping_and_removing_the_same_picture_at_once_loses_nothing(
    store: Store, example: Verdict, blobs: FolderBlobs
) -> None:
    """Whoever keeps it last has it: eight threads keep and drop the same bytes for verdicts of their own."""
    verdicts = [saved(store, example) for _ in range(8)]

    def work(verdict: Verdict) -> None:
        for _ in range(6):
            store.pictures.keep(verdict.id, DATA)
            assert store.pictures.read(ANNA, verdict.id) == DATA
            store.pictures.drop(verdict.id, "verdict")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, verdicts))
    assert list(blobs.older_than(-60)) == []
    with store.database.session("test") as session:
        assert session.execute(text("select count(*) from blobs")).scalar_one() == 0


def test_without_a_place_for_pictures_none_is_kept(url: str, example: Verdict) -> None:
    upgrade(url)
    store = Store(url)
    verdict = saved(store, example)
    with pytest.raises(StoreError, match="no place for pictures"):
        store.pictures.keep(verdict.id, DATA)
    assert store.removal.verdicts(ANNA, [verdict.id]) == (verdict.id,)
    assert store.pictures.sweep_strays(10) == 0
    store.close()


def test_a_share_is_good_until_it_expires_or_is_taken_back(store: Store, example: Verdict) -> None:
    verdict = saved(store, example, external_id="private-name.png")
    first, token = store.shares.make(ANNA, verdict.id, 7)
    second, other = store.shares.make(ANNA, verdict.id, 7)
    assert store.shares.verdict(token) == verdict.model_copy(update={"external_id": None})
    assert {one.id for one in store.shares.of(ANNA, verdict.id)} == {first.id, second.id}
    store.shares.take_back(ANNA, verdict.id, first.id)
    with pytest.raises(NotFound):
        store.shares.take_back(ANNA, verdict.id, first.id)
    with store.database.session("test") as session:
        session.execute(update(Share).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    for dead in (token, other, "", "x", "\x00", "ü" * 43):
        with pytest.raises(NotFound):
            store.shares.verdict(dead)
    assert store.shares.of(ANNA, verdict.id) == ()
    store.shares.make(ANNA, verdict.id, 1)
    with store.database.session("test") as session:
        assert session.execute(text("select count(*) from shares")).scalar_one() == 1  # those that are over go


def test_a_page_reads_no_more_than_its_rows(store: Store, example: Verdict) -> None:
    """The same order and cursor with a search as without one."""
    made = [saved(store, example, days=i, external_id=f"{'even' if i % 2 == 0 else 'odd'}-{i}") for i in range(9)]
    seen, after = [], None
    while True:
        page = store.verdicts.page(ANNA, after, 2, words="even")
        seen += [v.id for v in page.verdicts]
        after = page.after
        if after is None:
            break
    assert seen == [v.id for v in made if str(v.external_id).startswith("even")]
    assert [v.id for v, _ in store.verdicts.every(ANNA, at_once=4)] == [v.id for v in made]
    assert another(example).id not in seen
