"""Batches over HTTP: handed over in seconds, done in the background, followed, taken home (S3-31, S3-38, S3-41)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from brushwork.service import spool as spools
from brushwork.service.spool import Spool
from brushwork.store.migrate import upgrade

from .batches import done, files, picture, until, zipped
from .door import image, opened
from .keyed import keyed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def service(folder: Path, url: str) -> Iterator[TestClient]:
    """A service on a database of each kind."""
    upgrade(url)
    with opened(folder, database_url=url, max_batch_items=400) as running:
        yield running


def hand_over(client: TestClient, *named: tuple[str, bytes], query: str = "", **fields: str) -> str:
    answer = client.post(f"/v1/batches{query}", files=files(*named), data=fields)
    assert answer.status_code == 202, answer.text
    status_url: str = answer.json()["status_url"]
    assert answer.headers["location"] == status_url
    return status_url


def uploads(folder: Path) -> list[str]:
    """What waits on the disk."""
    return [path.name for path in (folder / "spool").iterdir() if path.name != "spool-id"]


def test_three_hundred_files_with_ten_broken_ones(service: TestClient, folder: Path) -> None:
    one = picture()
    named = [(f"{n}.png", one[: n + 20] if n % 30 == 7 else one) for n in range(300)]
    batch = hand_over(service, *named, name="a \x1b[31mname")
    said = done(service, batch)
    assert (said["state"], said["items"], said["name"]) == ("done", 300, "a [31mname")
    assert said["counts"] == {"waiting": 0, "leased": 0, "done": 290, "failed": 10, "cancelled": 0}
    assert sum(said["answers"].values()) == 290
    lines = [json.loads(line) for line in service.get(said["results_url"]).text.splitlines()]
    assert [line["external_id"] for line in lines] == [name for name, _ in named]
    broken = [line for line in lines if line["error"]]
    assert len(broken) == 10
    assert all(line["answer"] is None and line["error"]["detail"] and line["error"]["advice"] for line in broken)
    assert uploads(folder) == []


def test_a_zip_and_files_beside_it_with_the_options_that_were_asked(service: TestClient) -> None:
    archive = zipped([("art/a.png", picture(1)), ("art/", b""), ("__MACOSX/._a.png", b"x"), ("b.png", picture(2))])
    batch = hand_over(service, ("all.zip", archive), ("c.png", picture(3)), query="?stability=true&save=true")
    assert done(service, batch)["counts"]["done"] == 3
    items = service.get(f"{batch}/items").json()["items"]
    assert [item["external_id"] for item in items] == ["art/a.png", "b.png", "c.png"]
    assert all(item["verdict"]["stability"] for item in items)
    kept = service.get("/v1/verdicts").json()["verdicts"]
    assert {v["id"] for v in kept} == {item["verdict"]["id"] for item in items}


def test_pages_of_items_follow_each_other_and_can_be_of_one_kind(service: TestClient) -> None:
    batch = hand_over(service, *((f"{n}", picture(n)) for n in range(5)), ("bad", b"no picture"))
    done(service, batch)
    first = service.get(f"{batch}/items?limit=4")
    rest = service.get(first.headers["link"].partition("<")[2].partition(">")[0]).json()
    assert [i["position"] for i in (*first.json()["items"], *rest["items"])] == list(range(6))
    assert rest["after"] is None
    (bad,) = service.get(f"{batch}/items?state=failed").json()["items"]
    assert bad["verdict"]["error"]["type"] == "unsupported-media-type"
    answer = service.get(f"{batch}/items").json()["items"][0]["verdict"]["answer"]
    assert len(service.get(f"{batch}/items?answer={answer}").json()["items"]) >= 1
    listed = service.get("/v1/batches?limit=1").json()
    assert listed["batches"][0]["id"] == batch.rpartition("/")[2] and listed["after"] is None


def test_while_nothing_changes_the_etag_says_so(service: TestClient) -> None:
    batch = hand_over(service, ("a", picture()))
    done(service, batch)
    tag = service.get(batch).headers["etag"]
    assert service.get(batch, headers={"If-None-Match": tag}).status_code == 304


def test_an_open_batch_grows_four_at_a_time_and_a_repeated_upload_is_harmless(
    service: TestClient, folder: Path
) -> None:
    batch = service.post("/v1/batches?open=true", json={"name": "page"}).json()["status_url"]
    for key, seed in (("k0", 0), ("k1", 1), ("k0", 0)):
        answer = service.post(f"{batch}/items?item_key={key}", files=files((f"{key}.png", picture(seed))))
        assert answer.status_code == 202
    assert answer.json() == {"added": 0, "items": 2}
    several = service.post(f"{batch}/items?item_key=k1", files=files(("x", picture(2)), ("y", picture(3))))
    assert several.json() == {"added": 2, "items": 4}, "of several, the keys are k1.0 and k1.1"
    until(lambda: service.get(batch).json(), lambda said: said["counts"]["done"] == 4)
    assert service.get(batch).json()["state"] == "open"
    assert service.post(f"{batch}/close").json()["state"] == "done"
    late = service.post(f"{batch}/items", files=files(("late", picture())))
    assert (late.status_code, late.json()["type"]) == (409, "/problems/batch-conflict")
    assert [i["key"] for i in service.get(f"{batch}/items").json()["items"]] == ["k0", "k1", "k1.0", "k1.1"]
    assert uploads(folder) == []


def test_pause_resume_and_cancel(service: TestClient, folder: Path) -> None:
    batch = service.post("/v1/batches?open=true").json()["status_url"]
    assert service.post(f"{batch}/pause").json()["state"] == "paused"
    service.post(f"{batch}/items", files=files(*((f"{n}", picture(n)) for n in range(8))))
    service.post(f"{batch}/close")
    assert len(uploads(folder)) == 8, "they wait"
    assert service.get(batch).json()["counts"]["waiting"] == 8
    assert service.post(f"{batch}/resume").json()["state"] in ("waiting", "running")
    until(lambda: service.get(batch).json(), lambda said: said["counts"]["done"] >= 1)
    assert service.delete(batch).status_code == 204
    said = service.get(batch).json()
    assert said["state"] in ("cancelled", "done")
    assert said["counts"]["waiting"] == said["counts"]["leased"] == 0
    assert len(service.get(f"{batch}/results").text.splitlines()) == said["counts"]["done"]
    assert uploads(folder) == []
    assert service.post(f"{batch}/pause").status_code == 409
    assert service.delete(f"{batch}?purge=true").status_code == 204
    assert service.get(batch).status_code == service.get(f"{batch}/results").status_code == 404


def test_deleting_everything_removes_uploads_too(service: TestClient, folder: Path) -> None:
    batch = service.post("/v1/batches?open=true").json()["status_url"]
    service.post(f"{batch}/pause")
    service.post(f"{batch}/items", files=files(("a", picture(1)), ("b", picture(2))))
    assert len(uploads(folder)) == 2
    gone = service.delete("/v1/everything?confirm=everything")
    assert gone.json() == {"verdicts": 0, "batches": 1}
    assert uploads(folder) == []


def test_a_failed_url_can_be_tried_again_and_a_damaged_upload_cannot(service: TestClient) -> None:
    ordered = {"urls": ["http://127.0.0.1/a.png", {"url": "ftp://b/c", "external_id": "=two", "key": "k"}]}
    batch = service.post("/v1/batches", json=ordered).json()["status_url"]
    assert done(service, batch)["counts"]["failed"] == 2
    first, second = service.get(f"{batch}/items").json()["items"]
    assert (first["url"], second["key"]) == ("http://127.0.0.1/a.png", "k")
    assert {i["verdict"]["error"]["type"] for i in (first, second)} == {"url-blocked"}
    assert service.post(f"{batch}/items/{first['id']}/retry").json()["state"] == "waiting"
    assert done(service, batch)["counts"]["failed"] == 2
    damaged = hand_over(service, ("bad", picture()[:60]), ("good", picture()))
    done(service, damaged)
    for item in service.get(f"{damaged}/items").json()["items"]:
        answer = service.post(f"{damaged}/items/{item['id']}/retry")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/batch-conflict")
    assert service.post(f"{damaged}/items/{first['id']}/retry").status_code == 404


REFUSED = [
    ("no picture", {"json": {"urls": []}}, 400, "bad-request"),
    ("no body", {}, 400, "bad-request"),
    ("not JSON", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "bad-request"),
    ("unknown member", {"json": {"urls": [], "evil": 1}}, 400, "bad-request"),
    ("a long URL", {"json": {"urls": ["https://a/" + "b" * 3000]}}, 400, "bad-request"),
    ("a NUL in a URL", {"json": {"urls": ["https://a/\0"]}}, 400, "bad-request"),
    ("too many URLs", {"json": {"urls": ["https://a/b"] * 401}}, 400, "bad-request"),
    ("another part", {"files": image(picture())}, 400, "bad-request"),
    ("another field", {"files": files(("a", b"x")), "data": {"evil": "1"}}, 400, "bad-request"),
    ("another type", {"content": b"x", "headers": {"content-type": "image/png"}}, 415, "unsupported-media-type"),
    ("a webhook elsewhere", {"json": {"urls": ["https://a/b"], "webhook_url": "file:///x"}}, 422, "url-blocked"),
    ("pictures to keep", {"json": {"urls": ["https://a/b"]}, "params": {"save": "true", "save_picture": "true"}}, 400,
     "bad-request"),
    ("a long name", {"files": files(("a", b"x")), "data": {"name": "n" * 300}}, 400, "bad-request"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "sent", "status", "slug"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_not_taken_says_why_and_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    one: tuple[TestClient, Path],
    why: str,
    sent: dict[str, Any],
    status: int,
    slug: str,
) -> None:
    client, folder = one
    answer = client.post("/v1/batches", **sent)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text
    assert client.get("/v1/batches").json()["batches"] == []
    assert not (folder / "spool").exists() or uploads(folder) == []


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Path]]:
    folder = tmp_path_factory.mktemp("one")
    with opened(folder, max_batch_items=400, max_request_bytes=2_000_000) as running:
        yield running, folder


def test_a_full_disk_refuses_clearly(one: tuple[TestClient, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "MIN_FREE_BYTES", 2**62)
    answer = one[0].post("/v1/batches", files=files(("a", picture())))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/spool-full")
    assert "retry-after" in answer.headers


def test_urls_are_refused_at_once_where_none_are_fetched(tmp_path: Path) -> None:
    with opened(tmp_path, url_fetch=False) as client:
        answer = client.post("/v1/batches", json={"urls": ["https://example.org/a.png"]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/url-blocked")


def test_a_picture_above_the_limit_fails_alone_and_is_not_kept_whole(tmp_path: Path) -> None:
    with opened(tmp_path, max_bytes=3000) as client:
        batch = hand_over(client, ("small", picture()[:200]), ("large", picture() + b"0" * 9000))
        done(client, batch)
        slugs = [i["verdict"]["error"]["type"] for i in client.get(f"{batch}/items").json()["items"]]
    assert slugs == ["image-corrupt", "image-too-large"]


def test_an_upload_that_vanished_is_said_without_naming_a_folder(tmp_path: Path) -> None:
    with opened(tmp_path) as client:
        batch = client.post("/v1/batches?open=true").json()["status_url"]
        client.post(f"{batch}/pause")
        client.post(f"{batch}/items", files=files(("gone.png", picture())))
        Spool(tmp_path / "spool").remove(uploads(tmp_path))
        client.post(f"{batch}/resume")
        client.post(f"{batch}/close")
        done(client, batch)
        (line,) = client.get(f"{batch}/results").text.splitlines()
    assert json.loads(line)["error"]["type"] == "not-found" and str(tmp_path) not in line


def test_a_file_that_was_answered_before_gets_that_answer_again(service: TestClient) -> None:
    """The same bytes, bundle and options: saved by itself, in an earlier batch, or earlier in the same one."""
    saved = service.post("/v1/verdicts?save=true", files=image(picture(1))).json()
    pictures = [("a.png", picture(1)), ("b.png", picture(2)), *((f"{n}.png", picture(3)) for n in range(6))]

    def told(query: str = "", sent: list[tuple[str, bytes]] = pictures[:2]) -> list[bool]:
        batch = hand_over(service, *sent, query=query)
        assert done(service, batch)["counts"]["done"] == len(sent)
        found = [item["verdict"] for item in service.get(f"{batch}/items").json()["items"]]
        assert [verdict["external_id"] for verdict in found] == [name for name, _ in sent]
        assert len({verdict["id"] for verdict in (*found, saved)}) == len(sent) + 1
        assert (found[0]["answer"], found[0]["probability"]) == (saved["answer"], saved["probability"])
        return ["seen_before" in {said["code"] for said in verdict["warnings"]} for verdict in found]

    assert told() == [True, False]
    first, second, *same = told(sent=pictures)
    assert first and second
    assert sorted(same) == [False, *[True] * 5], "the same file in hand twice is examined once"
    assert told("?reexamine=true") == told("?explain=true") == [False, False]
    assert told("?explain=true&save=true") == [True, True]
    assert len(service.get("/v1/verdicts").json()["verdicts"]) == 3


def test_nobody_gets_the_answers_of_somebody_else_again(tmp_path: Path) -> None:
    with keyed(tmp_path) as service:
        one, two = service.key("read", "write"), service.key("read", "write")
        for key, seen in ((one, False), (two, False), (one, True)):
            batch = service.ask(key, "POST", "/v1/batches", files=files(("a.png", picture(1)))).json()["status_url"]
            until(partial(service.ask, key, "GET", batch), lambda said: said.json()["state"] == "done")
            (item,) = service.ask(key, "GET", f"{batch}/items").json()["items"]
            assert ("seen_before" in {said["code"] for said in item["verdict"]["warnings"]}) is seen
