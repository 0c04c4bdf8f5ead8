"""SECURITY.md 26, 33, 37, 38, 39 and 41 for what is kept: verdicts, pictures, links, feedback."""

from __future__ import annotations

import inspect
import io
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

import brushwork.store.feedback
from tests.made.drawings import drawn, encoded
from tests.service.door import image, opened
from tests.service.people import People


@pytest.fixture(scope="module")
def painting() -> bytes:
    return encoded(drawn("painterly", (300, 200), 1))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with opened(tmp_path, require_keys=True, feedback_per_day=2, pictures=str(tmp_path / "pictures")) as client:
        yield People(client)


def saved(client: TestClient, data: bytes, query: str = "", name: str = "picture.png") -> dict[str, object]:
    return dict(client.post(f"/v1/verdicts?save=true{query}", files=image(data, name)).json())


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_sec_26_another_ones_id_answers_as_one_that_never_was(people: People, painting: bytes) -> None:
    anna, bert = people.new("read", "write"), people.new("read", "write", "review")
    verdict = saved(anna, painting, "&save_picture=true")["id"]
    asked = [
        ("GET", "", None), ("DELETE", "", None), ("PATCH", "", {"note": "x"}), ("GET", "/kept", None),
        ("GET", "/picture.png", None), ("GET", "/near", None), ("POST", "/share", {"days": 1}),
        ("GET", "/shares", None),
        ("DELETE", "/shares/x", None), ("GET", "/feedback", None), ("DELETE", "/feedback", None),
        ("POST", "/feedback", {"label": "ai", "basis": "made_it"}), ("GET", "/decisions", None),
        ("POST", "/decisions", {"decision": "accept"}),
    ]  # fmt: skip
    for method, path, body in asked:
        told = []
        for one in (str(verdict), "A" * 22):
            answer = bert.request(method, f"/v1/verdicts/{one}{path}", json=body)
            told.append((answer.status_code, answer.json()["type"], answer.json()["detail"]))
        assert told[0] == told[1], (method, path)
        assert told[0][:2] == (404, "/problems/not-found"), (method, path)
    assert bert.post("/v1/verdicts/delete", json={"ids": [verdict]}).json()["deleted"] == []
    assert bert.get("/v1/verdicts").json()["verdicts"] == []
    assert anna.get(f"/v1/verdicts/{verdict}").status_code == 200


def test_sec_26_links_are_unguessable_expire_and_are_kept_as_hashes(
    people: People, painting: bytes, tmp_path: Path
) -> None:
    anna = people.new("read", "write")
    made = anna.post(f"/v1/verdicts/{saved(anna, painting)['id']}/share", json={"days": 1}).json()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made["token"])  # 256 bits
    assert made["token"].encode() not in everything_in(tmp_path)
    assert "expires_at" in made
    assert people.nobody().get(f"/v1/shared/{made['id']}").status_code == 404  # the id of a link is not the link


def test_sec_33_feedback_is_quarantined_needs_a_basis_and_is_capped(people: People, painting: bytes) -> None:
    anna, judge = people.new("read", "write"), people.new("review")
    paths = [f"/v1/verdicts/{saved(anna, painting)['id']}/feedback" for _ in range(3)]
    assert anna.post(paths[0], json={"label": "ai"}).status_code == 422
    answers = [anna.post(path, json={"label": "ai", "basis": "made_it"}) for path in paths]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert {answer.json()["state"] for answer in answers[:2]} == {"new"}
    assert [one["state"] for one in judge.get("/v1/feedback?state=accepted").json()["feedback"]] == []
    assert anna.get("/v1/feedback").status_code == 403
    assert people.new("read", "write", "admin").get("/v1/feedback").status_code == 403


def test_sec_33_nothing_trains_by_feedback() -> None:
    source = inspect.getsource(brushwork.store.feedback)
    assert not re.search(r"\b(lab|train\w*)\b(?!ing)", re.sub(r'""".*?"""|consent_training', "", source, flags=re.S))


def test_sec_37_the_picture_is_kept_only_when_asked(people: People, painting: bytes, tmp_path: Path) -> None:
    anna = people.new("read", "write")
    for query in ("", "&explain=true"):
        saved(anna, painting, query)
    assert not (tmp_path / "pictures").exists()
    verdict = saved(anna, painting, "&save_picture=true")
    (kept,) = [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]
    assert kept.read_bytes() == painting
    assert kept.name == verdict["input"]["sha256"]  # type: ignore[index]
    said = anna.post(f"/v1/verdicts/{verdict['id']}/feedback", json={"label": "human", "basis": "made_it"}).json()
    assert (said["consent_store_image"], said["consent_training"]) == (False, False)  # each is asked for by itself


