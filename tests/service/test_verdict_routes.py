"""Asking for verdicts over HTTP, finding saved ones again, deleting them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from brushwork.examine import Examiner
from brushwork.service.routes.common import CHANNEL_HEADER
from brushwork.store.migrate import downgrade, upgrade
from brushwork.verdict import Verdict

from .door import image, opened

ASKING = ("id", "created_at", "timing_ms", "channel")  # what belongs to the asking and not to the picture


def said(answer: dict[str, object]) -> str:
    return json.dumps({key: value for key, value in answer.items() if key not in ASKING})


@pytest.mark.parametrize("path", ["/v1/verdicts", "/predict"])
def test_the_answer_is_that_of_python(client: TestClient, painting: bytes, path: str) -> None:
    answer = client.post(path, files=image(painting))
    assert answer.status_code == 200
    assert list(answer.json()) == list(Verdict.model_fields)
    assert said(answer.json()) == said(Examiner.from_bundle("default").examine(painting).to_dict())


def test_explanation_and_stability_come_when_asked_for(client: TestClient, painting: bytes) -> None:
    plain = client.post("/v1/verdicts", files=image(painting)).json()
    assert plain["regions"] is None and plain["stability"] is None
    both = client.post("/v1/verdicts?explain=true&stability=true", files=image(painting)).json()
    assert both["regions"]["patches"] and both["stability"]["views"] == 8


def test_the_channel_is_page_where_the_page_asks(client: TestClient, painting: bytes) -> None:
    assert client.post("/predict", files=image(painting)).json()["channel"] == "http"
    assert client.post("/predict", files=image(painting), headers={CHANNEL_HEADER: "page"}).json()["channel"] == "page"
    assert client.post("/predict", files=image(painting), headers={CHANNEL_HEADER: "odd"}).json()["channel"] == "http"


def test_a_batch_answers_every_file_in_order(client: TestClient, painting: bytes) -> None:
    sent = [("one.png", painting), ("notes.txt", b"text"), ("empty.png", b""), ("two.png", painting)]
    results = client.post("/batch-predict", files=[("images", f) for f in sent]).json()["results"]
    assert [r["external_id"] for r in results] == [name for name, _ in sent]
    assert [(r["error"] or {}).get("type") for r in results] == [
        None, "unsupported-media-type", "image-corrupt", None,
    ]  # fmt: skip
    assert all((r["answer"] is None) == (r["error"] is not None) for r in results)
    assert results[1]["error"]["advice"]


def test_a_batch_larger_than_the_queue_is_still_answered(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path, queue=1) as client:
        results = client.post("/batch-predict", files=[("images", ("a.png", painting))] * 12).json()["results"]
    assert [r["error"] for r in results] == [None] * 12


def test_a_saved_verdict_is_found_listed_and_deleted(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        saved = client.post("/v1/verdicts?save=true&explain=true", files=image(painting))
        verdict_id = saved.json()["id"]
        assert client.get(f"/v1/verdicts/{verdict_id}").content == saved.content
        listed = client.get("/v1/verdicts").json()
        assert (listed["verdicts"], listed["after"]) == ([saved.json()], None)
        assert (listed["kept"][0]["id"], listed["kept"][0]["days_left"]) == (verdict_id, 365)
        assert client.get("/v1/verdicts?answer=made_with_ai").json()["verdicts"] == []
        assert client.delete(f"/v1/verdicts/{verdict_id}").status_code == 204
        for method in ("GET", "DELETE"):
            gone = client.request(method, f"/v1/verdicts/{verdict_id}")
            assert (gone.status_code, gone.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.needs_postgres
def test_the_service_keeps_verdicts_in_postgres_once_its_tables_are_built(painting: bytes) -> None:
    url = os.environ["BRUSHWORK_TEST_POSTGRES_URL"]
    downgrade(url, "base")
    with opened(Path(), database_url=url) as client:
        assert client.get("/readyz").json()["database"] == "behind"  # a shared database is never changed unasked
        assert client.post("/v1/verdicts?save=true", files=image(painting)).status_code == 503
        upgrade(url)
        saved = client.post("/v1/verdicts?save=true", files=image(painting))
        assert client.get(f"/v1/verdicts/{saved.json()['id']}").content == saved.content
        assert client.get("/health").json()["database"] == "ok"
        assert client.delete(f"/v1/verdicts/{saved.json()['id']}").status_code == 204
        assert client.get("/v1/verdicts").json() == {"verdicts": [], "kept": [], "after": None}
    downgrade(url, "base")


def test_pages_are_followed_by_their_link(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        files = [("images", (f"{i}.png", painting)) for i in range(5)]
        client.post("/batch-predict?save=true", files=files)
        seen, path = [], "/v1/verdicts?limit=2"
        while path:
            page = client.get(path)
            seen += [v["id"] for v in page.json()["verdicts"]]
            path = page.links.get("next", {}).get("url")
            assert (path is None) == (page.json()["after"] is None)
    assert len(seen) == len(set(seen)) == 5


def test_the_same_file_saved_again_says_so_under_a_new_id(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        first = client.post("/v1/verdicts?save=true", files=image(painting)).json()
        again = client.post("/v1/verdicts?save=true", files=image(painting)).json()
        third = client.post("/v1/verdicts?save=true", files=image(painting)).json()
        unsaved = client.post("/v1/verdicts", files=image(painting)).json()
        other = client.post("/v1/verdicts?save=true&explain=true", files=image(painting)).json()
        assert len(client.get("/v1/verdicts").json()["verdicts"]) == 4
    assert [w["code"] for w in first["warnings"]] == [w["code"] for w in unsaved["warnings"]]
    assert [w["code"] for w in other["warnings"]] == [w["code"] for w in first["warnings"]]
    for answer in (again, third):
        assert [w["code"] for w in answer["warnings"]] == [*(w["code"] for w in first["warnings"]), "seen_before"]
        assert answer["id"] != first["id"] and answer["created_at"] > first["created_at"]
        assert answer["timing_ms"] == {}  # nothing was examined
        assert said(answer | {"warnings": first["warnings"]}) == said(first)


def test_the_annotated_sheet_is_a_png_with_the_picture(client: TestClient, painting: bytes) -> None:
    answer = client.post("/v1/annotated", files=image(painting))
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as sheet:
        assert sheet.format == "PNG"
        assert sheet.height > 200


def test_a_full_queue_refuses_before_reading_the_picture(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path, queue=1) as client:
        desk = client.app.state.desk
        taken = [client.portal.call(desk._slots.acquire) for _ in range(desk.workers.room)]
        assert len(taken) == 2
        for path, part in (("/v1/verdicts", "image"), ("/batch-predict", "images"), ("/v1/annotated", "image")):
            refused = client.post(path, files={part: ("a.png", painting)})
            assert (refused.status_code, refused.json()["type"]) == (429, "/problems/rate-limited")
            assert int(refused.headers["retry-after"]) > 0
        assert client.get("/readyz").json()["queue"] == "full"
        for _ in taken:
            client.portal.call(_release, desk)
        assert client.post("/v1/verdicts", files=image(painting)).status_code == 200


async def _release(desk: object) -> None:
    desk._slots.release()


def test_saving_says_when_the_store_is_away_and_examining_does_not_need_it(painting: bytes) -> None:
    away = "postgresql://someone:hunter2@127.0.0.1:1/nothing"
    with opened(Path(), database_url=away) as client:
        assert client.post("/v1/verdicts", files=image(painting)).status_code == 200
        refused = client.post("/v1/verdicts?save=true", files=image(painting))
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/store-not-ready")
        assert "hunter2" not in refused.text and "127.0.0.1" not in refused.text
        assert client.get("/readyz").status_code == 503
        health = client.get("/health").json()
        assert (health["status"], health["database"]) == ("degraded", "unreachable")


def test_the_plain_form_gives_the_same_answer_on_a_page(client: TestClient, painting: bytes) -> None:
    verdict = client.post("/v1/verdicts", files=image(painting)).json()
    page = client.post("/check", files=image(painting, "my picture.png"))
    assert page.status_code == 200
    assert verdict["wording"]["answer"] in page.text
    assert "my picture.png" in page.text
    refused = client.post("/check", files=image(b"text", "notes.txt"))
    assert refused.status_code == 415
    assert refused.headers["content-type"].startswith("text/html")
    assert "notes.txt" in refused.text and refused.headers["x-request-id"] in refused.text
