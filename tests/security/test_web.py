"""SECURITY.md 6.3 to 6.5 as far as there is something to hold: what a hostile page, client or name may not do."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
import starlette
from fastapi.testclient import TestClient
from packaging.version import Version
from structlog.testing import capture_logs

from brushwork.failures import new_id
from brushwork.service.guards import served_hosts
from brushwork.service.logs import where
from brushwork.service.uploads import clean_name
from brushwork.settings import Settings
from brushwork.verdict import Verdict
from tests.made.drawings import drawn, encoded
from tests.service.door import image, opened

EVIL_NAME = "'><img src=x onerror=alert(1)>.png"  # no double quote: clients send that one as %22


@pytest.fixture(scope="module")
def painting() -> bytes:
    return encoded(drawn("painterly", (300, 200), 1))


def test_sec_21_a_hostile_file_name_is_text_wherever_it_is_shown(client: TestClient, painting: bytes) -> None:
    for data in (painting, b"no picture"):
        page = client.post("/check", files=image(data, EVIL_NAME)).text
        assert "<img src=x" not in page
        assert "onerror=alert(1)&gt;" in page
    batch = client.post("/batch-predict?save=true", files=[("images", (EVIL_NAME, painting))])
    assert batch.headers["content-type"] == "application/json"
    (saved,) = batch.json()["results"]
    assert saved["external_id"] == EVIL_NAME
    assert client.get(f"/v1/verdicts/{saved['id']}").headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\art.png", "art.png"),
        ("a\r\nSet-Cookie: x=1.png", "a Set-Cookie: x=1.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a" * 500 + ".png", "a" * 119 + "…"),
        ("", "picture"),
        ("folder/", "folder"),
    ],
)
def test_sec_21_a_name_is_cleaned_and_keeps_no_folder(given: str, kept: str) -> None:
    assert clean_name(given) == kept


POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' blob: data:",
    "connect-src": "'self'", "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
}  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/health", "/static/page.css", "/problems/not-found", "/nowhere", "/openapi.json"]
)
def test_sec_22_every_answer_carries_the_policy(client: TestClient, path: str) -> None:
    headers = client.get(path, headers={"accept": "text/html"}).headers
    said = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert said == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers  # this answer came without TLS


def test_sec_22_behind_tls_the_browser_is_told_to_stay_there(tmp_path: Path) -> None:
    with opened(tmp_path) as client:
        client.base_url = "https://127.0.0.1:8000"
        assert "max-age" in client.get("/livez").headers["strict-transport-security"]


@pytest.mark.parametrize("path", ["/", "/docs", "/problems/not-found", "/check"])
def test_sec_22_pages_have_no_inline_script_or_style(client: TestClient, painting: bytes, path: str) -> None:
    method, files = ("POST", image(painting)) if path == "/check" else ("GET", None)
    page = client.request(method, path, files=files, headers={"accept": "text/html"}).text
    assert "<html" in page
    for script in re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.S):
        assert 'type="application/json"' in script[0] or ("src=" in script[0] and not script[1].strip())
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", page)  # nothing from elsewhere


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8001"}, 403),
        ({"sec-fetch-site": "same-origin"}, 404),
        ({"sec-fetch-site": "none"}, 404),
        ({"origin": "http://127.0.0.1:8000"}, 404),
        ({}, 404),
    ],
)
def test_sec_23_another_sites_page_changes_nothing(client: TestClient, headers: dict[str, str], status: int) -> None:
    answer = client.delete("/v1/verdicts/nothing-here", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_sec_23_reading_never_changes_and_changing_never_reads(client: TestClient, painting: bytes) -> None:
    saved = client.post("/v1/verdicts?save=true", files=image(painting)).json()["id"]
    for path in (f"/v1/verdicts/{saved}", f"/v1/verdicts/{saved}?_method=DELETE", "/v1/verdicts?save=true", "/check"):
        client.get(path, headers={"X-HTTP-Method-Override": "DELETE"})
    assert client.get(f"/v1/verdicts/{saved}").status_code == 200
    assert client.get("/check").status_code == 405


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "", "[::2]:8000", "0.0.0.0:8000"]
)
def test_sec_23_a_foreign_host_is_refused_against_rebinding(client: TestClient, host: str) -> None:
    answer = client.get("/v1/verdicts", headers={"host": host})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")
    assert "BRUSHWORK_ALLOWED_HOSTS" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]:8000"])
def test_sec_23_loopback_hosts_are_served(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "sent"),
    [
        ("127.0.0.2", "127.0.0.2:8000"),
        ("[::1]", "[::1]:8000"),
        ("0:0::1", "[::1]"),
        ("Studio.example", "studio.example:8000"),
        ("192.168.1.4", "192.168.1.4"),
    ],
)
def test_sec_23_the_address_that_is_listened_on_is_served_and_nothing_beside_it(
    tmp_path: Path, host: str, sent: str
) -> None:
    with opened(tmp_path, host=host, i_know=True, allowed_hosts=()) as client:
        assert client.get("/livez", headers={"host": sent}).status_code == 200
        for foreign in ("evil.example", f"{sent.removesuffix(':8000')}.evil.example", "127.0.0.1", "0.0.0.0"):
            assert client.get("/livez", headers={"host": foreign}).status_code == 400


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", ""])
def test_sec_23_a_wildcard_adds_no_host(host: str) -> None:
    settings = Settings(_env_file=None, host=host, i_know=True)
    assert served_hosts(settings) == settings.allowed_hosts


def test_sec_26_ids_cannot_be_guessed_and_count_nothing(client: TestClient, painting: bytes) -> None:
    ids = {client.post("/v1/verdicts?save=true", files=image(painting)).json()["id"] for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", one) for one in ids)  # 128 bits
    assert len({new_id() for _ in range(1000)}) == 1000
    assert client.get("/v1/verdicts/1").status_code == 404


def test_sec_29_ranges_are_not_served_at_all(client: TestClient) -> None:
    many = "bytes=" + ",".join(f"{i}-{i + 1}" for i in range(0, 20_000, 2))
    answer = client.get("/static/page.css", headers={"range": many})
    assert answer.status_code == 200
    assert "accept-ranges" not in answer.headers
    assert answer.content == client.get("/static/page.css").content


def test_sec_29_no_path_leaves_the_folder_of_static_files(client: TestClient) -> None:
    for path in ("../app.py", "%2e%2e/app.py", "..%2fapp.py", "%2fetc%2fpasswd", "....//app.py", "__init__.py", ""):
        assert client.get(f"/static/{path}").status_code == 404


def test_sec_29_the_libraries_are_past_their_known_holes() -> None:
    from importlib.metadata import version

    assert Version(starlette.__version__) >= Version("1.3.1")
    assert Version(version("python-multipart")) >= Version("0.0.27")


def test_sec_37_nothing_is_stored_unless_asked_and_the_picture_never(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        client.post("/v1/verdicts", files=image(painting))
        client.post("/check", files=image(painting))
        assert client.get("/v1/verdicts").json()["verdicts"] == []
        client.post("/v1/verdicts?save=true", files=image(painting, "family.png"))
        (kept,) = client.get("/v1/verdicts").json()["verdicts"]
        assert kept["external_id"] is None
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert kept["id"].encode() in everything
    assert b"family.png" not in everything
    for part in range(100, len(painting) - 64, len(painting) // 20):
        assert painting[part : part + 64] not in everything


def test_sec_37_uploads_do_not_touch_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))  # a temporary file could not be made
    large = encoded(drawn("noise_texture", (1600, 1200), 1))
    assert len(large) > 2 * 1024 * 1024
    with opened(tmp_path) as client:
        assert client.post("/v1/verdicts", files=image(large)).status_code == 200


def test_sec_39_delete_removes_the_row_and_its_bytes(tmp_path: Path, painting: bytes) -> None:
    with opened(tmp_path) as client:
        files = [("images", ("a-name-to-look-for.png", painting))]
        (saved,) = client.post("/batch-predict?save=true", files=files).json()["results"]
        assert client.delete(f"/v1/verdicts/{saved['id']}").status_code == 204
        assert client.get(f"/v1/verdicts/{saved['id']}").status_code == 404
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in ("a-name-to-look-for", saved["id"], saved["input"]["sha256"]):
        assert secret.encode() not in everything
    with sqlite3.connect(tmp_path / "store.sqlite3") as database:
        assert database.execute("select count(*) from verdicts").fetchone() == (0,)


def test_sec_40_logs_name_no_file_no_query_and_no_address(client: TestClient) -> None:
    with capture_logs() as lines:
        client.post("/check?explain=true&secret=42", files=image(b"nothing", "private-name.png"))
        client.get("/static/private-path.css")
        client.get("/v1/verdicts/private-id", headers={"x-request-id": "evil\nline"})
    said = json.dumps(lines)
    assert {line["status"] for line in lines} == {415, 404}
    for private in ("private-name", "secret", "private-path", "private-id", "127.0.0.1", "testclient", "evil"):
        assert private not in said


def test_sec_40_an_exception_is_logged_without_its_words() -> None:
    try:
        raise ValueError("secret words of a stranger\r\nand a second line")
    except ValueError as error:
        event = where(None, "error", {"event": "failed", "exc_info": error})
    assert event["exception"] == "ValueError"
    assert "secret" not in json.dumps(event)
    assert any("test_web.py" in place for place in event["where"])


def test_sec_40_metrics_have_no_label_from_outside(client: TestClient, painting: bytes) -> None:
    client.post("/v1/verdicts", files=image(painting, "private-name.png"))
    client.request("BREW", "/v1/verdicts/private-id")
    text = client.get("/metrics").text
    assert 'route="/v1/verdicts"' in text
    assert 'method="other"' in text
    for private in ("private-name", "private-id", "BREW"):
        assert private not in text


def test_sec_40_pages_load_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/docs"):
        assert not re.search(r"(cdn|googleapis|unpkg|jsdelivr)", client.get(path).text)


def test_sec_41_results_are_neither_cached_nor_indexed(client: TestClient, painting: bytes) -> None:
    saved = client.post("/v1/verdicts?save=true", files=image(painting))
    found = client.get(f"/v1/verdicts/{saved.json()['id']}")
    page = client.post("/check", files=image(painting))
    for answer in (saved, found, page, client.get("/v1/verdicts")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
    assert Verdict.model_validate(found.json()).id == saved.json()["id"]
