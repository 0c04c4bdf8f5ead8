"""`Idempotency-Key`: sent again, a request is answered as before and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message
from structlog.testing import capture_logs

from brushwork.service import fingerprint
from brushwork.service.fingerprint import Fingerprint
from brushwork.store.idempotency import Claim

from .door import image, opened
from .keyed import Keyed, keyed

REPLAYED = "idempotency-replayed"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with keyed(tmp_path_factory.mktemp("again")) as running:
        yield running


def saved(client: TestClient, key: str, data: bytes, query: str = "save=true") -> tuple[int, dict, bool]:
    answer = client.post(f"/v1/verdicts?{query}", files=image(data), headers={"idempotency-key": key})
    return answer.status_code, answer.json(), REPLAYED in answer.headers


def test_the_same_request_is_answered_as_before_also_after_a_restart(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        status, first, replayed = saved(client, "one", painting)
        assert (status, replayed) == (200, False)
        assert saved(client, "one", painting) == (200, first, True)  # with another boundary of the form
        assert len(client.get("/v1/verdicts").json()["verdicts"]) == 1
        for data, query in (
            (painting + b" ", "save=true"),
            (painting, "save=false"),
            (painting, "save=true&explain=1"),
        ):
            status, problem, _ = saved(client, "one", data, query)
            assert (status, problem["type"]) == (422, "/problems/idempotency-conflict")
    with opened(tmp_path) as client:
        assert saved(client, "one", painting) == (200, first, True)
        client.delete(f"/v1/verdicts/{first['id']}")
        status, second, replayed = saved(client, "one", painting)  # nothing tells of what was deleted any more
        assert (status, replayed) == (200, False) and second["id"] != first["id"]


def test_a_refusal_is_kept_too_and_headers_come_back(client: TestClient) -> None:
    asked = {"files": image(b"text"), "headers": {"idempotency-key": "refusal"}}
    first, again = client.post("/v1/verdicts", **asked), client.post("/v1/verdicts", **asked)
    assert (first.status_code, again.status_code) == (415, 415)
    assert again.content == first.content
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers[REPLAYED] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


def test_another_form_of_the_answer_is_another_request(client: TestClient) -> None:
    def ask(accept: str) -> tuple[int, bool]:
        headers = {"idempotency-key": "form", "accept": accept}
        answer = client.post("/v1/verdicts", files=image(b"text"), headers=headers)
        return answer.status_code, REPLAYED in answer.headers

    assert ask("application/x-ndjson") == (200, False)  # the problem is in the last line
    assert ask("application/x-ndjson") == (200, True)
    assert ask("application/json") == (422, False)


def test_the_document_names_the_header_wherever_it_is_taken(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    posts = {path: said["post"] for path, said in paths.items() if "post" in said}
    named = {
        path for path, said in posts.items() if "Idempotency-Key" in {p["name"] for p in said.get("parameters", ())}
    }
    assert set(posts) - named == {
        "/v1/keys", "/v1/keys/{key_id}/rotate", "/v1/session", "/v1/verdicts/{verdict_id}/share",
    }  # fmt: skip
    assert all({"409", "422"} <= set(posts[path]["responses"]) for path in named)


def test_two_owners_may_use_the_same_key(service: Keyed) -> None:
    for key in (service.key("read", "write"), service.key("read", "write")):
        answer = service.ask(key, "POST", "/v1/verdicts", files=image(b"t"), headers={"idempotency-key": "x"})
        assert answer.status_code == 415 and REPLAYED not in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/v1/instance", 405), ("/v1/shared/nobody", 405), ("/v1/verdicts", 401)])
def test_a_stranger_with_a_key_of_that_kind_is_answered_as_without(service: Keyed, path: str, status: int) -> None:
    for headers in ({}, {"idempotency-key": "stranger"}):
        assert service.ask(None, "POST", path, headers=headers).status_code == status


def test_one_in_flight_is_told_and_a_dead_ones_claim_runs_out(service: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    key = service.key("read", "write")
    asked = {"files": image(b"t"), "headers": {"idempotency-key": "dead"}}
    claim = service.store.idempotency.claim(key[3:15], "dead")  # another process took it
    assert isinstance(claim, Claim)
    busy = service.ask(key, "POST", "/v1/verdicts", **asked)
    assert (busy.status_code, busy.json()["type"]) == (409, "/problems/idempotency-conflict")
    assert int(busy.headers["retry-after"]) > 0
    from datetime import timedelta

    from brushwork.store import idempotency

    monkeypatch.setattr(idempotency, "LEASE", timedelta(0))
    service.store.idempotency.renew(claim)  # ... and died
    monkeypatch.undo()
    assert service.ask(key, "POST", "/v1/verdicts", **asked).status_code == 415


def test_answers_of_trouble_that_passes_are_not_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from brushwork.errors import QueueFull

    def full() -> None:
        raise QueueFull("64 pictures wait already.", "Send it again in a few seconds.")

    asked = {"files": image(b"text"), "headers": {"idempotency-key": "later"}}
    monkeypatch.setattr(client.app.state.desk, "admit", full)
    assert client.post("/v1/verdicts", **asked).status_code == 429
    monkeypatch.undo()
    later = client.post("/v1/verdicts", **asked)
    assert later.status_code == 415 and REPLAYED not in later.headers


def test_a_fault_of_ours_gives_the_key_back(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    asked = {"files": image(b"text"), "headers": {"idempotency-key": "fault"}}
    monkeypatch.setattr(client.app.state.desk, "admit", broken)
    with capture_logs():  # drawing the traceback for a terminal takes seconds
        assert client.post("/v1/verdicts", **asked).status_code == 500
    monkeypatch.undo()
    assert client.post("/v1/verdicts", **asked).status_code == 415


def test_pictures_are_not_kept(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        asked = {"files": image(painting), "headers": {"idempotency-key": "picture"}}
        for _ in range(2):
            answer = client.post("/v1/annotated", **asked)
            assert answer.headers["content-type"] == "image/png" and REPLAYED not in answer.headers


@pytest.mark.parametrize("key", ["", "a" * 256, "with space", "naïve"])
def test_a_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    headers = [("idempotency-key", key.encode("latin-1"))]
    answer = client.post("/v1/verdicts", files=image(b"t"), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")


def test_two_keys_and_a_route_with_a_secret_are_refused(service: Keyed) -> None:
    admin = service.key("admin", "write")
    two = [("authorization", f"Bearer {admin}"), ("idempotency-key", "a"), ("idempotency-key", "b")]
    assert service.client.post("/v1/verdicts", files=image(b"t"), headers=two).status_code == 400
    asked = {"json": {"label": "x"}, "headers": {"idempotency-key": "k"}}
    refused = service.ask(admin, "POST", "/v1/keys", **asked)
    assert refused.status_code == 400 and "secret" in refused.json()["detail"]


def digest_of(body: bytes, pieces: int, boundary: str = "", path: str = "/v1/x") -> str:
    kind = f'multipart/form-data; boundary="{boundary}"' if boundary else "application/json"
    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": b"a=1",
        "headers": [(b"content-type", kind.encode()), (b"transfer-encoding", b"chunked")],
    }  # fmt: skip
    parts = [body[i : i + pieces] for i in range(0, len(body), pieces)]

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def run() -> str:
        asked = Fingerprint(scope, receive)
        await asked.read_all()
        assert asked.complete
        return await asked.digest()

    return asyncio.run(run())


@pytest.mark.parametrize("pieces", [1, 3, 7, 1000])
def test_a_fingerprint_depends_on_the_bytes_and_not_on_their_pieces_or_boundary(
    monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(fingerprint, "PIECE", 4)

    def form(boundary: str, data: str = "data") -> bytes:
        return f'--{boundary}\r\nname="a"\r\n\r\n{data}--{boundary}x\r\n--{boundary}--\r\n'.encode()

    whole = digest_of(form("aabaa"), 10_000, "aabaa")
    assert digest_of(form("aabaa"), pieces, "aabaa") == whole
    assert digest_of(form("0123456789"), pieces, "0123456789") == whole
    assert digest_of(form("aabaa", "dota"), pieces, "aabaa") != whole
    assert digest_of(form("aabaa"), pieces, "aabaa", path="/v1/y") != whole
    assert digest_of(b"{}", pieces) != digest_of(b"{ }", pieces)


def test_a_client_that_leaves_has_no_fingerprint() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    asked = Fingerprint({"method": "POST", "path": "/", "query_string": b"", "headers": [(b"content-length", b"9")],
                         "type": "http"}, gone)  # fmt: skip
    asyncio.run(asked.read_all())
    assert not asked.complete
