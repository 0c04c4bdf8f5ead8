"""Migrations with data in every table, and the indexes that the queries use, told by the databases themselves."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from brushwork.errors import StoreError
from brushwork.failures import new_id
from brushwork.store.decisions import Picture, Reviewer
from brushwork.store.engine import open_engine
from brushwork.store.feedback import Given
from brushwork.store.migrate import downgrade, newest, upgrade
from brushwork.store.phashes import bands, candidates, same
from brushwork.store.store import Store
from brushwork.store.tables import Decision, Feedback, KeptPicture, SavedVerdict, Share
from brushwork.store.verdicts import page_query
from brushwork.verdict import Answer, Verdict

from .records import ANNA, BERT, LOCAL, examined, saved

ROWS = 3000
FORMER = ("id", "created_at", "sha256", "phash", "bundle_sha256", "options", "answer", "probability", "channel", "body")


@pytest.fixture(scope="module")
def example() -> Verdict:
    return examined()


def former_row(verdict: Verdict) -> dict[str, Any]:
    """The row as the first version of the tables had it."""
    assert verdict.input is not None and verdict.model is not None
    return dict(zip(FORMER, (
        new_id(), verdict.created_at.isoformat(sep=" "), verdict.input.sha256, verdict.input.phash,
        verdict.model.sha256, "options", verdict.answer, verdict.probability, "http", verdict.to_json(),
    ), strict=True))  # fmt: skip


def test_rows_of_the_first_version_belong_to_local_and_are_found_by_everything(url: str, example: Verdict) -> None:
    assert upgrade(url, "0001") == "0001"
    named = example.model_copy(update={"external_id": "Old Fox.png"})
    rows = [former_row(named) for _ in range(3)]
    engine = open_engine(url)
    columns, values = ", ".join(FORMER), ", ".join(f":{name}" for name in FORMER)
    with engine.begin() as connection:
        connection.execute(text(f"insert into verdicts ({columns}) values ({values})"), rows)
    assert upgrade(url) == newest()
    store = Store(url)
    ids = {row["id"] for row in rows}
    assert {kept.id for kept in store.verdicts.page(LOCAL).kept} == ids
    assert store.verdicts.page(BERT).verdicts == ()
    assert store.verdicts.page(LOCAL, words="old fox").verdicts == store.verdicts.page(LOCAL).verdicts
    assert named.input is not None
    assert {one.id for one in store.verdicts.near(LOCAL, named.input.phash, 6)} == ids
    assert store.verdicts.page(LOCAL).verdicts[0] == named
    with pytest.raises(StoreError), store.database.session("test") as session:  # no later row gets an owner unasked
        session.execute(text(f"insert into verdicts ({columns}) values ({values})"), [former_row(named)])
    store.close()
    assert downgrade(url, "0001") == "0001"
    with engine.connect() as connection:
        assert set(connection.execute(text("select id from verdicts")).scalars()) == ids
        assert json.loads(json.dumps(connection.execute(text("select answer from verdicts")).scalars().all()))
    assert {c["name"] for c in inspect(engine).get_columns("verdicts")} == set(FORMER)
    engine.dispose()
    assert upgrade(url) == newest()


def test_down_and_up_with_data_in_every_table(url: str, example: Verdict) -> None:
    upgrade(url)
    store = Store(url)
    verdict = saved(store, example, LOCAL)
    store.shares.make(LOCAL, verdict.id, 3)
    store.feedback.give(LOCAL, verdict.id, Given("human", "made_it"), 10)
    store.decisions.add(Picture(LOCAL, "verdict", verdict.id), Reviewer(LOCAL, "Ann"), "accept", "fine")
    store.close()
    assert downgrade(url, "0002") == "0002"
    assert upgrade(url) == newest()
    again = Store(url)
    assert again.verdicts.get(LOCAL, verdict.id) == verdict
    assert again.decisions.of("verdict", verdict.id) == ()  # they had no place there
    again.close()


def test_decisions_are_only_added(url: str, example: Verdict) -> None:
    upgrade(url)
    store = Store(url)
    store.decisions.add(Picture(ANNA, "verdict", "x"), Reviewer(ANNA), "accept", None)
    with pytest.raises(StoreError) as caught, store.database.session("change a decision") as session:
        session.execute(text("update decisions set decision = 'refuse'"))
    assert isinstance(caught.value.__cause__, DBAPIError)
    store.close()


@pytest.fixture
def filled(url: str, example: Verdict) -> Iterator[Session]:
    """A database with enough rows that an index is worth it, of two owners."""
    upgrade(url)
    draw, now = random.Random(3), datetime.now(UTC)
    body = example.model_copy(update={"regions": None}).to_dict()
    rows = []
    for i in range(ROWS):
        phash = f"{draw.getrandbits(64):016x}"
        rows.append({
            "id": new_id(), "owner": ANNA if i % 20 == 0 else f"key-{i % 20}", "created_at": now - timedelta(minutes=i),
            "sha256": f"{i:064x}", "phash": phash, "bundle_sha256": "b", "options": "o",
            "answer": draw.choice(list(Answer)).value,
            "probability": 0.5, "channel": "http", "for_review": i % 100 == 0, "words": f"name-{i}.png", "body": body,
            **{f"band{n}": value for n, value in enumerate(bands(phash))},
        })  # fmt: skip
    engine = open_engine(url)
    with Session(engine) as session:
        session.execute(insert(SavedVerdict), rows)
        session.execute(insert(KeptPicture), [
            {"verdict_id": row["id"], "purpose": "verdict", "sha256": row["sha256"], "created_at": row["created_at"]}
            for row in rows[::3]
        ])  # fmt: skip
        session.execute(insert(Decision), [
            {"id": new_id(), "owner": row["owner"], "subject": "verdict", "subject_id": row["id"], "reviewer": "r",
             "reviewer_name": "", "decision": "accept", "created_at": now} for row in rows
        ])  # fmt: skip
        session.execute(insert(Feedback), [
            {"id": new_id(), "owner": row["owner"], "verdict_id": row["id"], "created_at": row["created_at"],
             "label": "ai", "basis": "made_it", "consent_store_image": False, "consent_training": False,
             "state": "new" if i < 50 else "accepted"} for i, row in enumerate(rows)
        ])  # fmt: skip
        session.execute(insert(Share), [
            {"id": new_id(), "verdict_id": row["id"], "token_sha256": row["sha256"], "created_at": now,
             "expires_at": now} for row in rows
        ])  # fmt: skip
        session.commit()
        session.execute(text("analyze"))
        session.commit()
        yield session
    engine.dispose()


def of_verdicts() -> dict[str, tuple[Executable, str]]:
    """What the store asks of saved verdicts, and the index that answers it."""
    now, pages = datetime.now(UTC), (SavedVerdict.created_at.desc(), SavedVerdict.id.desc())
    verdict = select(SavedVerdict.id)
    mine = verdict.where(SavedVerdict.owner == ANNA)
    digest = "0" * 61 + "7d1"
    return {
        "page": (page_query(ANNA, None, "").limit(50), "ix_verdicts_owner_created_at_id"),
        "page of an answer": (
            page_query(ANNA, Answer.LOOKS_AI, "").limit(50), "ix_verdicts_owner_answer_created_at_id",
        ),
        "search": (page_query(ANNA, None, "name-77").limit(50), "ix_verdicts_owner_"),  # any of them
        "search by digest": (
            page_query(ANNA, None, digest).limit(50), "ix_verdicts_owner_sha256_bundle_sha256_options",
        ),
        "seen before": (
            mine.where(SavedVerdict.sha256 == "x", SavedVerdict.bundle_sha256 == "b", SavedVerdict.options == "o")
            .order_by(SavedVerdict.created_at.desc()).limit(1),
            "ix_verdicts_owner_sha256_bundle_sha256_options_created_at",
        ),
        "same": (same(ANNA, "9a3c5e7081f2d4b6", 9), "ix_verdicts_owner_band0"),
        "near": (candidates(ANNA, "9a3c5e7081f2d4b6"), "ix_verdicts_owner_band"),
        "for review": (
            verdict.where(SavedVerdict.for_review).order_by(*pages).limit(50), "ix_verdicts_for_review_created_at_id",
        ),
        "old": (
            verdict.where(SavedVerdict.created_at < now - timedelta(days=1))
            .order_by(SavedVerdict.created_at, SavedVerdict.id).limit(9),
            "ix_verdicts_created_at_id",
        ),
    }  # fmt: skip


def of_others() -> dict[str, tuple[Executable, str]]:
    """The same for what belongs to verdicts."""
    now = datetime.now(UTC)
    return {
        "shared": (select(Share.id).where(Share.token_sha256 == "x"), "ix_shares_token_sha256"),
        "shares of": (select(Share.id).where(Share.verdict_id == "x"), "ix_shares_verdict_id"),
        "wanted": (select(KeptPicture.purpose).where(KeptPicture.sha256 == "x"), "ix_kept_pictures_sha256"),
        "old pictures": (
            select(KeptPicture.verdict_id).where(
                KeptPicture.purpose == "verdict", KeptPicture.created_at < now - timedelta(days=1)
            ).order_by(KeptPicture.created_at).limit(9),
            "ix_kept_pictures_purpose_created_at",
        ),
        "feedback to review": (
            select(Feedback.id).where(Feedback.state == "new")
            .order_by(Feedback.created_at.desc(), Feedback.id.desc()).limit(9),
            "ix_feedback_state_created_at_id",
        ),
        "feedback of a day": (
            select(func.count()).where(Feedback.owner == ANNA, Feedback.created_at > now - timedelta(minutes=9)),
            "ix_feedback_owner_created_at_id",
        ),
        "decisions on": (
            select(Decision.id).where(Decision.subject == "verdict", Decision.subject_id == "x")
            .order_by(Decision.created_at, Decision.id),
            "ix_decisions_subject_subject_id_created_at_id",
        ),
    }  # fmt: skip


def test_every_query_has_its_index(filled: Session) -> None:
    sqlite = filled.get_bind().dialect.name == "sqlite"
    explain = "explain query plan " if sqlite else "explain "
    for name, (asked, index) in {**of_verdicts(), **of_others()}.items():
        compiled = asked.compile(filled.get_bind(), compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        plan = filled.connection().exec_driver_sql(explain + str(compiled), _bound(compiled, sqlite)).all()
        told = "\n".join(str(row) for row in plan)
        assert index in told, f"{name}: {told}"
        scans = ("SCAN verdicts", "SCAN feedback", "SCAN decisions") if sqlite else ("Seq Scan",)
        assert not any(scan in told and f"{scan} USING" not in told for scan in scans), f"{name}: {told}"
        sorts = "TEMP B-TREE FOR ORDER BY" in told  # PostgreSQL may rather sort so few rows
        assert name == "search by digest" or not sorts, f"{name}: {told}"  # that one has a handful of rows


def _bound(compiled: Any, sqlite: bool) -> Any:
    """The values of a compiled query, as its driver takes them."""
    values = compiled.construct_params()
    for name, bind in compiled.binds.items():
        prepare = bind.type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)
        if prepare is not None and name in values:
            values[name] = prepare(values[name])
    return tuple(values[name] for name in compiled.positiontup) if sqlite else values
