"""The service as a process: it tells its address, finishes what it accepted when it is stopped, and logs JSON."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from brushwork.errors import SettingsError
from brushwork.service.serve import listen, run
from tests.made.drawings import drawn, encoded
from tests.made.ports import free_port

from .door import image, settings_for


@pytest.fixture
def port() -> int:
    return free_port()


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"BRUSHWORK_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite3'}"}
    command = [sys.executable, "-m", "brushwork.cli", "serve", *options]
    process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def served(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    with serving(tmp_path, "--port", str(port)) as process:
        yield process


def test_the_body_of_an_answer_does_not_wait_for_the_acknowledgement_of_its_head(tmp_path: Path, port: int) -> None:
    with (
        listen(settings_for(tmp_path, port=port)) as listener,
        socket.create_connection(("127.0.0.1", port)),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_tells_its_address_and_stops_when_told(served: subprocess.Popen[str], port: int, painting: bytes) -> None:
    assert served.stderr is not None
    assert served.stderr.readline() == f"Brushwork listens on http://127.0.0.1:{port}/\n"
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/verdicts?stability=false", files=image(painting, "private.png"))
    assert answer.status_code == 200
    assert "server" not in answer.headers
    served.send_signal(signal.SIGTERM)
    rest = served.stderr.read()
    served.wait(30)
    tidied, line = sorted((json.loads(line) for line in rest.splitlines()), key=lambda said: said["event"] == "request")
    assert tidied["event"] == "tidied"  # the janitor's first look
    assert (line["event"], line["route"], line["status"]) == ("request", "/v1/verdicts", 200)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "private" not in rest and "stability" not in rest and "127.0.0.1" not in rest


@pytest.mark.slow
@pytest.mark.parametrize("told_by", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_the_picture_that_it_accepted(
    served: subprocess.Popen[str], port: int, told_by: signal.Signals
) -> None:
    assert served.stderr is not None
    served.stderr.readline()
    large = encoded(drawn("gradient", (2000, 1500), 1), "JPEG", quality=50)
    url, answers = f"http://127.0.0.1:{port}", []

    def examine() -> None:
        answers.append(httpx.post(f"{url}/v1/verdicts?stability=true", files=image(large), timeout=60))

    asking = threading.Thread(target=examine)
    asking.start()
    while httpx.get(f"{url}/health").json()["queue"]["waiting"] == 0:
        assert asking.is_alive(), "the picture was done before it was seen"
    served.send_signal(told_by)
    asking.join()
    served.wait(60)
    assert answers[0].status_code == 200
    assert answers[0].json()["answer"] is not None


@pytest.mark.skipif(sys.platform != "linux", reason="needs all of 127.0.0.0/8, which Linux has; run the tests there")
def test_the_address_that_it_tells_is_answered(tmp_path: Path, port: int) -> None:
    with serving(tmp_path, "--host", "127.0.0.2", "--port", str(port)) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line == f"Brushwork listens on http://127.0.0.2:{port}/\n"
        assert httpx.get(line.split()[-1]).status_code == 200


def test_a_wildcard_says_which_hosts_are_answered_and_how_to_add_one(tmp_path: Path, port: int) -> None:
    with serving(tmp_path, "--host", "0.0.0.0", "--i-know", "--port", str(port)) as process:
        assert process.stderr is not None
        warning, line = process.stderr.readline(), process.stderr.readline()
    assert "NOBODY IS ASKED FOR A KEY" in warning
    assert f"port {port} of every address" in line
    assert "requests for 127.0.0.1, localhost, [::1]." in line
    advised = line.partition("BRUSHWORK_ALLOWED_HOSTS='")[2].partition("'")[0]
    assert json.loads(advised) == ["127.0.0.1", "localhost", "[::1]", "this.host"]  # as the setting wants it


def test_a_port_in_use_is_a_setting_with_a_next_step(tmp_path: Path, port: int) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(SettingsError, match=f"port {port}.*BRUSHWORK_PORT"),
    ):
        run(settings_for(tmp_path, port=port), tell=pytest.fail)
