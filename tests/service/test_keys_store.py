"""Keys, sessions, the audit log, idempotency records and the choice of a model, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from brushwork.errors import NotFound, RequestRefused, StoreError, Unauthenticated
from brushwork.store import idempotency, keys
from brushwork.store.idempotency import Answered, Claim
from brushwork.store.store import Store


def hours(number: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=number)


def test_a_key_is_given_once_and_kept_as_a_hash(store: Store) -> None:
    facts, key = store.keys.create("jury", ["write", "read"], by="cli", expires_at=hours(1))
    assert keys.KEY.fullmatch(key)
    assert key.startswith(f"bw_{facts.id}_")
    assert (facts.label, facts.scopes, facts.last_used_at) == ("jury", {"read", "write"}, None)
    with store.database.session("look") as session:
        (row,) = session.execute(text("select * from api_keys")).mappings()
    assert key not in str(dict(row)) and key.rpartition("_")[2] not in str(dict(row))
    assert store.keys.verified(key).id == facts.id


@pytest.mark.parametrize("change", ["x", "short", "other id", "other secret", "upper"])
def test_a_key_that_is_not_exactly_right_is_refused(store: Store, change: str) -> None:
    _, key = store.keys.create("jury", ["read"], by="cli")
    _, other = store.keys.create("stock", ["read"], by="cli")
    wrong = {
        "x": "x",
        "short": key[:-1],
        "other id": key[:3] + "0" * 12 + key[15:],
        "other secret": key[:16] + other[16:],
        "upper": key.upper(),
    }[change]
    with pytest.raises(Unauthenticated):
        store.keys.verified(wrong)


def test_an_expired_or_revoked_key_is_refused_and_says_so(store: Store) -> None:
    _, expired = store.keys.create("old", ["read"], by="cli", expires_at=hours(-1))
    with pytest.raises(Unauthenticated, match="expired on"):
        store.keys.verified(expired)
    assert not store.keys.any_usable()
    facts, key = store.keys.create("new", ["read"], by="cli")
    assert store.keys.any_usable()
    token, _ = store.keys.open_session(facts.id)
    store.keys.revoke(facts.id, by="cli")
    store.keys.revoke(facts.id, by="cli")
    assert not store.keys.any_usable()
    with pytest.raises(Unauthenticated, match="revoked"):
        store.keys.verified(key)
    with pytest.raises(Unauthenticated, match="session is over"):
        store.keys.of_session(token)
    with pytest.raises(NotFound):
        store.keys.rotate(facts.id, by="cli")
    with pytest.raises(NotFound):
        store.keys.revoke("0" * 12, by="cli")


def test_a_rotated_key_keeps_its_owner_and_the_former_one_ends(store: Store) -> None:
    facts, first = store.keys.create("jury", ["read"], by="cli")
    _, second = store.keys.rotate(facts.id, by="cli", overlap=timedelta(hours=1))
    assert store.keys.verified(first).id == store.keys.verified(second).id == facts.id
    _, third = store.keys.rotate(facts.id, by="cli")
    assert store.keys.verified(third).scopes == {"read"}
    for gone in (first, second):
        with pytest.raises(Unauthenticated):
            store.keys.verified(gone)


def test_the_last_use_is_noted_at_most_once_a_minute(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _, key = store.keys.create("jury", ["read"], by="cli")

    def last_use() -> datetime | None:
        return store.keys.all()[0].last_used_at

    store.keys.verified(key)
    noted = last_use()
    store.keys.verified(key)
    assert noted is not None and last_use() == noted
    monkeypatch.setattr(keys, "USE_NOTED_EVERY", timedelta(0))
    store.keys.verified(key)
    assert (last_use() or noted) > noted


def test_a_session_ends_by_itself_or_when_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    facts, _ = store.keys.create("page", ["read"], by="cli")
    token, until = store.keys.open_session(facts.id)
    assert until > hours(11)
    assert store.keys.of_session(token).id == facts.id
    store.keys.close_session(token)
    store.keys.close_session(token)
    monkeypatch.setattr(keys, "SESSION_LIFE", timedelta(seconds=-1))
    over, _ = store.keys.open_session(facts.id)
    for gone in (token, over, "never"):
        with pytest.raises(Unauthenticated):
            store.keys.of_session(gone)


def test_every_act_on_a_key_is_in_the_audit_log_newest_first(store: Store) -> None:
    facts, _ = store.keys.create("jury", ["read"], by="cli")
    store.keys.rotate(facts.id, by="0123456789ab")
    store.keys.revoke(facts.id, by="0123456789ab")
    store.activations.choose("art-1", "f" * 64, by="local")
    store.audit.record("local", "delete verdict", "an-id")
    first = store.audit.page(limit=3)
    rest = store.audit.page(first.after, limit=3)
    told = [(act.who, act.what, act.target) for act in (*first.acts, *rest.acts)]
    assert told == [
        ("local", "delete verdict", "an-id"),
        ("local", "activate model", "art-1"),
        ("0123456789ab", "revoke key", facts.id),
        ("0123456789ab", "rotate key", facts.id),
        ("cli", "create key", facts.id),
    ]
    assert rest.after is None
    with pytest.raises(RequestRefused, match="cursor"):
        store.audit.page("nonsense")


@pytest.mark.parametrize("statement", ["update audit_log set who = 'nobody'", "delete from audit_log"])
def test_the_database_refuses_to_change_the_audit_log(store: Store, statement: str) -> None:
    store.audit.record("local", "delete verdict", "an-id")
    with pytest.raises(StoreError), store.database.session("rewrite history") as session:
        session.execute(text(statement))
    assert [act.who for act in store.audit.page().acts] == ["local"]


GIVEN = Answered("f" * 64, 200, {"content-type": "application/json"}, b'{"id": "\xc3\xa9"}')


def claimed(store: Store, owner: str = "a", key: str = "k") -> Claim:
    claim = store.idempotency.claim(owner, key)
    assert isinstance(claim, Claim)
    return claim


def test_an_idempotency_key_is_claimed_once_and_answers_afterwards(store: Store) -> None:
    claim = claimed(store)
    assert store.idempotency.claim("a", "k") is None
    claimed(store, owner="b")  # another owner's key of the same name
    store.idempotency.finish(claim, GIVEN)
    assert store.idempotency.claim("a", "k") == GIVEN
    store.idempotency.release(claim)  # no longer its to give back
    assert store.idempotency.claim("a", "k") == GIVEN


def test_of_many_at_once_one_gets_the_claim(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: store.idempotency.claim("a", "k"), range(24)))
    assert sum(isinstance(outcome, Claim) for outcome in outcomes) == 1
    assert outcomes.count(None) == 23


def test_a_claim_that_is_given_back_or_left_can_be_taken_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.idempotency.release(claimed(store))
    monkeypatch.setattr(idempotency, "LEASE", timedelta(0))
    left = claimed(store)  # its process dies here
    monkeypatch.undo()
    taken = claimed(store)
    store.idempotency.finish(left, GIVEN)  # it was not dead after all: too late
    assert store.idempotency.claim("a", "k") is None
    store.idempotency.finish(taken, GIVEN)
    assert store.idempotency.claim("a", "k") == GIVEN


def test_a_renewed_claim_holds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "LEASE", timedelta(0))
    claim = claimed(store)
    monkeypatch.undo()
    store.idempotency.renew(claim)
    assert store.idempotency.claim("a", "k") is None


def test_answers_are_forgotten_after_a_day_or_with_what_they_tell_of(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.idempotency.finish(claimed(store), GIVEN, subjects=["some_id", "other-id"])
    store.idempotency.forget("b", "some_id")
    store.idempotency.forget("a", "some%id")
    assert store.idempotency.claim("a", "k") == GIVEN
    store.idempotency.forget("a", "some_id")
    store.idempotency.finish(claimed(store), GIVEN)
    monkeypatch.setattr(idempotency, "KEPT", timedelta(0))
    claimed(store)


def test_the_last_choice_of_a_model_counts(store: Store) -> None:
    assert store.activations.current() is None
    store.activations.choose("art-1", "a" * 64, by="cli")
    last = store.activations.choose("art-1", "b" * 64, by="cli")
    assert store.activations.current() == last
    assert (last.name, last.sha256) == ("art-1", "b" * 64)
