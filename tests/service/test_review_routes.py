"""Feedback and decisions over HTTP: who may say what, what waits for whom, and what nobody sees too early."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.made.drawings import drawn, encoded

from .batches import done, files
from .door import image, opened
from .people import People

GIVEN = {"label": "human", "basis": "saw_it_made", "note": "I <b>watched</b>"}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    folder = tmp_path_factory.mktemp("reviews")
    with opened(folder, require_keys=True, feedback_per_day=3, pictures=str(folder / "pictures")) as client:
        yield People(client)


@pytest.fixture
def anna(people: People) -> TestClient:
    return people.new("read", "write")


@pytest.fixture
def judge(people: People) -> TestClient:
    return people.new("review")


def saved(client: TestClient, data: bytes, query: str = "") -> str:
    return str(client.post(f"/v1/verdicts?save=true{query}", files=image(data)).json()["id"])


def metric(people: People, name: str) -> str:
    text = people.client.app.state.desk.metrics.text().decode()  # type: ignore[attr-defined]
    return next(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name))


def test_feedback_waits_for_a_reviewer_and_counts_when_accepted(
    people: People, anna: TestClient, judge: TestClient, painting: bytes
) -> None:
    verdict = saved(anna, painting)
    given = anna.post(f"/v1/verdicts/{verdict}/feedback", json=GIVEN)
    assert given.status_code == 201
    said = given.json()
    assert (said["state"], said["label"], said["note"]) == ("new", "human", "I <b>watched</b>")
    assert (said["consent_store_image"], said["consent_training"]) == (False, False)
    assert said["id"] in {one["id"] for one in judge.get("/v1/feedback?state=new").json()["feedback"]}
    before = metric(people, "brushwork_feedback_accuracy_ratio")
    path = f"/v1/feedback/{said['id']}/decision"
    assert anna.post(path, json={"decision": "accept"}).status_code == 403
    decided = judge.post(path, json={"decision": "accept", "note": "files seen"}).json()
    assert (decided["state"], decided["review_note"]) == ("accepted", "files seen")
    if said["agrees"] is not None:
        assert metric(people, "brushwork_feedback_accuracy_ratio") in ("0.0", "1.0")
    judge.post(path, json={"decision": "reject"})
    assert metric(people, "brushwork_feedback_accuracy_ratio") == before  # rejected feedback counts for nothing
    assert anna.get(f"/v1/verdicts/{verdict}/feedback").json()["state"] == "rejected"
    agree = {None: "no_answer", True: "true", False: "false"}[said["agrees"]]
    assert float(metric(people, f'brushwork_feedback_total{{agree="{agree}",label="human"}}')) >= 1


def test_feedback_can_be_taken_back_and_given_again(anna: TestClient, judge: TestClient, painting: bytes) -> None:
    verdict = saved(anna, painting)
    path = f"/v1/verdicts/{verdict}/feedback"
    first = anna.post(path, json=GIVEN, headers={"Idempotency-Key": verdict}).json()
    twice = anna.post(path, json=GIVEN)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/conflict")
    assert anna.delete(path).status_code == 204
    for gone in (anna.get(path), anna.delete(path)):
        assert gone.status_code == 404
    assert judge.post(f"/v1/feedback/{first['id']}/decision", json={"decision": "accept"}).status_code == 404
    assert anna.post(path, json=GIVEN, headers={"Idempotency-Key": verdict}).json()["id"] != first["id"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "human"},
        {"label": "human", "basis": "a feeling"},
        {"label": "robot", "basis": "made_it"},
        {"label": "human", "basis": "other"},
        {"label": "human", "basis": "made_it", "note": "x" * 2001},
        {"label": "human", "basis": "made_it", "colour": "red"},
        [],
        "text",
    ],
)
def test_feedback_that_does_not_say_how_it_is_known_is_refused(anna: TestClient, painting: bytes, wrong: Any) -> None:
    answer = anna.post(f"/v1/verdicts/{saved(anna, painting)}/feedback", json=wrong)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-value")


def test_the_picture_is_kept_for_feedback_with_consent_and_only_the_right_one(anna: TestClient) -> None:
    data, other = encoded(drawn("painterly", (320, 240), 31)), encoded(drawn("painterly", (320, 240), 32))
    verdict = saved(anna, data)
    path = f"/v1/verdicts/{verdict}/feedback"
    fields = {"label": "human", "basis": "made_it", "consent_store_image": "true"}
    assert anna.post(path, json={**GIVEN, "consent_store_image": True}).status_code == 409  # it was not kept
    assert anna.post(path, data=fields, files=image(other)).status_code == 409
    assert anna.post(path, data=fields | {"consent_store_image": "false"}, files=image(data)).status_code == 400
    assert anna.get(f"/v1/verdicts/{verdict}/picture.png").status_code == 404
    assert anna.post(path, data=fields, files=image(data)).json()["consent_store_image"] is True
    assert anna.get(f"/v1/verdicts/{verdict}/picture.png").status_code == 200
    with zipfile.ZipFile(io.BytesIO(anna.get("/v1/export").content)) as archive:
        assert f"pictures/{verdict}.png" in archive.namelist()
    anna.delete(path)
    assert anna.get(f"/v1/verdicts/{verdict}/picture.png").status_code == 404


def test_only_so_much_feedback_is_taken_in_a_day(anna: TestClient, painting: bytes) -> None:
    answers = [anna.post(f"/v1/verdicts/{saved(anna, painting)}/feedback", json=GIVEN) for _ in range(4)]
    assert [a.status_code for a in answers] == [201, 201, 201, 429]
    assert int(answers[-1].headers["retry-after"]) > 3600


def test_nobody_reviews_their_own_feedback(people: People, painting: bytes) -> None:
    both = people.new("read", "write", "review")
    given = both.post(f"/v1/verdicts/{saved(both, painting)}/feedback", json=GIVEN).json()
    assert both.post(f"/v1/feedback/{given['id']}/decision", json={"decision": "accept"}).status_code == 403


def test_where_nobody_has_a_key_one_person_does_both(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        given = client.post(f"/v1/verdicts/{saved(client, painting)}/feedback", json=GIVEN).json()
        assert client.post(f"/v1/feedback/{given['id']}/decision", json={"decision": "accept"}).status_code == 200


def test_the_second_reviewer_does_not_see_the_first_before_deciding(
    people: People, anna: TestClient, judge: TestClient, painting: bytes
) -> None:
    verdict, second = saved(anna, painting), people.new("review")
    path = f"/v1/verdicts/{verdict}/decisions"
    assert judge.post(path, json={"decision": "accept"}).status_code == 404  # not put up for review
    anna.patch(f"/v1/verdicts/{verdict}", json={"for_review": True})
    assert verdict in {v["id"] for v in judge.get("/v1/review").json()["verdicts"]}
    assert judge.get(f"/v1/verdicts/{verdict}").status_code == 200
    assert judge.post(path, json={"decision": "accept", "note": "brush strokes"}).status_code == 201
    assert second.get(path).json() == {"decisions": [], "hidden": 1}
    second.post(path, json={"decision": "skip"})
    assert second.get(path).json()["hidden"] == 1  # a skip opens nothing
    assert judge.get("/v1/disagreements").json()["disagreements"] == []
    second.post(path, json={"decision": "ask_for_originals"})
    seen = second.get(path).json()
    assert ([d["decision"] for d in seen["decisions"]], seen["hidden"]) == (["accept", "skip", "ask_for_originals"], 0)
    (split,) = [d for d in judge.get("/v1/disagreements").json()["disagreements"] if d["subject_id"] == verdict]
    assert {d["decision"] for d in split["decisions"]} == {"accept", "ask_for_originals"}
    judge.post(path, json={"decision": "ask_for_originals"})  # changes their mind: another line, and no disagreement
    assert len(judge.get(path).json()["decisions"]) == 4
    assert verdict not in {d["subject_id"] for d in judge.get("/v1/disagreements").json()["disagreements"]}
    anna.patch(f"/v1/verdicts/{verdict}", json={"for_review": False})
    assert judge.get(f"/v1/verdicts/{verdict}").status_code == judge.get(path).status_code == 404


def test_two_people_at_one_key_are_told_apart_by_name(anna: TestClient, painting: bytes) -> None:
    verdict = saved(anna, painting)
    path = f"/v1/verdicts/{verdict}/decisions"
    anna.post(path, json={"decision": "accept", "reviewer": "Ann"})
    assert anna.get(path, params={"reviewer": "Ben"}).json() == {"decisions": [], "hidden": 1}
    anna.post(path, json={"decision": "refuse", "reviewer": "Ben"})
    assert [d["reviewer"] for d in anna.get(path, params={"reviewer": "Ben"}).json()["decisions"]] == ["Ann", "Ben"]
    found = anna.get("/v1/disagreements", params={"reviewer": "Ben"}).json()["disagreements"]
    assert [(d["subject_id"], d["batch_id"], d["name"]) for d in found] == [(verdict, None, None)]
    for wrong in ({"decision": "burn"}, {"decision": "accept", "reviewer": "x" * 81}, {}):
        assert anna.post(path, json=wrong).status_code == 422


def test_near_pictures_tell_of_no_decision_before_ones_own(anna: TestClient, painting: bytes) -> None:
    first, again = saved(anna, painting), saved(anna, painting)
    phash = anna.get(f"/v1/verdicts/{first}").json()["input"]["phash"]
    anna.post(f"/v1/verdicts/{first}/decisions", json={"decision": "accept", "reviewer": "Ann"})

    def told(reviewer: str, path: str, **more: object) -> list[tuple[str | None, str | None]]:
        near = anna.get(path, params={"reviewer": reviewer, **more}).json()["near"]
        return [(one["decided_by"], one["decision"]) for one in near if one["id"] == first]

    ways = ((f"/v1/verdicts/{again}/near", {}), ("/v1/near", {"phash": phash}))
    for path, more in ways:
        assert told("Ann", path, **more) == [("Ann", "accept")]
        assert told("Ben", path, **more) == [(None, None)]
    anna.post(f"/v1/verdicts/{first}/decisions", json={"decision": "refuse", "reviewer": "Ben"})
    for path, more in ways:
        assert told("Ann", path, **more) == told("Ben", path, **more) == [("Ben", "refuse")]
        assert told("Cleo", path, **more) == [(None, None)]


def test_an_open_review_hides_nothing_unless_asked(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path, blind_review=False) as client:
        path = f"/v1/verdicts/{saved(client, painting)}/decisions"
        client.post(path, json={"decision": "accept", "reviewer": "Ann"})
        assert client.get(path, params={"reviewer": "Ben"}).json()["hidden"] == 0
        assert client.get(path, params={"reviewer": "Ben", "blind": True}).json()["hidden"] == 1
        near = f"/v1/verdicts/{saved(client, painting)}/near"
        for blind, decided in ((False, "Ann"), (True, None)):
            (one,) = client.get(near, params={"reviewer": "Ben", "blind": blind}).json()["near"]
            assert one["decided_by"] == decided


def test_a_picture_of_a_batch_is_decided_on_by_its_owner_alone(
    people: People, anna: TestClient, judge: TestClient, painting: bytes
) -> None:
    batch = anna.post("/v1/batches", files=files(("a.png", painting))).json()["status_url"]
    done(anna, batch)
    (item,) = anna.get(f"{batch}/items").json()["items"]
    path = f"{batch}/items/{item['id']}/decisions"
    assert judge.get(path).status_code == judge.post(path, json={"decision": "accept"}).status_code == 403
    stranger = people.new("read", "write", "review")
    assert stranger.get(path).status_code == stranger.post(path, json={"decision": "accept"}).status_code == 404
    for name, decision in (("Ann", "accept"), ("Ben", "refuse")):
        told = anna.post(path, json={"decision": decision, "reviewer": name})
        assert (told.status_code, told.json()["subject"], told.json()["subject_id"]) == (201, "item", item["id"])
    assert anna.get(path, params={"reviewer": "Cleo"}).json() == {"decisions": [], "hidden": 2}
    assert [d["reviewer"] for d in anna.get(path, params={"reviewer": "Ben"}).json()["decisions"]] == ["Ann", "Ben"]
    split = anna.get("/v1/disagreements", params={"reviewer": "Ben"}).json()["disagreements"]
    (found,) = [d for d in split if d["subject_id"] == item["id"]]
    assert (found["subject"], found["batch_id"], found["name"]) == ("item", batch.rpartition("/")[2], "a.png")
    for name, seen, hidden in (("Ben", ["accept", "refuse"], 0), ("Cleo", [], 2)):
        taken = anna.get("/v1/export", params={"reviewer": name}).content
        with zipfile.ZipFile(io.BytesIO(taken)) as archive:
            lines = [json.loads(line) for line in archive.read("batches.jsonl").splitlines()]
        (result,) = [line for line in lines if line.get("batch") == batch.rpartition("/")[2] and "result" in line]
        assert ([d["decision"] for d in result["decisions"]], result["decisions_hidden"]) == (seen, hidden)
