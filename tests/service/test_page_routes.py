"""What the page needs beside the verdict: stages while it waits, works by kind, a picture behind an address."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from brushwork.errors import PictureCorrupt, WorkerLost
from brushwork.forensics.bundle import load_bundle
from brushwork.forensics.calibration import reference_at
from brushwork.service.desk import Desk, OnStage, Wishes
from brushwork.service.models import full_name
from brushwork.service.schemas import Line
from brushwork.service.uploads import Upload
from brushwork.verdict import Verdict
from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import elsewhere, gives

from .door import image, opened

LINES = {"Accept": "application/x-ndjson"}


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_stages_come_in_order_before_the_same_verdict(client: TestClient, painting: bytes) -> None:
    plain = client.post("/v1/verdicts", files=image(painting)).json()
    answer = client.post("/v1/verdicts", files=image(painting), headers=LINES)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *stages, last = _lines(answer.text)
    assert [line["stage"] for line in stages] == list(plain["timing_ms"]) == [
        "decode", "provenance", "forensics", "weigh",
    ]  # fmt: skip
    for field in ("answer", "reason", "probability", "evidence", "wording"):
        assert last["verdict"][field] == plain[field]  # type: ignore[index]


def test_the_form_in_lines_is_described_and_each_line_is_as_described(client: TestClient, painting: bytes) -> None:
    document = client.get("/openapi.json").json()
    for path in ("/v1/verdicts", "/predict"):
        forms = document["paths"][path]["post"]["responses"]["200"]["content"]
        assert forms["application/x-ndjson"]["schema"] == {"$ref": "#/components/schemas/Line"}
        assert forms["application/json"]["schema"] == {"$ref": "#/components/schemas/Verdict"}
        for line in client.post(path, files=image(painting), headers=LINES).text.splitlines():
            told = Line.model_validate_json(line)
            assert len(told.model_fields_set) == 1
    assert set(document["components"]["schemas"]["Line"]["properties"]) == set(Line.model_fields)


def test_what_fails_once_the_lines_have_begun_is_a_problem_in_the_last_one(client: TestClient, painting: bytes) -> None:
    broken = painting[: len(painting) // 3]
    plain = client.post("/v1/verdicts", files=image(broken))
    answer = client.post("/v1/verdicts", files=image(broken), headers=LINES)
    problem = _lines(answer.text)[-1]["problem"]
    assert isinstance(problem, dict)
    for field in ("type", "title", "status", "detail", "instance"):
        assert problem[field] == plain.json()[field]
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_what_is_refused_before_the_first_stage_has_its_own_status(client: TestClient) -> None:
    assert client.post("/v1/verdicts", files={}, headers=LINES).status_code == 415


def test_trouble_in_the_last_line_is_told_and_not_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[Exception] = [WorkerLost("gone", "again"), RuntimeError("/srv/secret"), PictureCorrupt("bad", "other")]

    async def examine(self: Desk, upload: Upload, wishes: Wishes, on_stage: OnStage) -> Verdict:
        on_stage("decode")
        await asyncio.sleep(0)
        raise ends[0]

    monkeypatch.setattr(Desk, "examine", examine)
    told = []
    while ends:
        answer = client.post("/v1/verdicts", files=image(b"x"), headers={**LINES, "idempotency-key": "late"})
        assert "secret" not in answer.text
        told.append((_lines(answer.text)[-1]["problem"]["status"], "idempotency-replayed" in answer.headers))  # type: ignore[index]
        ends.pop(0)
    again = client.post("/v1/verdicts", files=image(b"x"), headers={**LINES, "idempotency-key": "late"})
    assert told == [(503, False), (500, False), (422, False)]
    assert "idempotency-replayed" in again.headers


def test_a_saved_answer_that_is_given_again_has_no_stages(client: TestClient, painting: bytes) -> None:
    for _ in range(2):
        answer = client.post("/v1/verdicts?save=true", files=image(painting), headers=LINES)
    (line,) = _lines(answer.text)
    assert "seen_before" in json.dumps(line)


def test_human_works_are_counted_for_each_kind(client: TestClient) -> None:
    known = load_bundle().reference
    name, full = load_bundle().recipe.name, full_name(load_bundle())
    kinds = client.get(f"/v1/models/{name}/reference?probability=0.5").json()["kinds"]
    assert [kind["kind"] for kind in kinds] == [kind.kind for kind in known.kinds]
    assert kinds == [reference_at(0.5, known, kind["kind"]).model_dump(mode="json") for kind in kinds]
    assert client.get(f"/v1/models/{quote(full, safe='')}/reference?probability=0.5").json()["kinds"] == kinds
    assert client.get(f"/v1/models/{name}@0/reference?probability=0.5").status_code == 404
    assert client.get("/v1/models/nothing/reference?probability=0.5").status_code == 404
    assert client.get(f"/v1/models/{name}/reference?probability=2").status_code == 422


@pytest.mark.slow
def test_a_picture_is_fetched_as_it_is_and_nothing_else_is(tmp_path: object, painting: bytes) -> None:
    whole = encoded(drawn("painterly", (60, 40), 2), "WEBP")
    with elsewhere() as site, opened(tmp_path, url_fetch_allow=(site.here,)) as client:  # type: ignore[arg-type]
        site.replies["/%22%3E%3Cimg%20src=x%3E.webp"] = gives(whole, "image/webp")
        site.replies["/lie.png"] = gives(b"<script>alert(1)</script>", "image/png")
        answer = client.post("/v1/fetched", json={"url": site.url("/%22%3E%3Cimg%20src=x%3E.webp")})
        assert (answer.content, answer.headers["content-type"]) == (whole, "image/webp")
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%22%3E%3Cimg%20src%3Dx%3E.webp"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.post("/v1/fetched", json={"url": site.url("/lie.png")}).status_code == 415
        blocked = client.post("/v1/fetched", json={"url": "http://127.0.0.1:9/a.png"})
        assert (blocked.status_code, blocked.json()["type"]) == (422, "/problems/url-blocked")
        plain = client.post("/check", data={"url": ""}, files={"x": ("", b"")})
        assert "text/html" in plain.headers["content-type"]
