"""Real services to which bad things happen: every request is answered, and what was accepted is not lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.conftest import give_up
from tests.made.connections import may_open, silent
from tests.made.drawings import drawn, encoded
from tests.made.mutations import mutated, seeds

from .door import image
from .load import under_load
from .process import Served, resident, served, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="watches processes by /proc; run the tests on Linux"),
]
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@pytest.fixture(scope="module")
def large() -> bytes:
    return encoded(drawn("gradient", (800, 600), 1), "JPEG", quality=60)


def post(service: Served, picture: bytes, query: str = "") -> httpx.Response:
    return httpx.post(f"{service.url}/v1/verdicts{query}", files=image(picture), timeout=600)


def get(service: Served, path: str) -> httpx.Response:
    return httpx.get(f"{service.url}{path}", timeout=120)


def test_a_killed_worker_costs_the_picture_in_its_hands_and_no_other(tmp_path: Path, large: bytes) -> None:
    with served(tmp_path, workers=2) as service:
        with under_load(service.url, large) as load:
            for kill in range(1, 4):
                wait_for(lambda kill=kill: load.total >= 6 * kill and len(service.workers()) == 2)
                os.kill(random.choice(service.workers()), signal.SIGKILL)
            wait_for(lambda: load.total >= 28)
        assert load.broken == []
        assert set(load.statuses) <= {200, 503}
        assert load.statuses[503] == load.problems["worker-lost"] <= 3
        assert load.unpaused == 0
        wait_for(lambda: len(service.workers()) == 2)
        assert post(service, large).status_code == 200


@pytest.mark.parametrize("told_by", [signal.SIGTERM, signal.SIGINT])
def test_what_was_accepted_is_answered_before_the_end(tmp_path: Path, large: bytes, told_by: signal.Signals) -> None:
    with served(tmp_path, workers=1, stop_limit=600) as service, ThreadPoolExecutor(3) as clients:
        waiting = [clients.submit(post, service, large, "?stability=true&save=true") for _ in range(3)]
        wait_for(lambda: get(service, "/health").json()["queue"]["waiting"] == 3)
        service.stop(told_by, 600)
        answers = [one.result() for one in waiting]
        assert [one.status_code for one in answers] == [200] * 3
        with pytest.raises(httpx.ConnectError):
            post(service, large)
    with served(tmp_path) as again:
        kept = get(again, "/v1/verdicts").json()["verdicts"]
        assert {one["id"] for one in kept} == {one.json()["id"] for one in answers}


def test_what_takes_longer_than_a_stop_may_is_told_so(tmp_path: Path, large: bytes) -> None:
    with served(tmp_path, workers=1, stop_limit=1) as service, ThreadPoolExecutor(8) as clients:
        waiting = [clients.submit(post, service, large, "?stability=true") for _ in range(8)]
        wait_for(lambda: get(service, "/health").json()["queue"]["waiting"] >= 7)
        service.stop()
        answers = [one.result() for one in waiting]
    late = [one for one in answers if one.status_code != 200]
    assert late
    for one in late:
        assert (one.status_code, one.json()["type"]) == (503, "/problems/worker-lost")
        assert "was stopped" in one.json()["detail"] and "retry-after" in one.headers


def test_a_thousand_slow_clients_keep_nobody_waiting(tmp_path: Path, painting: bytes) -> None:
    if not may_open(4096):
        give_up("needs 4096 open files for each process; raise the limit with `ulimit -Hn`")
    with served(tmp_path) as service, silent(service.port, 1000) as slow:
        for _ in range(5):
            assert post(service, painting).status_code == 200
            assert get(service, "/livez").status_code == 200
        for one in slow[::3] + slow[1::3]:  # those whose head never came are cut off
            one.settimeout(60)
            assert one.recv(65536) == b""
        assert post(service, painting).status_code == 200


def test_bad_uploads_are_refused_without_a_mistake_and_without_growth(tmp_path: Path) -> None:
    files = list(seeds().items())

    def send(number: int) -> tuple[int, str]:
        name, data = files[number % len(files)]
        answer = httpx.post(f"{service.url}/v1/verdicts", files=image(mutated(data, number), name), timeout=120)
        return answer.status_code, answer.text

    with served(tmp_path, workers=2, max_pixels=4_000_000) as service, ThreadPoolExecutor(4) as clients:
        list(clients.map(send, range(40)))
        before = [resident(pid) for pid in (service.process.pid, *service.workers())]
        answers = list(clients.map(send, range(40, 200)))
        after = [resident(pid) for pid in (service.process.pid, *service.workers())]
        bad = [(status, text) for status, text in answers if status not in (200, 413, 415, 422)]
        assert bad == []
        assert {status for status, _ in answers} > {200}
        assert all(str(tmp_path) not in text and "Traceback" not in text for _, text in answers)
        assert sum(after) - sum(before) < 60 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with 320 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.needs_mount
def test_a_full_disk_refuses_what_is_kept_and_nothing_else(disk: Path, painting: bytes) -> None:
    batch = [("images", ("a.png", painting))]
    with served(disk) as service:
        before = [post(service, painting, "?save=true&reexamine=true").json()["id"] for _ in range(3)]
        assert get(service, "/readyz").status_code == 200
        ballast = os.open(disk / "ballast", os.O_CREAT | os.O_WRONLY)
        os.posix_fallocate(ballast, 0, shutil.disk_usage(disk).free)
        saves = (post(service, painting, "?save=true&reexamine=true") for _ in range(20))
        refused = next(answer for answer in saves if answer.status_code != 200 or before.append(answer.json()["id"]))
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/store-not-ready"), refused.text
        assert str(disk) not in refused.text and "retry-after" in refused.headers
        unheld = httpx.post(f"{service.url}/v1/batches", files=batch, timeout=120)
        assert (unheld.status_code, unheld.json()["type"]) == (503, "/problems/spool-full"), unheld.text
        assert get(service, "/readyz").json()["disk"] == "full"
        assert post(service, painting).status_code == 200
        assert get(service, f"/v1/verdicts/{before[0]}").status_code == 200
        os.close(ballast)
        (disk / "ballast").unlink()
        before.append(post(service, painting, "?save=true&reexamine=true").json()["id"])  # by itself
        assert httpx.post(f"{service.url}/v1/batches", files=batch, timeout=120).status_code == 202
        assert get(service, "/readyz").status_code == 200
        kept = get(service, "/v1/verdicts").json()["verdicts"]
        assert [one["id"] for one in kept] == before[::-1]


@pytest.mark.needs_faketime
def test_a_clock_that_is_set_back_stops_nothing(tmp_path: Path, painting: bytes) -> None:
    now = tmp_path / "now"
    now.write_text("+0d\n")
    prefix = (
        "env", f"LD_PRELOAD={FAKETIME[0]}", f"FAKETIME_TIMESTAMP_FILE={now}", "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    )  # fmt: skip
    with served(tmp_path / "service", *prefix) as service:
        before = post(service, painting, "?save=true").json()
        now.write_text("-30d\n")
        after = post(service, painting, "?save=true")
        assert after.status_code == 200
        made = [datetime.fromisoformat(one["created_at"]) for one in (before, after.json())]
        assert made[1] < made[0] - timedelta(days=29)  # the clock was set back indeed
        assert made[1] < datetime.now(UTC)
        taken = httpx.post(f"{service.url}/v1/batches", files=[("images", ("a.png", painting))] * 3, timeout=120).json()
        wait_for(lambda: get(service, taken["status_url"]).json()["state"] == "done")
        kept = {one["id"] for one in get(service, "/v1/verdicts").json()["verdicts"]}
        assert kept >= {before["id"], after.json()["id"]}
        assert get(service, "/readyz").status_code == 200
        for line in get(service, "/metrics").text.splitlines():
            if line.startswith("brushwork_") and "_sum" in line:
                assert float(line.rpartition(" ")[2]) >= 0
