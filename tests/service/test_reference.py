"""The OpenAPI document is whole, and the reference shows all of it from our own origin."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from brushwork.service.key_schemas import KeyShown
from brushwork.service.problems import KINDS
from brushwork.service.reference import example, type_words

from .batches import until

EXPECTED = {
    ("POST", "/v1/verdicts"), ("POST", "/predict"), ("POST", "/batch-predict"), ("POST", "/v1/annotated"),
    ("GET", "/v1/verdicts"), ("GET", "/v1/verdicts/{verdict_id}"), ("DELETE", "/v1/verdicts/{verdict_id}"),
    ("GET", "/v1/models"), ("GET", "/v1/models/{name}/card"), ("GET", "/livez"), ("GET", "/readyz"),
    ("GET", "/health"), ("GET", "/version"), ("GET", "/metrics"),
    ("POST", "/v1/batches"), ("GET", "/v1/batches"), ("GET", "/v1/batches/{batch_id}"),
    ("DELETE", "/v1/batches/{batch_id}"), ("POST", "/v1/batches/{batch_id}/items"),
    ("GET", "/v1/batches/{batch_id}/items"), ("POST", "/v1/batches/{batch_id}/items/{item_id}/retry"),
    ("POST", "/v1/batches/{batch_id}/close"), ("POST", "/v1/batches/{batch_id}/pause"),
    ("POST", "/v1/batches/{batch_id}/resume"), ("GET", "/v1/batches/{batch_id}/results"),
    ("GET", "/v1/batches/{batch_id}/deliveries"), ("GET", "/v1/batches/{batch_id}/report.html"),
    ("POST", "/v1/explanations/{kind}"), ("GET", "/v1/verdicts/{verdict_id}/explanations/{kind}.png"),
    ("POST", "/v1/look"), ("GET", "/v1/verdicts/{verdict_id}/annotated.png"), ("POST", "/v1/compare"),
    ("GET", "/v1/verdicts/{verdict_id}/report.{form}"), ("POST", "/v1/reports"), ("GET", "/v1/instance"),
    ("PATCH", "/v1/verdicts/{verdict_id}"), ("POST", "/v1/verdicts/delete"), ("GET", "/v1/verdicts/counts"),
    ("GET", "/v1/verdicts/{verdict_id}/kept"),
    ("GET", "/v1/verdicts/{verdict_id}/picture.png"), ("GET", "/v1/verdicts/{verdict_id}/near"), ("GET", "/v1/near"),
    ("POST", "/v1/verdicts/{verdict_id}/share"), ("GET", "/v1/verdicts/{verdict_id}/shares"),
    ("DELETE", "/v1/verdicts/{verdict_id}/shares/{share_id}"), ("GET", "/v1/shared/{token}"),
    ("POST", "/v1/verdicts/{verdict_id}/feedback"), ("GET", "/v1/verdicts/{verdict_id}/feedback"),
    ("DELETE", "/v1/verdicts/{verdict_id}/feedback"), ("GET", "/v1/feedback"),
    ("POST", "/v1/feedback/{feedback_id}/decision"), ("GET", "/v1/review"), ("GET", "/v1/disagreements"),
    ("POST", "/v1/verdicts/{verdict_id}/decisions"), ("GET", "/v1/verdicts/{verdict_id}/decisions"),
    ("POST", "/v1/batches/{batch_id}/items/{item_id}/decisions"),
    ("GET", "/v1/batches/{batch_id}/items/{item_id}/decisions"),
    ("GET", "/v1/batches/{batch_id}/items/{item_id}"), ("GET", "/v1/batches/{batch_id}/rows"),
    ("GET", "/v1/batches/{batch_id}/decisions"), ("GET", "/v1/batches/{batch_id}/decisions.csv"),
    ("GET", "/v1/models/{name}/reference"), ("POST", "/v1/fetched"),
    ("GET", "/v1/keys"), ("POST", "/v1/keys"), ("POST", "/v1/keys/{key_id}/rotate"), ("DELETE", "/v1/keys/{key_id}"),
    ("GET", "/v1/audit"), ("GET", "/v1/session"), ("POST", "/v1/session"), ("DELETE", "/v1/session"),
    ("GET", "/v1/status"), ("POST", "/v1/models/{name}/activate"),
    ("GET", "/v1/export"), ("DELETE", "/v1/everything"), ("GET", "/v1/retention"), ("POST", "/v1/retention/run"),
}  # fmt: skip


EXAMPLE_KEY = KeyShown.model_json_schema()["properties"]["key"]["examples"][0]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield method.upper(), path, said


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_document_has_every_route_and_no_dangling_reference(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {(method, path) for method, path, _ in operations(document)} == EXPECTED
    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= names
    ids = [said["operationId"] for _, _, said in operations(document)]
    assert len(ids) == len(set(ids))
    assert all(said["summary"] and said["description"] for _, _, said in operations(document))


def test_every_problem_of_a_route_is_described_as_one(client: TestClient) -> None:
    for _, path, said in operations(client.get("/openapi.json").json()):
        for status, answer in said["responses"].items():
            if int(status) >= 400 and path != "/readyz":
                assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_the_reference_shows_every_route_schema_and_problem(client: TestClient) -> None:
    page = client.get("/docs").text
    for method, path in EXPECTED:
        assert f"{method} {path}" in page
    for kind in KINDS:
        assert f'href="/problems/{kind.slug}"' in page
    for name in client.get("/openapi.json").json()["components"]["schemas"]:
        assert f'id="shape-{name}"' in page


def batch_with_a_failed_item(client: TestClient) -> tuple[str, str]:
    """The ids of an open batch and of its item, which may be tried again."""
    batch = client.post("/v1/batches?open=true", json={"urls": ["http://127.0.0.1/a.png"]}).json()["status_url"]
    (item,) = until(lambda: client.get(f"{batch}/items?state=failed").json()["items"], bool)
    return batch.rpartition("/")[2], item["id"]


def test_every_example_asks_what_its_route_takes(client: TestClient, painting: bytes, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(painting)
    path = "/v1/verdicts?save=true&save_picture=true&reexamine=true"
    saved, other = (client.post(path, files={"image": ("a.png", painting)}).json()["id"] for _ in range(2))
    shares = [client.post(f"/v1/verdicts/{saved}/share", json={"days": 1}).json() for _ in range(2)]
    said = client.post(f"/v1/verdicts/{other}/feedback", json={"label": "ai", "basis": "made_it"}).json()
    batch, item = batch_with_a_failed_item(client)
    to_end = client.post("/v1/keys", json={"label": "to replace and to revoke"}).json()["id"]
    to_show = client.post("/v1/keys", json={"label": "to open a session with"}).json()["key"]
    values = {
        "$verdict_id": saved, "$name": "art-1", "$batch_id": batch, "$item_id": item, "$share_id": shares[0]["id"],
        "$token": shares[1]["token"], "$feedback_id": said["id"], "$kind": "noise", "$form": "html", "$key_id": to_end,
    }  # fmt: skip
    document = client.get("/openapi.json").json()
    everything_last = sorted(operations(document), key=lambda o: (o[1] != "/v1/everything", o[:2]), reverse=True)
    for method, path, said in everything_last:
        words = shlex.split(example(method.lower(), path, said, document["components"]["schemas"]))
        url = next(word for word in words if word.startswith("http://127.0.0.1:8000"))
        for name, value in values.items():
            url = url.replace(name, value)
        parts = [words[i + 1].split("=@") for i, word in enumerate(words) if word == "-F"]
        files = [(part, ((tmp_path / name).name, (tmp_path / name).read_bytes())) for part, name in parts]
        asked = words[words.index("-X") + 1] if "-X" in words else "GET"
        assert asked == method
        said_in_json = words[words.index("-d") + 1].replace(EXAMPLE_KEY, to_show) if "-d" in words else None
        body = {"content": said_in_json} if said_in_json else {"files": files or None}
        headers = {"content-type": "application/json"} if "-d" in words else {}
        answer = client.request(asked, url, headers=headers, **body)
        away = path == "/v1/fetched" and answer.json()["type"].startswith(
            "/problems/url-"
        )  # its example lies elsewhere
        assert answer.is_success or away, (method, path, answer.text)
        client.cookies.clear()  # curl keeps none


def test_types_in_words() -> None:
    assert type_words({"$ref": "#/components/schemas/Verdict"}) == "Verdict"
    assert type_words({"anyOf": [{"type": "string"}, {"type": "null"}]}) == "string or null"
    assert type_words({"type": "array", "items": {"type": "number"}}) == "list of number"
    assert type_words({"enum": ["a", "b"], "type": "string"}) == "a | b"
    assert type_words({"const": True, "type": "boolean"}) == "True"
    assert type_words(json.loads("{}")) == "any"
