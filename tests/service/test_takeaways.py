"""What a person takes away over HTTP: images, facts, case files, comparisons, text (S3-40, R3-01, R3-07, R3-09)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from brushwork.look import TOLD, Kind
from brushwork.report.check import Evidence, check
from brushwork.report.keys import PublicKey
from brushwork.verdict import Verdict
from tests.made.drawings import drawn, encoded
from tests.made.tagged import camera_exif

from .batches import done
from .door import image, opened

EVIL = "'><img src=x onerror=alert(1)>.png"


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that has a place for pictures."""
    folder = tmp_path_factory.mktemp("keeping")
    with opened(folder, pictures=str(folder / "pictures"), signing_folder=folder / "keys") as running:
        yield running


@pytest.fixture(scope="module")
def kept(keeping: TestClient, painting: bytes) -> dict[str, Any]:
    """A saved verdict with its picture, a note and a decision."""
    asked = keeping.post("/v1/verdicts?save=true&save_picture=true&explain=true", files=image(painting, EVIL))
    verdict: dict[str, Any] = asked.json()
    assert asked.status_code == 200, verdict
    keeping.patch(f"/v1/verdicts/{verdict['id']}", json={"note": f"Entry 17 {EVIL}"})
    decided = {"decision": "ask_for_originals", "note": "No layers yet"}
    assert keeping.post(f"/v1/verdicts/{verdict['id']}/decisions", json=decided).status_code == 201
    return verdict


@pytest.fixture(scope="module")
def bare(keeping: TestClient) -> str:
    """A saved verdict without its picture."""
    data = encoded(drawn("painterly", (300, 200), 2))
    found: str = keeping.post("/v1/verdicts?save=true", files=image(data)).json()["id"]
    return found


def _png(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as made:
        made.load()
        assert made.format == "PNG"
        assert made.info == {}
        return made


@pytest.mark.parametrize("kind", list(Kind))
def test_an_image_is_made_of_an_upload_and_of_a_kept_picture(
    keeping: TestClient, kept: dict[str, Any], painting: bytes, kind: Kind
) -> None:
    sent = keeping.post(f"/v1/explanations/{kind}", files=image(painting))
    found = keeping.get(f"/v1/verdicts/{kept['id']}/explanations/{kind}.png")
    assert sent.status_code == found.status_code == 200
    assert _png(sent.content).tobytes() == _png(found.content).tobytes()
    plain = keeping.post(f"/v1/explanations/{kind}?caption=false", files=image(painting))
    assert _png(plain.content).height < _png(sent.content).height


def test_an_image_of_no_kind_or_no_picture_is_refused(keeping: TestClient, painting: bytes) -> None:
    assert keeping.post("/v1/explanations/guilt", files=image(painting)).status_code == 422
    assert keeping.post("/v1/explanations/noise", files=image(b"text")).status_code == 415


def test_there_is_much_to_look_at_and_private_parts_are_asked_for(keeping: TestClient) -> None:
    data = encoded(drawn("painterly", (300, 200)), "JPEG", quality=80, exif=camera_exif())
    found = keeping.post("/v1/look", files=image(data)).json()
    assert found["jpeg_tables"]["estimated_quality"] == 80
    assert {told["kind"] for told in found["images"]} == set(TOLD)
    assert found["hidden"] >= 3
    assert "SECRET" not in json.dumps(found)
    assert "BODY-SERIAL-SECRET" in keeping.post("/v1/look?private=true", files=image(data)).text


def test_the_annotated_picture_is_that_of_the_saved_verdict(keeping: TestClient, kept: dict[str, Any]) -> None:
    found = keeping.get(f"/v1/verdicts/{kept['id']}/annotated.png")
    assert _png(found.content).width == 560


@pytest.mark.parametrize("path", ["annotated.png", "explanations/noise.png"])
def test_a_picture_that_was_not_kept_is_said(keeping: TestClient, bare: str, path: str) -> None:
    answer = keeping.get(f"/v1/verdicts/{bare}/{path}")
    assert answer.status_code == 404
    assert "is not kept" in answer.json()["detail"]
    assert "save_picture=true" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["annotated.png", "explanations/noise.png", "report.html"])
def test_a_verdict_that_is_not_there_is_not_found(keeping: TestClient, path: str) -> None:
    assert keeping.get(f"/v1/verdicts/nobody/{path}").status_code == 404


