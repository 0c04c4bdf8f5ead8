"""What is kept, over HTTP: owners, pictures, links, near duplicates, export, deletion, retention."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from brushwork.verdict import Verdict
from tests.made.drawings import drawn, encoded

from .door import image, opened
from .people import People


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """A service that asks for keys, and some who have one."""
    folder = tmp_path_factory.mktemp("people")
    with opened(folder, require_keys=True, pictures=str(folder / "pictures")) as client:
        yield People(client)


@pytest.fixture
def anna(people: People) -> TestClient:
    return people.new("read", "write")


@pytest.fixture
def bert(people: People) -> TestClient:
    return people.new("read", "write")


def save(client: TestClient, data: bytes, query: str = "", **given: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/verdicts?save=true{query}", files=image(data, **given))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_answers_are_reused_for_their_owner_alone(anna: TestClient, bert: TestClient, painting: bytes) -> None:
    first, again, others = save(anna, painting), save(anna, painting), save(bert, painting)
    anew = save(anna, painting, "&reexamine=true")
    told = [[w["code"] for w in answer["warnings"]] for answer in (first, again, others, anew)]
    assert ["seen_before" in codes for codes in told] == [False, True, False, False]
    assert anew["timing_ms"] and len({a["id"] for a in (first, again, others, anew)}) == 4
    assert len(anna.get("/v1/verdicts").json()["verdicts"]) == 3


def test_notes_are_plain_text_and_are_found(anna: TestClient, painting: bytes) -> None:
    verdict = save(anna, painting)
    note = "  <img src=x onerror=alert(1)>\r\nsecond\u202eline "
    said = anna.patch(f"/v1/verdicts/{verdict['id']}", json={"note": note})
    assert said.json()["note"] == "<img src=x onerror=alert(1)> second line"
    assert said.headers["content-type"] == "application/json"
    assert [v["id"] for v in anna.get("/v1/verdicts", params={"q": "ONERROR=alert"}).json()["verdicts"]] == [
        verdict["id"]
    ]
    assert anna.get("/v1/verdicts", params={"q": "on%"}).json()["verdicts"] == []
    assert anna.get(f"/v1/verdicts/{verdict['id']}").json() == verdict  # the verdict itself stays as it was given
    assert anna.patch(f"/v1/verdicts/{verdict['id']}", json={"note": None}).json()["note"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "", {"note": "x" * 2001}, 422),
        ("PATCH", "", {"note": "x", "colour": "red"}, 422),
        ("PATCH", "", {"note": 5}, 422),
        ("POST", "/share", {"days": 0}, 422),
        ("POST", "/share", {"days": 366}, 422),
        ("POST", "/share", {}, 422),
        ("GET", "/picture.png?max_side=5000", None, 422),
        ("GET", "/near?distance=8", None, 422),
        ("GET", "/near?colour=red", None, 422),
        ("DELETE", "/shares/unknown", None, 404),
        ("GET", "/picture.png", None, 404),
    ],
)
def test_wrong_input_is_told(anna: TestClient, painting: bytes, method: str, path: str, body: Any, status: int) -> None:
    verdict = save(anna, painting)
    answer = anna.request(method, f"/v1/verdicts/{verdict['id']}{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["type"] == {422: "/problems/invalid-value", 404: "/problems/not-found"}[status]
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status"), [("after=x", 400), ("limit=0", 422), ("limit=201", 422), ("q=" + "x" * 201, 422), ("o=1", 422)]
)
def test_a_wrong_page_is_told(anna: TestClient, query: str, status: int) -> None:
    assert anna.get(f"/v1/verdicts?{query}").status_code == status


def test_a_picture_is_kept_only_with_its_verdict(anna: TestClient, painting: bytes) -> None:
    refused = anna.post("/v1/verdicts?save_picture=true", files=image(painting))
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/bad-request")


def test_a_kept_picture_is_made_anew(anna: TestClient, bert: TestClient) -> None:
    data = encoded(drawn("painterly", (600, 400), 5))
    plain, kept = save(anna, data), save(anna, data, "&save_picture=true")
    facts = anna.get(f"/v1/verdicts/{kept['id']}/kept").json()
    assert (facts["days_left"], facts["picture"]["days_left"]) == (365, 30)
    assert anna.get(f"/v1/verdicts/{plain['id']}/kept").json()["picture"] is None
    served = anna.get(f"/v1/verdicts/{kept['id']}/picture.png", params={"max_side": 300})
    with Image.open(io.BytesIO(served.content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (300, 200))
    assert served.headers["content-type"] == "image/png"
    assert bert.get(f"/v1/verdicts/{kept['id']}/picture.png").status_code == 404


def test_several_are_deleted_at_once_but_only_ones_own(anna: TestClient, bert: TestClient, painting: bytes) -> None:
    mine, theirs = [save(anna, painting)["id"] for _ in range(3)], save(bert, painting)["id"]
    answer = anna.post("/v1/verdicts/delete", json={"ids": [*mine[:2], theirs, "unknown"]})
    assert set(answer.json()["deleted"]) == set(mine[:2])
    assert answer.json()["not_found"] == [theirs, "unknown"]
    assert bert.get(f"/v1/verdicts/{theirs}").status_code == 200
    for wrong in ({"ids": []}, {"ids": ["x"] * 201}, {"ids": ["x" * 33]}, {}):
        assert anna.post("/v1/verdicts/delete", json=wrong).status_code == 422


def test_saved_ones_are_counted_by_answer_and_only_ones_own(
    anna: TestClient, bert: TestClient, painting: bytes
) -> None:
    before = anna.get("/v1/verdicts/counts").json()
    saved = save(anna, painting)
    save(bert, painting)
    after = anna.get("/v1/verdicts/counts").json()
    assert after["total"] == before["total"] + 1 == sum(after["answers"].values())
    assert after["answers"][saved["answer"]] == before["answers"].get(saved["answer"], 0) + 1


def test_a_link_shows_the_verdict_to_whoever_has_it(people: People, anna: TestClient, painting: bytes) -> None:
    (verdict,) = anna.post("/batch-predict?save=true", files=[("images", ("private.png", painting))]).json()["results"]
    made = anna.post(f"/v1/verdicts/{verdict['id']}/share", json={"days": 7})
    assert made.status_code == 201
    stranger = people.nobody()
    seen = stranger.get(made.json()["path"])
    assert seen.json() == verdict | {"external_id": None}
    assert stranger.get(f"/v1/verdicts/{verdict['id']}").status_code == 401
    listed = anna.get(f"/v1/verdicts/{verdict['id']}/shares").json()["shares"]
    assert [one["id"] for one in listed] == [made.json()["id"]] and "token" not in listed[0]
    assert anna.delete(f"/v1/verdicts/{verdict['id']}/shares/{made.json()['id']}").status_code == 204
    assert stranger.get(made.json()["path"]).status_code == 404
    keyed = {"Idempotency-Key": "abc"}
    refused = anna.post(f"/v1/verdicts/{verdict['id']}/share", json={"days": 7}, headers=keyed)
    assert refused.status_code == 400  # its answer holds a secret, which is not kept


def test_what_looks_alike_is_listed_with_who_decided_on_it(anna: TestClient, bert: TestClient) -> None:
    picture = drawn("painterly", (400, 300), 9)
    first = save(anna, encoded(picture))
    anna.post(f"/v1/verdicts/{first['id']}/decisions", json={"decision": "refuse", "reviewer": "Ann"})
    answer = anna.post("/v1/verdicts?save=true", files=image(encoded(picture.resize((380, 285)))))
    second = answer.json()
    assert answer.headers["x-near-duplicates"] == "1"
    (near,) = anna.get(answer.links["related"]["url"], params={"reviewer": "Ann"}).json()["near"]
    assert (near["id"], near["decided_by"], near["decision"]) == (first["id"], "Ann", "refuse")
    assert near["distance"] <= 6
    by_hash = anna.get("/v1/near", params={"phash": second["input"]["phash"]}).json()["near"]
    assert {one["id"] for one in by_hash} == {first["id"], second["id"]}
    assert bert.get("/v1/near", params={"phash": second["input"]["phash"]}).json()["near"] == []
    for wrong in ("x", "A" * 16, "0" * 15):
        assert bert.get("/v1/near", params={"phash": wrong}).status_code == 422


def test_everything_can_be_taken_along_and_deleted(anna: TestClient, bert: TestClient, painting: bytes) -> None:
    one, other = save(anna, painting, "&save_picture=true"), save(anna, painting, "&reexamine=true")
    theirs = save(bert, painting, "&save_picture=true")
    anna.patch(f"/v1/verdicts/{one['id']}", json={"note": "mine"})
    anna.post(f"/v1/verdicts/{one['id']}/feedback", json={"label": "human", "basis": "made_it"})
    begun = anna.post("/v1/batches?open=true", json={"name": "begun"}).json()["id"]
    anna.post(f"/v1/batches/{begun}/pause")
    anna.post(f"/v1/batches/{begun}/items", json={"urls": ["https://a.example/b.png"]})
    taken = anna.get("/v1/export")
    assert taken.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        assert archive.testzip() is None

        def lines(name: str) -> list[dict[str, Any]]:
            return [json.loads(line) for line in archive.read(name).splitlines()]

        assert {v["id"] for v in lines("verdicts.jsonl")} == {one["id"], other["id"]}
        assert {Verdict.model_validate(v).id for v in lines("verdicts.jsonl")} == {one["id"], other["id"]}
        assert {k["id"]: k["note"] for k in lines("kept.jsonl")} == {one["id"]: "mine", other["id"]: None}
        assert [f["verdict_id"] for f in lines("feedback.jsonl")] == [one["id"]]
        assert lines("not_included.jsonl") == []
        batch, item = lines("batches.jsonl")
        assert (batch["batch"], batch["webhook_url"]) == (begun, None)
        assert (item["url"], item["state"], item["result"]) == ("https://a.example/b.png", "waiting", None)
        pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
        assert pictures == [f"pictures/{one['id']}.png"]
    for wrong in ("", "?confirm=", "?confirm=some"):
        assert anna.delete(f"/v1/everything{wrong}").status_code == 422
    assert anna.delete("/v1/everything?confirm=everything").json() == {"verdicts": 2, "batches": 1}
    assert anna.get("/v1/verdicts").json()["verdicts"] == []
    assert bert.get(f"/v1/verdicts/{theirs['id']}/picture.png").status_code == 200  # the same bytes, still wanted


def test_administrators_see_and_run_the_janitor(people: People, anna: TestClient) -> None:
    admin = people.new("read", "write", "admin")
    assert anna.get("/v1/retention").status_code == anna.post("/v1/retention/run").status_code == 403
    told = admin.get("/v1/retention").json()
    assert (told["verdict_days"], told["picture_days"], told["due_verdicts"]) == (365, 30, 0)
    assert told["done_at"] is not None  # it ran when the service started
    done = admin.post("/v1/retention/run")
    assert done.json() == {"verdicts": 0, "pictures": 0, "batches": 0, "strays": 0, "held": False}
    assert 'brushwork_retention_looks_total{outcome="done"}' in people.client.app.state.desk.metrics.text().decode()


def test_a_picture_that_cannot_be_kept_leaves_no_verdict(tmp_path: Path, painting: bytes) -> None:
    (tmp_path / "pictures").write_text("a file where the folder should be")
    with opened(tmp_path, pictures=str(tmp_path / "pictures")) as client:
        failed = client.post("/v1/verdicts?save=true&save_picture=true", files=image(painting))
        assert (failed.status_code, failed.json()["type"]) == (503, "/problems/store-not-ready")
        assert str(tmp_path) not in failed.text
        assert client.get("/v1/verdicts").json()["verdicts"] == []