def test_sec_38_served_copies_have_no_location_and_nothing_hidden(people: People) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0)})
    exif[0x0112] = 6  # turned by a quarter
    memory = io.BytesIO()
    drawn("painterly", (320, 200), 3).save(memory, "JPEG", exif=exif, comment=b"secret-comment")
    data = memory.getvalue() + b"PK\x03\x04hidden-behind"
    anna = people.new("read", "write")
    verdict = saved(anna, data, "&save_picture=true")
    served = anna.get(f"/v1/verdicts/{verdict['id']}/picture.png").content
    exported = anna.get("/v1/export").content
    with Image.open(io.BytesIO(served)) as picture:
        assert picture.size == (200, 320)  # upright, and the tag that said so is gone
        assert dict(picture.getexif()) == {} and picture.info == {}
    for secret in (b"CameraMaker", b"secret-comment", b"hidden-behind"):
        assert secret in data
        assert secret not in served and secret not in exported


def test_sec_39_delete_removes_every_trace(people: People, tmp_path: Path) -> None:
    anna, judge, data = people.new("read", "write"), people.new("review"), encoded(drawn("painterly", (310, 205), 4))
    form = {"images": ("name-to-look-for.png", data)}
    keyed = {"Idempotency-Key": "key-to-look-for"}
    (verdict,) = anna.post("/batch-predict?save=true", files=form, headers=keyed).json()["results"]
    path = f"/v1/verdicts/{verdict['id']}"
    anna.patch(path, json={"note": "note-to-look-for", "for_review": True})
    fields = {"label": "human", "basis": "made_it", "note": "feedback-to-look-for", "consent_store_image": "true"}
    assert (
        anna.post(f"{path}/feedback", data=fields, files=image(data), headers={"Idempotency-Key": "2"}).status_code
        == 201
    )
    judge.post(f"{path}/decisions", json={"decision": "accept", "note": "decision-to-look-for", "reviewer": "Judith"})
    anna.post(f"{path}/share", json={"days": 1})
    digest = verdict["input"]["sha256"]
    identity = verdict["id"].encode()
    traces = [
        b"name-to-look-for", b"note-to-look-for", b"feedback-to-look-for", b"decision-to-look-for", b"Judith",
        digest.encode(), data[200:260],
    ]  # fmt: skip
    before = everything_in(tmp_path)
    assert all(trace in before for trace in (*traces, identity))
    assert anna.delete(path).status_code == 204
    after = everything_in(tmp_path)
    assert [trace for trace in traces if trace in after] == []
    assert not list(tmp_path.rglob(f"*{digest}*"))
    with sqlite3.connect(tmp_path / "store.sqlite3") as database:  # the id alone stays, where it says who deleted it
        assert database.execute("select what, target from audit_log").fetchall()[-1] == (
            "DELETE /v1/verdicts/{verdict_id}", verdict["id"],
        )  # fmt: skip
        dumped = "".join(line for line in database.iterdump() if "audit_log" not in line)
    assert verdict["id"] not in dumped
    again = anna.post("/batch-predict?save=true", files=form, headers=keyed)
    assert "idempotency-replayed" not in again.headers  # the kept answer went too


def test_sec_39_everything_of_one_owner_goes_and_nothing_of_another(
    people: People, painting: bytes, tmp_path: Path
) -> None:
    anna, bert = people.new("read", "write"), people.new("read", "write")
    mine = [saved(anna, painting, "&save_picture=true&reexamine=true")["id"] for _ in range(3)]
    theirs = saved(bert, painting)["id"]
    assert anna.delete("/v1/everything?confirm=everything").status_code == 200
    left = everything_in(tmp_path)
    assert not any(str(one).encode() in left for one in mine)
    assert painting[100:200] not in left
    assert bert.get(f"/v1/verdicts/{theirs}").status_code == 200


def test_sec_39_old_things_go_when_the_service_starts(tmp_path: Path, painting: bytes) -> None:
    """The janitor runs at the start; the rest of it is held by the tests of retention."""
    with opened(tmp_path) as client:
        saved(client, painting)
        client.app.state.desk.store.retention  # noqa: B018  it is there
    with sqlite3.connect(tmp_path / "store.sqlite3") as database:
        database.execute("update verdicts set created_at = '2020-01-01 00:00:00'")
    with opened(tmp_path) as client:
        for _ in range(200):
            if client.get("/v1/retention").json()["last"]["verdicts"] == 1:
                break
        assert client.get("/v1/verdicts").json()["verdicts"] == []


def test_sec_41_shared_and_saved_results_are_neither_cached_nor_indexed(people: People, painting: bytes) -> None:
    anna = people.new("read", "write")
    verdict = saved(anna, painting, "&save_picture=true")["id"]
    shared = anna.post(f"/v1/verdicts/{verdict}/share", json={"days": 1}).json()["path"]
    own = (f"/v1/verdicts/{verdict}", f"/v1/verdicts/{verdict}/picture.png", "/v1/export", "/v1/verdicts")
    for answer in (*(anna.get(path) for path in own), people.nobody().get(shared)):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
