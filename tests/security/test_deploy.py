"""SECURITY.md 19, 35, 36 and 40 over the files in `deploy/`, and that what they name exists."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from brushwork.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = (DEPLOY / "nginx.conf").read_text()
METADATA = "169.254.169.254"


def unit() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read(DEPLOY / "brushwork.service")
    return parser["Service"]


def test_sec_19_the_service_has_no_way_out_unless_it_is_given_one() -> None:
    networks = COMPOSE["networks"]
    assert networks["inside"] == {"internal": True}
    for name in ("api", "migrate", "db"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]
    closed = [ip_network(one) for one in unit()["IPAddressDeny"].split()]
    for inside in (METADATA, "10.1.2.3", "172.20.0.1", "192.168.1.1", "fd00:ec2::254"):
        assert any(ip_address(inside) in network for network in closed)
    guide = (DEPLOY.parent / "docs" / "operations.md").read_text()
    assert "IMDSv2" in guide and "169.254.0.0/16" in guide


@pytest.mark.parametrize("name", SERVICES)
def test_sec_35_every_container_is_closed(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] and service["pids_limit"]
    assert any(place.split(":")[0] == "/tmp" for place in service["tmpfs"])
    assert not service.keys() & {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices", "userns_mode"}


def test_sec_35_no_container_gets_the_engines_socket() -> None:
    assert "docker.sock" not in (DEPLOY / "compose.yaml").read_text()
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (source.startswith("./") and volume.endswith(":ro"))


def test_sec_35_the_image_runs_without_root_and_fetches_nothing_by_hand() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    last_stage = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM")) :]
    users = [line.split()[1] for line in last_stage if line.startswith("USER ")]
    assert users and int(users[-1].split(":")[0]) > 0
    assert not [line for line in lines if line.startswith("ADD ") or re.search(r"curl|wget|chmod 777|sudo", line)]
    assert all(":latest" not in line and ":" in line for line in lines if line.startswith("FROM"))
    assert SERVICES["db"]["user"] != "root" and "unprivileged" in SERVICES["proxy"]["image"]


def test_sec_35_the_unit_is_closed_too() -> None:
    said = unit()
    for name in ("NoNewPrivileges", "DynamicUser", "PrivateTmp", "ProtectHome", "PrivateDevices", "RestrictNamespaces"):
        assert said[name] == "yes"
    assert (said["ProtectSystem"], said["CapabilityBoundingSet"]) == ("strict", "")
    assert said["MemoryMax"] and said["TasksMax"]


def _sample(name: str) -> dict[str, str]:
    lines = (DEPLOY / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_sec_36_no_secret_has_a_default() -> None:
    assert _sample("db.env.sample")["POSTGRES_PASSWORD"] == ""
    assert _sample("api.env.sample")["BRUSHWORK_DATABASE_URL"] == ""
    assert (SERVICES["api"]["env_file"], SERVICES["db"]["env_file"]) == ("api.env", "db.env")
    for service in SERVICES.values():
        assert "environment" not in service  # secrets come from files, never from this one
    everything = "".join(path.read_text() for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".json")
    assert not re.search(r"(?i)(password|secret|token)[ \t]*[=:][ \t]*\w", everything)


def test_sec_36_without_the_secret_there_is_no_start(tmp_path: Path) -> None:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("BRUSHWORK_")}
    for command in (["serve"], ["db", "upgrade"]):
        done = subprocess.run(
            [sys.executable, "-m", "brushwork.cli", *command], cwd=tmp_path, capture_output=True, text=True, timeout=60,
            env=plain | {"BRUSHWORK_ENV_FILE": str(DEPLOY / "api.env.sample")}, check=False,
        )  # fmt: skip
        assert done.returncode == 4, done.stderr
        assert "BRUSHWORK_DATABASE_URL" in done.stderr


def test_sec_36_the_files_with_secrets_stay_out_of_version_control() -> None:
    assert "deploy/*.env" in (DEPLOY.parent / ".gitignore").read_text().splitlines()
    assert not list(DEPLOY.rglob("*.env")) or not shutil.which("git")


def test_every_setting_that_is_named_exists() -> None:
    named = set()
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            named |= set(re.findall(r"BRUSHWORK_[A-Z_]*[A-Z]", path.read_text()))
    known = {f"BRUSHWORK_{name.upper()}" for name in Settings.model_fields} | {"BRUSHWORK_ENV_FILE"}
    assert len(named) > 5
    assert named <= known


def test_the_proxy_holds_no_upload_in_its_little_memory() -> None:
    proxy = SERVICES["proxy"]
    assert proxy["read_only"] and any(path.startswith("/tmp") for path in proxy["tmpfs"])
    assert re.findall(r"proxy_request_buffering\s+(\w+);", NGINX) == ["off"]


def test_sec_40_the_proxy_logs_no_address_and_no_query() -> None:
    (form,) = re.findall(r"log_format without_persons (.*?);", NGINX, re.S)
    assert set(re.findall(r"\$\w+", form)) == {
        "$time_iso8601", "$request_method", "$status", "$request_time", "$sent_http_x_request_id",
    }  # fmt: skip
    assert re.findall(r"access_log\s+(.*?);", NGINX) == ["/dev/stdout without_persons"]


def test_the_proxy_takes_what_the_service_takes() -> None:
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    assert int(megabytes) * 1024 * 1024 == Settings.model_fields["max_request_bytes"].default


@pytest.mark.needs_nginx
def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1"]
    made += ["-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    site = NGINX.replace("/etc/nginx/tls", str(tmp_path)).replace("server api:", "server 127.0.0.1:")
    (tmp_path / "site.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ include {tmp_path}/site.conf; }}\n"
    )
    done = subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.needs_promtool
@pytest.mark.parametrize(
    "words",
    [("check", "rules", "rules.yml"), ("check", "config", "prometheus.yml"), ("test", "rules", "rules_test.yml")],
)
def test_prometheus_takes_its_rules_and_they_fire_when_they_should(words: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _expressions() -> list[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())
    board = json.loads((DEPLOY / "grafana" / "brushwork.json").read_text())
    found = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return found + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_every_metric_that_is_looked_at_exists_with_its_labels(client: TestClient) -> None:
    families = list(text_string_to_metric_families(client.get("/metrics").text))
    names = {family.name for family in families}
    for expression in _expressions():
        metrics = re.findall(r"\b(?:brushwork|process)_\w+", expression)
        for metric in metrics:
            bare = re.sub(r"_(total|bucket|sum|count)$", "", metric)
            assert {metric, bare} & names, expression
    assert len(_expressions()) > 15


def test_every_alert_is_explained_with_a_next_step() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"][0]["rules"]
    guide = (DEPLOY.parent / "docs" / "operations.md").read_text()
    for rule in rules:
        assert f"`{rule['alert']}`" in guide
        assert rule["annotations"]["action"] and rule["labels"]["severity"] in ("page", "ticket")
