"""Another model while the service runs: without a pause, kept over a restart, followed by other processes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient

from brushwork.forensics.bundle import MODEL_FILE, RECIPE_FILE, load_bundle
from brushwork.service import activation

from .door import image, opened


def twin(folder: Path, **changed: Any) -> str:
    """A bundle beside the shipped one: the same files under another name. Returns the hash of its recipe."""
    shutil.copytree(load_bundle("default").folder, folder)
    recipe = json.loads((folder / RECIPE_FILE).read_text())
    (folder / RECIPE_FILE).write_text(json.dumps(recipe | changed))
    return load_bundle(folder).sha256


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    twin(folder / "art-twin", name="art-twin")
    return folder


@pytest.fixture
def service(tmp_path: Path, models: Path) -> Iterator[TestClient]:
    with opened(tmp_path, models=models) as client:
        yield client


def active(client: TestClient) -> str:
    (name,) = [m["name"] for m in client.get("/v1/models").json()["models"] if m["active"]]
    assert client.get("/health").json()["bundle"]["name"] == name
    return str(name)


@pytest.mark.slow
def test_a_model_is_activated_under_load_and_stays_after_a_restart(
    tmp_path: Path, models: Path, painting: bytes
) -> None:
    answers: list[tuple[int, str]] = []
    with opened(tmp_path, models=models, workers=2) as client:
        assert active(client) == "art-1"

        def ask() -> None:
            for _ in range(12):
                answer = client.post("/v1/verdicts", files=image(painting))
                answers.append((answer.status_code, answer.json()["model"]["name"]))

        asking = Thread(target=ask)
        asking.start()
        chosen = client.post("/v1/models/art-twin/activate")
        asking.join()
        assert (chosen.status_code, chosen.json()["name"], chosen.json()["active"]) == (200, "art-twin", True)
        assert active(client) == "art-twin"
        last = client.post("/v1/verdicts", files=image(painting)).json()
        assert last["model"]["name"] == "art-twin"
        assert f'sha256="{last["model"]["sha256"]}"' in client.get("/metrics").text
        assert client.get("/readyz").json()["model"] == "ok"
    assert {status for status, _ in answers} == {200}  # not one was lost
    with opened(tmp_path, models=models) as client:
        assert active(client) == "art-twin"
        (act,) = client.get("/v1/audit").json()["acts"]
        assert (act["who"], act["what"], act["target"]) == ("local", "activate model", "art-twin")


def test_a_model_that_fails_leaves_the_old_one_active(service: TestClient, models: Path) -> None:
    twin(models / "torn", name="torn")
    with (models / "torn" / MODEL_FILE).open("r+b") as file:
        file.write(b"nothing")
    twin(models / "second", name="art-twin", version="9.9")
    for name, status, words in (
        ("torn", 503, "damaged"),
        ("none", 404, "/v1/models"),
        ("..", 404, ""),
        ("art-twin", 400, "art-twin@9.9"),
    ):
        refused = service.post(f"/v1/models/{name}/activate")
        assert (refused.status_code, name) == (status, name)
        assert words in refused.text and str(models) not in refused.text
    assert active(service) == "art-1"
    assert service.get("/v1/audit").json()["acts"] == []
    assert service.get("/v1/models/art-twin@9.9/card").status_code == 200
    assert [m["name"] for m in service.get("/v1/models").json()["models"]] == ["art-1", "art-twin", "art-twin"]


def test_a_model_that_hashes_right_but_does_not_load_leaves_the_old_one_active(
    service: TestClient, models: Path
) -> None:
    import hashlib

    twin(models / "hollow", name="hollow")
    (models / "hollow" / MODEL_FILE).write_bytes(b"no model at all")
    recipe = json.loads((models / "hollow" / RECIPE_FILE).read_text())
    recipe["files"][MODEL_FILE] = hashlib.sha256(b"no model at all").hexdigest()
    (models / "hollow" / RECIPE_FILE).write_text(json.dumps(recipe))
    refused = service.post("/v1/models/hollow/activate")
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/model-not-ready")
    assert active(service) == "art-1"
    assert service.get("/readyz").json()["model"] in ("ok", "loading")


def test_other_processes_on_the_same_database_follow(
    tmp_path: Path, models: Path, service: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "FOLLOW_S", 0.1)
    with opened(tmp_path, models=models) as other:
        assert active(other) == "art-1"
        assert service.post("/v1/models/art-twin/activate").status_code == 200
        until = time.monotonic() + 60
        while other.get("/health").json()["bundle"]["name"] != "art-twin":
            assert time.monotonic() < until, "it did not follow"
            time.sleep(0.1)
        assert active(other) == "art-twin"


def test_a_chosen_model_that_is_gone_is_replaced_by_that_of_the_settings(
    tmp_path: Path, models: Path, service: TestClient
) -> None:
    assert service.post("/v1/models/art-twin/activate").status_code == 200
    shutil.rmtree(models / "art-twin")
    with opened(tmp_path, models=models) as again:
        assert active(again) == "art-1"
