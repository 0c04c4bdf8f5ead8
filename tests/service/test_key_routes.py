"""Keys over HTTP: who gets in, with what, and what is answered to everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from brushwork.service.access import COOKIE
from brushwork.service.callers import SCOPES

from .keyed import Keyed, keyed


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with keyed(tmp_path_factory.mktemp("keyed")) as running:
        yield running


@pytest.fixture(autouse=True)
def _forgotten(service: Keyed) -> Iterator[None]:
    """No cookie and no throttled address from one test to the next."""
    yield
    service.client.cookies.clear()
    service.client.app.state.access._failures._buckets.clear()


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health", "/version", "/", "/docs", "/openapi.json",
                                  "/static/page.css", "/problems/unauthenticated"])  # fmt: skip
def test_some_paths_are_open_to_everybody(service: Keyed, path: str) -> None:
    assert service.client.get(path).status_code in (200, 503)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/verdicts"), ("POST", "/v1/verdicts"), ("POST", "/predict"), ("POST", "/batch-predict"),
     ("GET", "/v1/models"), ("GET", "/metrics"), ("GET", "/v1/keys"), ("GET", "/v1/session"), ("GET", "/nowhere"),
     ("GET", "/v1/audit"), ("POST", "/v1/models/art-1/activate"), ("HEAD", "/v1/verdicts")],
)  # fmt: skip
def test_everything_else_asks_for_a_key(service: Keyed, method: str, path: str) -> None:
    answer = service.ask(None, method, path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    if method != "HEAD":
        assert answer.json()["type"] == "/problems/unauthenticated"
        assert "brushwork keys create" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", "/v1/verdicts", 200), ("write", "GET", "/v1/verdicts", 403),
        ("read", "POST", "/v1/verdicts", 403), ("write", "POST", "/v1/verdicts", 415),
        ("read", "DELETE", "/v1/verdicts/none", 403), ("write", "DELETE", "/v1/verdicts/none", 404),
        ("read", "GET", "/metrics", 403), ("metrics", "GET", "/metrics", 200), ("admin", "GET", "/metrics", 200),
        ("read", "GET", "/v1/keys", 403), ("admin", "GET", "/v1/keys", 200), ("review", "GET", "/v1/audit", 403),
        ("admin", "GET", "/v1/audit", 200), ("write", "POST", "/v1/models/none/activate", 403),
        ("admin", "POST", "/v1/models/none/activate", 404), ("admin", "GET", "/v1/verdicts", 403),
        ("metrics", "GET", "/v1/session", 200),
    ],
)  # fmt: skip
def test_a_key_may_do_what_its_scopes_say(service: Keyed, scope: str, method: str, path: str, status: int) -> None:
    answer = service.ask(service.key(scope), method, path)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/forbidden"
        assert "scope" in answer.json()["detail"]


@pytest.mark.parametrize("case", ["expired", "revoked", "unknown", "no key", "basic", "empty", "twice", "lower"])
def test_a_key_that_is_not_good_is_refused_and_says_why(service: Keyed, case: str) -> None:
    good = service.key("read")
    expired = service.key("read", expires_at=datetime.now(UTC) - timedelta(hours=1))
    revoked = service.key("read")
    service.store.keys.revoke(revoked[3:15], by="cli")
    sent, words = {
        "expired": ([f"Bearer {expired}"], "expired on"),
        "revoked": ([f"Bearer {revoked}"], "revoked"),
        "unknown": ([f"Bearer {good[:-1]}{'A' if good[-1] != 'A' else 'B'}"], "not one of this service"),
        "no key": (["Bearer hunter2"], "no key"),
        "basic": (["Basic dXNlcjpwYXNz"], "Bearer"),
        "empty": ([""], "Bearer"),
        "twice": ([f"Bearer {good}", f"Bearer {good}"], "once"),
        "lower": ([f"bearer {good}"], ""),
    }[case]
    answer = service.client.get("/v1/verdicts", headers=[("authorization", value) for value in sent])
    assert answer.status_code == (200 if case == "lower" else 401)
    assert words in answer.text
    assert good not in answer.text


@pytest.mark.parametrize("name", ["key", "api_key", "x"])
def test_a_key_in_the_address_is_refused_even_a_good_one(service: Keyed, name: str) -> None:
    key = service.key("read")
    answer = service.client.get(f"/v1/verdicts?{name}={key}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")
    assert "Revoke" in answer.json()["detail"] and key not in answer.text


def test_an_administrator_makes_lists_rotates_and_revokes(service: Keyed) -> None:
    admin = service.key("admin")
    made = service.ask(admin, "POST", "/v1/keys", json={"label": "jury\u202e 2026", "days": 1})
    assert made.status_code == 201
    entry = made.json()
    assert (entry["label"], entry["scopes"], entry["usable"]) == ("jury 2026", ["read", "write"], True)
    assert service.ask(entry["key"], "GET", "/v1/verdicts").status_code == 200
    rotated = service.ask(admin, "POST", f"/v1/keys/{entry['id']}/rotate").json()
    assert service.ask(entry["key"], "GET", "/v1/verdicts").status_code == 401
    assert service.ask(rotated["key"], "GET", "/v1/session").json()["owner"] == entry["id"]
    assert service.ask(admin, "DELETE", f"/v1/keys/{entry['id']}").status_code == 204
    assert service.ask(rotated["key"], "GET", "/v1/verdicts").status_code == 401
    listed = service.ask(admin, "GET", "/v1/keys")
    assert [k["usable"] for k in listed.json()["keys"] if k["id"] == entry["id"]] == [False]
    assert rotated["key"] not in listed.text and '"key"' not in listed.text
    acts = service.ask(admin, "GET", "/v1/audit?limit=3").json()["acts"]
    assert [(a["who"], a["what"], a["target"]) for a in acts] == [
        (admin[3:15], what, entry["id"]) for what in ("revoke key", "rotate key", "create key")
    ]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, "label"), ({"label": ""}, "label"), ({"label": "\u200b"}, "label"), ({"label": "a" * 81}, "label"),
        ({"label": "a", "scopes": ["root"]}, "scopes"), ({"label": "a", "scopes": []}, "scopes"),
        ({"label": "a", "days": 0}, "days"), ({"label": "a", "owner": "b"}, "owner"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_made_names_the_field(service: Keyed, asked: dict[str, object], names: str) -> None:
    answer = service.ask(service.key("admin"), "POST", "/v1/keys", json=asked)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-value")
    assert names in answer.json()["errors"][0]["field"]


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/keys/none"), ("POST", "/v1/keys/none/rotate")])
def test_a_key_that_is_not_there_cannot_be_changed(service: Keyed, method: str, path: str) -> None:
    assert service.ask(service.key("admin"), method, path).status_code == 404


def test_a_browser_shows_the_key_once_and_then_has_a_cookie(service: Keyed) -> None:
    key = service.key("read", "write")
    opened = service.client.post("/v1/session", json={"key": key})
    assert opened.status_code == 201
    assert opened.json() == {
        "owner": key[3:15], "label": "a test", "scopes": ["read", "write"], "keys_required": True
    }  # fmt: skip
    cookie = opened.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"):
        assert part in cookie
    assert "Secure" not in cookie and key not in cookie
    assert service.client.get("/v1/verdicts").status_code == 200
    assert service.client.get("/v1/session").json()["owner"] == key[3:15]
    kept = service.client.cookies[COOKIE]
    closed = service.client.delete("/v1/session")
    assert closed.status_code == 204 and "Max-Age=0" in closed.headers["set-cookie"]
    assert service.client.get("/v1/verdicts", headers={"cookie": f"{COOKIE}={kept}"}).status_code == 401


def test_a_session_ends_with_its_key(service: Keyed) -> None:
    key = service.key("read")
    service.client.post("/v1/session", json={"key": key})
    service.ask(service.key("admin"), "DELETE", f"/v1/keys/{key[3:15]}")
    assert service.client.get("/v1/verdicts").status_code == 401


def test_two_session_cookies_are_refused(service: Keyed) -> None:
    answer = service.client.get("/v1/verdicts", headers={"cookie": f"{COOKIE}=a; other=1; {COOKIE}=b"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")


def test_a_wrong_key_opens_no_session(service: Keyed) -> None:
    answer = service.client.post("/v1/session", json={"key": "bw_nonsense"})
    assert answer.status_code == 401 and "set-cookie" not in answer.headers
    assert "nonsense" not in answer.text


def test_on_this_machine_nobody_is_asked_and_a_proxys_header_is_left_to_it(client: TestClient) -> None:
    local = {"owner": "local", "label": "", "scopes": sorted(SCOPES), "keys_required": False}
    assert client.get("/v1/session").json() == local
    for header in ("Basic dXNlcjpwYXNz", "Bearer eyJhbGciOi"):
        assert client.get("/v1/session", headers={"authorization": header}).json() == local
    assert client.get("/v1/session", headers={"cookie": f"{COOKIE}=stale"}).json() == local
    wrong = {"authorization": "Bearer bw_0123456789ab_" + "A" * 43}
    assert client.get("/v1/session", headers=wrong).status_code == 401


def test_what_one_key_saved_is_not_anothers_and_its_deletion_is_audited(service: Keyed, painting: bytes) -> None:
    mine, yours, admin = service.key("read", "write"), service.key("read", "write"), service.key("admin")
    form = {"files": {"image": ("a.png", painting)}}
    saved = service.ask(mine, "POST", "/v1/verdicts?save=true", **form).json()["id"]
    assert service.ask(mine, "GET", f"/v1/verdicts/{saved}").status_code == 200
    for method in ("GET", "DELETE"):
        assert service.ask(yours, method, f"/v1/verdicts/{saved}").status_code == 404
    assert service.ask(mine, "DELETE", f"/v1/verdicts/{saved}").status_code == 204
    (act,) = service.ask(admin, "GET", "/v1/audit?limit=1").json()["acts"]
    assert (act["who"], act["target"]) == (mine[3:15], saved)
    assert act["what"] == "DELETE /v1/verdicts/{verdict_id}"


@pytest.mark.parametrize(("query", "hint"), [("explane=true", "did you mean explain?"), ("zzz=1", "stability")])
def test_an_unknown_parameter_is_refused_with_the_near_spelling(client: TestClient, query: str, hint: str) -> None:
    answer = client.post(f"/v1/verdicts?{query}", files={"image": b"x"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-value")
    assert hint in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("path", ["/livez", "/", "/v1/verdicts", "/static/page.css", "/v1/models/art-1/card"])
def test_head_answers_as_get_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == got.headers.get(name)
    assert client.head("/check").status_code == 405