@pytest.mark.parametrize("form", ["html", "pdf", "json"])
def test_a_case_file_is_signed_by_the_key_of_the_instance(
    keeping: TestClient, kept: dict[str, Any], painting: bytes, form: str
) -> None:
    answer = keeping.get(f"/v1/verdicts/{kept['id']}/report.{form}")
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-disposition"].startswith('attachment; filename="brushwork-')
    key = PublicKey.of(keeping.get("/v1/instance").json()["public_key"])
    found = check(answer.content, Evidence(picture=painting, keys=((key, "this service"),), only_these=True))
    assert found.holds
    assert [one.outcome for one in found.checks[:4]] == ["holds"] * 4
    assert found.case is not None
    assert found.case.verdict.id == kept["id"]
    assert found.case.notes[0].text == f"Entry 17 {EVIL}"
    assert found.case.decisions[0].text == "Ask for originals: No layers yet"
    if form == "html":
        assert b"<img src=x" not in answer.content
        assert answer.content.count(b'src="data:image/jpeg') == 2


def test_a_case_file_needs_no_kept_picture(keeping: TestClient, bare: str) -> None:
    answer = keeping.get(f"/v1/verdicts/{bare}/report.html")
    assert answer.status_code == 200
    assert b"data:image/jpeg" not in answer.content


def test_a_case_file_is_made_of_an_upload_and_nothing_is_kept(keeping: TestClient, painting: bytes) -> None:
    before = len(keeping.get("/v1/verdicts").json()["verdicts"])
    answer = keeping.post("/v1/reports?form=json", files=image(painting, EVIL), data={"note": "Sent by mail"})
    payload = answer.json()["payload"]
    assert (payload["name"], payload["notes"][0]["text"]) == (EVIL, "Sent by mail")
    assert payload["verdict"]["regions"] is not None
    assert len(keeping.get("/v1/verdicts").json()["verdicts"]) == before
    assert keeping.post("/v1/reports?form=doc", files=image(painting)).status_code == 422


def test_a_key_that_cannot_be_made_is_said_without_its_place(tmp_path: Path, painting: bytes) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with opened(tmp_path, signing_folder=tmp_path / "keys") as client:
        answer = client.get("/v1/instance")
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/signing-not-ready"
        assert str(tmp_path) not in answer.text


def test_two_uploads_are_compared(keeping: TestClient, painting: bytes) -> None:
    smaller = encoded(drawn("painterly", (300, 200), 1).resize((150, 100)))
    files = {"a": ("a.png", painting), "b": ("b.png", smaller)}
    found = keeping.post("/v1/compare", files=files).json()
    assert found["likeness"]["relation"] == "resized"
    assert found["larger"] == "first"
    assert found["first"]["input"]["width"] == 300


def test_two_saved_verdicts_are_compared_as_far_as_they_were_kept(
    keeping: TestClient, kept: dict[str, Any], bare: str
) -> None:
    same = keeping.post("/v1/compare", json={"a": kept["id"], "b": kept["id"]}).json()
    assert same["likeness"]["relation"] == "same_file"
    other = keeping.post("/v1/compare", json={"a": kept["id"], "b": bare}).json()
    assert other["likeness"]["relation"] == "unknown"
    assert keeping.post("/v1/compare", json={"a": kept["id"], "b": "nobody"}).status_code == 404


@pytest.mark.parametrize("body", [{"a": "x"}, {"a": "x", "b": "y", "c": "z"}, [], "x", {"a": 1, "b": 2}])
def test_what_is_no_pair_is_refused(keeping: TestClient, body: object) -> None:
    assert keeping.post("/v1/compare", json=body).status_code == 400


@pytest.mark.parametrize("names", [("a",), ("a", "a"), ("a", "c"), ("b",), ("a", "b", "b")])
def test_a_form_without_two_pictures_is_refused(keeping: TestClient, painting: bytes, names: tuple[str, ...]) -> None:
    files = [(name, (f"{name}.png", painting)) for name in names]
    answer = keeping.post("/v1/compare", files=files)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/bad-request"


def test_a_verdict_is_told_as_text(keeping: TestClient, kept: dict[str, Any]) -> None:
    answer = keeping.get(f"/v1/verdicts/{kept['id']}?format=text")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == Verdict.model_validate(kept | {"external_id": None}).to_text(kept["external_id"]) + "\n"
    assert keeping.get(f"/v1/verdicts/{kept['id']}?format=xml").status_code == 422


def test_a_batch_is_one_page_to_keep(keeping: TestClient, painting: bytes) -> None:
    files = [("images", (EVIL, painting)), ("images", ("broken.png", b"text"))]
    batch = keeping.post("/v1/batches", files=files).json()
    done(keeping, f"/v1/batches/{batch['id']}")
    answer = keeping.get(f"/v1/batches/{batch['id']}/report.html")
    assert answer.headers["content-disposition"] == f'attachment; filename="brushwork-batch-{batch["id"]}.html"'
    assert b"Expected false accusations" in answer.content
    assert b"broken.png" in answer.content
    assert b"<img src=x" not in answer.content
    assert keeping.get("/v1/batches/nobody/report.html").status_code == 404
