"""SECURITY.md lines 23 to 27, 34 and 36, as far as they are about who asks and how much."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from brushwork.cli.exits import ExitCode
from brushwork.errors import SettingsError
from brushwork.service.access import TLS_COOKIE
from brushwork.service.serve import check_door, run
from brushwork.settings import Settings
from brushwork.store.migrate import prepare
from brushwork.store.store import Store
from tests.made.drawings import drawn, encoded
from tests.service.door import image, settings_for
from tests.service.keyed import Keyed, keyed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with keyed(tmp_path_factory.mktemp("callers")) as running:
        yield running


@pytest.fixture
def painting() -> bytes:
    return encoded(drawn("painterly", (300, 200), 1))


def brushwork(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = os.environ | {"BRUSHWORK_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite3'}"} | environment
    command = [sys.executable, "-m", "brushwork.cli", *words]
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=600, check=False)


def test_sec_23_a_cookie_from_another_sites_page_changes_nothing(service: Keyed) -> None:
    key = service.key("read", "write")
    service.client.post("/v1/session", json={"key": key})
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}):
        for method, path in (("DELETE", "/v1/verdicts/none"), ("POST", "/v1/session"), ("DELETE", "/v1/session")):
            refused = service.client.request(method, path, headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert service.client.delete("/v1/verdicts/none", headers={"sec-fetch-site": "same-origin"}).status_code == 404
    service.client.cookies.clear()


def test_sec_23_behind_tls_the_cookie_is_bound_to_this_host(service: Keyed) -> None:
    service.client.base_url = "https://127.0.0.1:8000"
    try:
        cookie = service.client.post("/v1/session", json={"key": service.key("read")}).headers["set-cookie"]
    finally:
        service.client.base_url = "http://127.0.0.1:8000"
        service.client.cookies.clear()
    assert cookie.startswith(f"{TLS_COOKIE}=") and TLS_COOKIE.startswith("__Host-")
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_sec_24_a_public_bind_without_a_key_is_refused(tmp_path: Path) -> None:
    assert Settings(_env_file=None).host == "127.0.0.1"
    public = settings_for(tmp_path, host="0.0.0.0")
    with pytest.raises(SettingsError, match="brushwork keys create"):
        run(public, tell=pytest.fail)
    store = Store(public.database_url)
    facts, _ = store.keys.create("jury", ["read"], by="cli")
    check_door(public, tell=pytest.fail)
    store.keys.revoke(facts.id, by="cli")
    store.close()
    with pytest.raises(SettingsError, match="no usable one"):
        check_door(public, tell=pytest.fail)


def test_sec_24_an_open_bind_is_loud_and_gives_no_administrator(tmp_path: Path) -> None:
    told: list[str] = []
    open_door = settings_for(tmp_path, host="0.0.0.0", i_know=True)
    prepare(open_door.database_url)
    check_door(open_door, told.append)
    assert len(told) == 1 and "NOBODY IS ASKED FOR A KEY" in told[0]
    with keyed(tmp_path, host="0.0.0.0", i_know=True, require_keys=False) as service:
        assert service.client.get("/v1/verdicts").status_code == 200
        for path in ("/v1/keys", "/v1/audit", "/metrics"):
            assert service.client.get(path).status_code == 403
        assert service.client.post("/v1/keys", json={"label": "mine"}).status_code == 403
        assert service.ask(service.key("admin"), "GET", "/v1/keys").status_code == 200


def test_sec_25_there_is_no_default_key_and_administration_needs_its_own_scope(service: Keyed) -> None:
    everything_else = service.key("read", "write", "review", "metrics")
    for method, path in (
        ("GET", "/v1/keys"), ("POST", "/v1/keys"), ("DELETE", "/v1/keys/x"), ("POST", "/v1/keys/x/rotate"),
        ("GET", "/v1/audit"), ("POST", "/v1/models/art-1/activate"),
    ):  # fmt: skip
        assert service.ask(everything_else, method, path).status_code == 403
    assert service.ask(everything_else, "GET", "/v1/session").status_code == 200


def test_sec_25_bad_keys_are_throttled_by_address_and_good_ones_that_are_known_are_not(tmp_path: Path) -> None:
    with keyed(tmp_path) as service:
        good, late = service.key("read"), service.key("read")
        assert service.ask(good, "GET", "/v1/verdicts").status_code == 200
        statuses = [service.ask("bw_guess", "GET", "/v1/verdicts").status_code for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        refused = service.ask(late, "GET", "/v1/verdicts")
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        assert service.client.post("/v1/session", json={"key": "bw_guess"}).status_code == 429


def test_sec_25_the_audit_log_has_no_route_that_changes_it(service: Keyed) -> None:
    admin = service.key("admin", "read", "write")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert service.ask(admin, method, "/v1/audit").status_code == 405
    (act, *_) = service.ask(admin, "GET", "/v1/audit").json()["acts"]
    assert set(act) == {"id", "at", "who", "what", "target"}  # no name, no address


def test_sec_26_an_id_of_somebody_else_is_as_good_as_none(service: Keyed, painting: bytes) -> None:
    mine, yours = service.key("read", "write"), service.key("read", "write")
    saved = service.ask(mine, "POST", "/v1/verdicts?save=true", files=image(painting)).json()["id"]
    for method, path in (
        ("GET", f"/v1/verdicts/{saved}"), ("DELETE", f"/v1/verdicts/{saved}"),
        ("GET", f"/v1/verdicts/{saved}/report.json"),
    ):  # fmt: skip
        other = service.ask(yours, method, path)
        never = service.ask(yours, method, path.replace(saved, "A" * 22))
        assert other.status_code == never.status_code == 404
        assert other.json()["detail"] == never.json()["detail"]
    assert service.ask(yours, "GET", "/v1/verdicts").json()["verdicts"] == []
    assert service.ask(mine, "GET", f"/v1/verdicts/{saved}").status_code == 200


def test_sec_27_and_34_requests_and_probes_are_limited_by_default_beyond_this_machine(tmp_path: Path) -> None:
    with keyed(tmp_path, host="0.0.0.0") as service:
        key = service.key("read", "write")
        asked = service.ask(key, "POST", "/v1/verdicts?stability=true", files=image(b"t"))
        assert asked.status_code == 415
        assert asked.headers["ratelimit-policy"] == '"default";q=600;w=60, "stability";q=30;w=60'
        many = [("images", (f"{i}.png", b"t")) for i in range(40)]  # more at once than there ever are
        for path in ("/batch-predict", "/v1/batches"):
            batch = service.ask(key, "POST", f"{path}?stability=true", files=many)
            assert (batch.status_code, batch.json()["type"]) == (429, "/problems/rate-limited")
        assert service.ask(key, "POST", "/batch-predict", files=many[:1]).status_code == 200


def test_sec_34_an_answer_holds_no_logits_or_gradients(service: Keyed, painting: bytes) -> None:
    answer = service.ask(service.key("write"), "POST", "/v1/verdicts?explain=true", files=image(painting))
    assert answer.status_code == 200
    assert not re.search(r"logit|gradient|saliency", answer.text, re.I)


def test_sec_36_a_key_is_on_the_disk_as_its_hash_only(tmp_path: Path) -> None:
    with keyed(tmp_path) as service:
        made = service.ask(service.key("admin"), "POST", "/v1/keys", json={"label": "x"}).json()["key"]
        token = service.client.post("/v1/session", json={"key": made}).cookies["brushwork_session"]
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert hashlib.sha256(made.encode()).hexdigest().encode() in everything
    for secret in (made, made.rpartition("_")[2], token):
        assert secret.encode() not in everything


def test_sec_36_keys_are_managed_from_the_command_line_and_shown_once(tmp_path: Path) -> None:
    made = brushwork(tmp_path, "keys", "create", "--label", "jury 2026", "--scope", "read", "--days", "3")
    key = made.stdout.strip()
    assert made.returncode == ExitCode.DONE and re.fullmatch(r"bw_[0-9a-f]{12}_[\w-]{43}", key)
    assert key not in made.stderr
    listed = brushwork(tmp_path, "keys", "list", "--format", "json")
    (row,) = json.loads(listed.stdout)
    assert (row["label"], row["scopes"], row["usable"]) == ("jury 2026", ["read"], True)
    rotated = brushwork(tmp_path, "keys", "rotate", row["id"])
    assert rotated.stdout.strip() not in ("", key)
    assert brushwork(tmp_path, "keys", "revoke", row["id"]).returncode == ExitCode.DONE
    assert "revoked" in brushwork(tmp_path, "keys", "list").stdout
    unknown = brushwork(tmp_path, "keys", "revoke", "0" * 12)
    assert unknown.returncode == ExitCode.UNUSABLE and "brushwork keys list" in unknown.stderr
    assert brushwork(tmp_path, "keys", "create", "--label", "\u200b").returncode == ExitCode.USAGE
    assert brushwork(tmp_path, "keys", "create", "--label", "a", "--scope", "root").returncode == ExitCode.USAGE


@pytest.mark.parametrize("url", ["foo", "mysql://me:hunter2@host/db"])
def test_sec_36_a_database_that_cannot_be_used_ends_in_one_line_without_its_password(tmp_path: Path, url: str) -> None:
    ended = brushwork(tmp_path, "serve", BRUSHWORK_DATABASE_URL=url)
    assert ended.returncode == ExitCode.UNUSABLE
    assert len(ended.stderr.splitlines()) == 1 and "BRUSHWORK_DATABASE_URL" in ended.stderr
    assert "hunter2" not in ended.stderr
    told = brushwork(tmp_path, "doctor", BRUSHWORK_DATABASE_URL=url)
    assert told.returncode == ExitCode.UNUSABLE
    assert told.stdout.count("is not a database") == 1 and "hunter2" not in told.stdout


def test_sec_36_the_doctor_tells_a_wrong_setting_once(tmp_path: Path) -> None:
    told = brushwork(tmp_path, "doctor", BRUSHWORK_PORT="no")
    assert told.returncode == ExitCode.UNUSABLE
    assert told.stdout.count("BRUSHWORK_PORT") == 1


def test_sec_42_weaknesses_have_an_address(tmp_path: Path, service: Keyed) -> None:
    assert "Report a weakness" in (ROOT / "SECURITY.md").read_text()
    assert "threat" in (ROOT / "docs" / "security.md").read_text()
    assert service.client.get("/.well-known/security.txt").status_code == 404
    with keyed(tmp_path, security_contact="mailto:security@example.org") as named:
        said = named.client.get("/.well-known/security.txt")
    assert said.headers["content-type"] == "text/plain; charset=utf-8"
    assert said.text.startswith("Contact: mailto:security@example.org\nExpires: 20")
