"""Whether it is alive, ready, and what it counts."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from brushwork import __version__
from brushwork.errors import StoreError
from brushwork.forensics.bundle import load_bundle
from brushwork.service.assets import load
from brushwork.service.status import Figures
from brushwork.store.database import Database

from .door import image, opened


def samples(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_live_touches_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> NoReturn:
        raise StoreError("The database is away.")

    monkeypatch.setattr(Database, "session", away)
    monkeypatch.setattr(Database, "state", away)
    assert client.get("/livez").json() == {"live": True}
    assert client.get("/version").json() == {"version": __version__}


def test_ready_waits_for_the_model_and_health_says_everything(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path, workers=2, queue=7) as client:
        first = client.get("/readyz")
        assert (first.status_code == 200) == (first.json()["model"] == "ok")
        client.post("/predict", files=image(painting))
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()) == (
            200, {"ready": True, "model": "ok", "database": "ok", "disk": "ok", "queue": "ok"},
        )  # fmt: skip
        facts = load_bundle("default").facts()
        assert client.get("/health").json() == {
            "status": "ok",
            "version": __version__,
            "bundle": {"name": facts.name, "version": facts.version, "sha256": facts.sha256},
            "database": "ok",
            "queue": {"waiting": 0, "room": 9, "workers": 2},
        }


def test_the_times_of_two_models_are_taken_together() -> None:
    registry = CollectorRegistry()
    times = Histogram("brushwork_stage_duration_seconds", "Time", ("stage", "model"), registry=registry)
    for model, seconds, count in (("art-1", 0.1, 30), ("other", 2.0, 10)):
        for _ in range(count):
            times.labels("score", model).observe(seconds)
    (stage,) = Figures(generate_latest(registry).decode()).stages()
    assert stage.count == 40
    assert stage.p50 < 0.3 < 1 < stage.p95 < 3


def test_an_old_database_is_told_as_behind(tmp_path: Path) -> None:
    from brushwork.store.migrate import downgrade

    with opened(tmp_path) as client:
        downgrade(f"sqlite:///{tmp_path / 'store.sqlite3'}", "base")
        assert client.get("/readyz").json()["database"] == "behind"
        away = client.get("/readyz")
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        refused = client.get("/v1/verdicts")
        assert refused.status_code == 503 and "brushwork db upgrade" in refused.json()["detail"]


def test_verdicts_failures_stages_and_requests_are_counted(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        answer = client.post("/v1/verdicts?save=true", files=image(painting)).json()
        client.post("/v1/verdicts?save=true", files=image(painting))  # from the store: examined once only
        client.post("/v1/verdicts", files=image(b"text"))
        client.post("/batch-predict", files=[("images", ("a.png", b""))])
        found = samples(client)
    model = load_bundle("default").facts()
    labels = (("answer", answer["answer"]), ("channel", "http"), ("model", model.name))
    assert found["brushwork_verdicts_total", labels] == 1
    assert found["brushwork_decode_failures_total", (("reason", "unsupported-media-type"),)] == 1
    assert found["brushwork_decode_failures_total", (("reason", "image-corrupt"),)] == 1
    for stage, count in (("decode", 1), ("provenance", 1), ("forensics", 1), ("weigh", 1), ("store", 2)):
        name = "brushwork_stage_duration_seconds_count"
        assert found[name, (("model", model.name), ("stage", stage))] == count
    assert found["brushwork_model_info", (("sha256", model.sha256), ("version", model.version))] == 1
    assert found["brushwork_queue_jobs", ()] == 0
    requests = "brushwork_http_requests_total"
    assert found[requests, (("code", "200"), ("method", "POST"), ("route", "/v1/verdicts"))] == 2
    assert found[requests, (("code", "415"), ("method", "POST"), ("route", "/v1/verdicts"))] == 1
    durations = "brushwork_http_request_duration_seconds_count"
    assert found[durations, (("method", "POST"), ("route", "/batch-predict"))] == 1


def test_static_files_are_asked_for_again_by_their_tag(client: TestClient) -> None:
    first = client.get("/static/page.css")
    assert (first.headers["content-type"], first.headers["cache-control"]) == ("text/css; charset=utf-8", "no-cache")
    again = client.get("/static/page.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get("/static/page.css", headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_a_file_of_the_page_comes_packed_where_that_can_be_undone(
    client: TestClient, accepted: str, *, packed: bool
) -> None:
    plain = client.get("/static/page.css", headers={"accept-encoding": "identity"})
    answer = client.get("/static/page.css", headers={"accept-encoding": accepted})
    assert answer.content == plain.content
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert (answer.headers.get("content-encoding") == "gzip") == packed
    assert (answer.headers["etag"] != plain.headers["etag"]) == packed
    assert (int(answer.headers["content-length"]) < len(plain.content) / 2) == packed


def test_only_files_of_known_types_are_static(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.css", "deep/b.js", "secret.py", "c.html", ".env"):
        (tmp_path / name).write_text("x")
    assert sorted(load(tmp_path)) == ["a.css", "deep/b.js"]


def test_models_are_listed_with_the_one_in_use(client: TestClient) -> None:
    facts = load_bundle("default").facts()
    models = client.get("/v1/models").json()["models"]
    assert [m["name"] for m in models if m["active"]] == [facts.name]
    assert models[0]["sha256"] == facts.sha256
    assert models[0]["thresholds"] == facts.thresholds.model_dump()


def test_the_card_is_markdown_for_programs_and_a_page_in_a_browser(client: TestClient) -> None:
    bundle = load_bundle("default")
    path = f"/v1/models/{bundle.recipe.name}/card"
    card = client.get(path)
    assert card.headers["content-type"] == "text/markdown; charset=utf-8"
    assert card.text == bundle.card
    shown = client.get(path, headers={"accept": "text/html,*/*"})
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert (card.headers["vary"], shown.headers["vary"]) == ("Accept", "Accept")
    assert client.get(path, headers={"if-none-match": card.headers["etag"]}).status_code == 304
    for name in ("unknown", "..", "%2e%2e%2fbundles"):
        assert client.get(f"/v1/models/{name}/card").status_code == 404
