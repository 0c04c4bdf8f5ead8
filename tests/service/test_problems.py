"""Every error is a problem document that names the input and the next step, and tells nothing of the server."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from structlog.testing import capture_logs

from brushwork import errors
from brushwork.service import url_fetch
from brushwork.service.problems import BY_SLUG, KINDS, problem_of
from brushwork.service.schemas import Problem
from tests.made.drawings import encoded

from .door import image, opened


def tree(root: type[errors.BrushworkError]) -> Iterator[type[errors.BrushworkError]]:
    yield root
    for branch in root.__subclasses__():
        yield from tree(branch)


NOT_OVER_HTTP = {
    "settings",
    "service-unreachable",
    "lab",
    "webhook-invalid",
    "report-unusable",
}  # these stop a command, a client, a receiver


def test_every_error_of_the_tree_has_a_kind_with_its_status() -> None:
    found = {kind for kind in tree(errors.BrushworkError) if kind.slug not in NOT_OVER_HTTP}
    assert len(found) > 15
    for kind in found:
        assert kind.status in (BY_SLUG[kind.slug].status, *BY_SLUG[kind.slug].also), kind


def test_no_kind_is_listed_twice() -> None:
    assert len(BY_SLUG) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.slug)
def test_the_address_of_every_kind_explains_it(client: TestClient, kind: object) -> None:
    page = client.get(f"/problems/{kind.slug}", headers={"accept": "text/html,*/*"})
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]
    document = client.get(f"/problems/{kind.slug}").json()
    assert (document["title"], document["status"]) == (kind.title, kind.status)
    assert document["detail"] == kind.means


CASES = (
    ("POST", "/v1/verdicts", {"files": image(b"text", "notes.txt")}, "unsupported-media-type", "notes.txt"),
    ("POST", "/v1/verdicts", {"files": image(b"", "empty.png")}, "image-corrupt", "empty.png"),
    ("POST", "/v1/verdicts", {"files": image(encoded(Image.new("1", (8000, 7000))), "wide.png")},
     "too-many-pixels", "wide.png"),
    ("POST", "/v1/verdicts", {"files": {"other": ("a.png", b"x")}}, "bad-request", "image"),
    ("POST", "/v1/verdicts", {"data": {"image": "text"}}, "unsupported-media-type", "image"),
    ("POST", "/v1/verdicts", {"json": {"url": "http://127.0.0.1/"}}, "url-blocked", "http://127.0.0.1/"),
    ("POST", "/v1/verdicts", {"json": {"url": "http://127.0.0.1/", "then": 1}}, "bad-request", "`url` alone"),
    ("POST", "/v1/verdicts", {"json": "x" * 20_000}, "bad-request", "too long"),
    ("POST", "/batch-predict", {"json": {"url": "http://a/"}}, "unsupported-media-type", "application/json"),
    ("POST", "/v1/verdicts", {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
     "bad-request", "form"),
    ("POST", "/v1/verdicts", {"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}},
     "bad-request", "image"),
    ("POST", "/v1/verdicts?explain=perhaps", {"files": image(b"x")}, "invalid-value", "explain"),
    ("POST", "/batch-predict", {"files": image(b"x")}, "bad-request", "images"),
    ("GET", "/v1/verdicts?limit=1000", {}, "invalid-value", "limit"),
    ("GET", "/v1/verdicts?answer=nonsense", {}, "invalid-value", "answer"),
    ("GET", "/v1/verdicts?after=nonsense", {}, "bad-request", "after"),
    ("GET", "/v1/verdicts/unknown", {}, "not-found", "id"),
    ("GET", "/v1/models/unknown/card", {}, "not-found", ""),
    ("GET", "/nowhere", {}, "not-found", ""),
    ("PUT", "/v1/verdicts", {}, "method-not-allowed", "/docs"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "asked", "slug", "names"), CASES, ids=lambda v: str(v)[:30])
def test_a_problem_says_what_is_wrong(
    client: TestClient, method: str, path: str, asked: dict, slug: str, names: str
) -> None:
    answer = client.request(method, path, **asked)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(answer.content)
    assert problem.type == f"/problems/{slug}"
    assert problem.status == answer.status_code == BY_SLUG[slug].status
    assert names in problem.detail
    assert problem.request_id == answer.headers["x-request-id"]
    assert problem.instance == path.partition("?")[0]
    assert bool(problem.errors) == (slug == "invalid-value")
    for told in (str(Path.cwd()), "Traceback", "starlette", "PIL", "sqlite", "site-packages"):
        assert told not in answer.text


def test_a_method_that_is_not_taken_names_those_that_are(client: TestClient) -> None:
    assert client.put("/v1/verdicts").headers["allow"]


def test_a_fault_of_ours_is_logged_and_tells_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret words in /srv/brushwork/secret.py")

    monkeypatch.setattr(client.app.state.desk.store.verdicts, "kept", broken)
    with capture_logs() as lines:
        answer = client.get("/v1/verdicts/some-id")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert answer.json()["request_id"] in answer.json()["detail"]
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"]
    assert [line["event"] for line in lines] == ["failed", "request"]


def test_a_bundle_error_keeps_the_servers_folders_to_itself() -> None:
    error = errors.BundleDamaged("/srv/models/private/model.onnx is not the recorded file.", "Copy it.")
    assert "/srv" not in problem_of(error, instance="/", request_id="1").detail


def test_an_address_that_does_not_answer_is_told_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_fetch, "TOTAL_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        with opened(tmp_path, url_fetch_allow=(place,)) as running:
            answer = running.post("/v1/verdicts", json={"url": f"http://{place}/a.png"})
    assert (answer.status_code, answer.json()["type"]) == (504, "/problems/url-timeout")
    assert place in answer.json()["detail"] and "send the picture itself" in answer.json()["detail"]


def test_a_form_of_report_that_is_not_installed_is_told(
    client: TestClient, painting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = client.post("/v1/verdicts?save=true", files=image(painting)).json()["id"]
    monkeypatch.setitem(sys.modules, "fpdf", None)  # as where the extra is missing
    monkeypatch.delitem(sys.modules, "brushwork.report.pdf", raising=False)
    answer = client.get(f"/v1/verdicts/{saved}/report.pdf")
    assert (answer.status_code, answer.json()["type"]) == (501, "/problems/form-not-installed")
    assert "brushwork[pdf]" in answer.json()["detail"]


def test_a_request_id_is_taken_over_where_it_is_harmless(client: TestClient) -> None:
    assert client.get("/livez", headers={"x-request-id": "abc-1.2_Z"}).headers["x-request-id"] == "abc-1.2_Z"
    for bad in ("a b", "<x>", "a" * 65, ""):
        made = client.get("/livez", headers={"x-request-id": bad}).headers["x-request-id"]
        assert made != bad and len(made) == 16
