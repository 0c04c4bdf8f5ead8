"""Real services that are killed in the middle of a batch, and two that share one queue: every picture exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from brushwork.store.migrate import downgrade, upgrade
from tests.made.drawings import drawn, encoded
from tests.made.ports import free_port

PATIENCE_S = 180
"""A bound on a test that hangs, not a measure: a busy machine takes its time."""


@contextmanager
def serving(folder: Path, url: str, port: int, **changed: str) -> Iterator[subprocess.Popen[str]]:
    """`brushwork serve` with its uploads in `folder`; what it says goes to a file there."""
    environment = os.environ | {
        "BRUSHWORK_DATABASE_URL": url, "BRUSHWORK_SPOOL": str(folder / "spool"), "BRUSHWORK_WORKERS": "1", **changed,
    }  # fmt: skip
    command = [sys.executable, "-m", "brushwork.cli", "serve", "--port", str(port)]
    with (folder / f"log-{port}-{time.time_ns()}").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stderr=log, text=True, start_new_session=True)
        try:
            answers(port)
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(port: int) -> None:
    for _ in range(PATIENCE_S * 10):
        try:
            httpx.get(f"http://127.0.0.1:{port}/livez")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the service did not start")


def hand_over(port: int, pictures: int) -> str:
    files = [("images", (f"{n}.png", encoded(drawn("painterly", (96, 64), n)), "image/png")) for n in range(pictures)]
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/batches?save=true", files=files, timeout=60)
    assert answer.status_code == 202, answer.text
    return f"http://127.0.0.1:{port}{answer.json()['status_url']}"


def progress(batch: str) -> dict[str, Any]:
    said: dict[str, Any] = httpx.get(batch, timeout=60).json()
    return said


def wait_for(batch: str, finished: int) -> dict[str, Any]:
    """How the batch is once it has so many results."""
    for _ in range(PATIENCE_S * 20):
        said = progress(batch)
        if said["counts"]["done"] + said["counts"]["failed"] >= finished:
            return said
        time.sleep(0.05)
    pytest.fail(f"it stood still at {said}")


def check_each_once(batch: str, pictures: int) -> None:
    """One result for each picture, in order, none of them an error; each kept in the history once."""
    lines = [json.loads(line) for line in httpx.get(f"{batch}/results", timeout=60).text.splitlines()]
    assert [line["external_id"] for line in lines] == [f"{n}.png" for n in range(pictures)]
    assert [line["error"] for line in lines] == [None] * pictures
    history = httpx.get(f"{batch.partition('/v1/')[0]}/v1/verdicts?limit=200", timeout=60).json()["verdicts"]
    assert Counter(v["external_id"] for v in history) == Counter(f"{n}.png" for n in range(pictures))
    assert {v["id"] for v in history} == {line["id"] for line in lines}


def test_a_service_killed_in_the_middle_finishes_the_batch_when_it_is_started_again(tmp_path: Path) -> None:
    """S3-31, S3-38: no item lost, none done twice, nothing left on the disk."""
    url, port = f"sqlite:///{tmp_path / 'store.sqlite3'}", free_port()
    with serving(tmp_path, url, port) as process:
        batch = hand_over(port, 30)
        before = wait_for(batch, 5)
        process.kill()
        process.wait()
        assert before["counts"]["done"] < 30, "it was killed too late to prove anything"
    with serving(tmp_path, url, port):
        said = wait_for(batch, 30)
        assert (said["state"], said["counts"]["done"], said["items"]) == ("done", 30, 30)
        check_each_once(batch, 30)
        assert [path.name for path in (tmp_path / "spool").iterdir()] == ["spool-id"]


@pytest.fixture
def shared() -> Iterator[str]:
    """A PostgreSQL with its tables; a test that asks for it needs one."""
    url = os.environ["BRUSHWORK_TEST_POSTGRES_URL"]
    downgrade(url, "base")
    upgrade(url)
    yield url
    downgrade(url, "base")


@pytest.mark.needs_postgres
def test_two_services_share_one_queue_and_one_takes_over_when_the_other_is_killed(tmp_path: Path, shared: str) -> None:
    """Leases of the one that died run out; until then nothing of it is done a second time."""
    one, two = free_port(), free_port()
    with (
        serving(tmp_path, shared, one, BRUSHWORK_BATCH_LEASE="3") as first,
        serving(tmp_path, shared, two, BRUSHWORK_BATCH_LEASE="3"),
    ):
        batch = hand_over(two, 24)
        wait_for(batch, 5)
        first.kill()
        first.wait()
        assert wait_for(batch, 24)["state"] == "done"
        check_each_once(batch, 24)


@pytest.mark.needs_postgres
def test_two_services_both_work_on_one_batch(tmp_path: Path, shared: str) -> None:
    one, two = free_port(), free_port()
    with serving(tmp_path, shared, one), serving(tmp_path, shared, two):
        batch = hand_over(one, 24)
        wait_for(batch, 24)
        check_each_once(batch, 24)
        shares = [counted(port) for port in (one, two)]
        assert sum(shares) == 24 and min(shares) > 0, shares


def counted(port: int) -> int:
    """How many verdicts this process gave, as its metrics have it."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("brushwork_verdicts_total{")]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines)
