"""The log file: JSON a line, put aside by size and by age, with nothing in it that is private."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from brushwork.errors import SettingsError
from brushwork.service.log_file import RotatingFile, open_log
from tests.made.ports import free_port

from .door import image, settings_for


def record(words: str = "x") -> logging.LogRecord:
    return logging.LogRecord("brushwork", logging.INFO, __file__, 1, words, None, None)


def logs(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("log*"))


def test_a_large_file_is_put_aside_and_the_oldest_is_deleted(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log", 1024, 3600, 2)
    for number in range(50):
        file.emit(record(f"{number:02} " + "x" * 97))
    file.close()
    assert logs(tmp_path) == ["log", "log.1", "log.2"]
    assert all(path.stat().st_size <= 1024 for path in tmp_path.iterdir())
    kept = [(tmp_path / name).read_text() for name in ("log.2", "log.1", "log")]
    numbers = [int(line[:2]) for text in kept for line in text.splitlines()]
    assert numbers == list(range(numbers[0], 50))


def test_an_old_file_is_put_aside_also_after_a_new_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = {"event": "old", "timestamp": "2020-01-01T00:00:00Z"}
    (tmp_path / "log").write_text(json.dumps(begun) + "\n")
    file = RotatingFile(tmp_path / "log", 10**6, 3600, 3)
    file.emit(record("new"))
    assert (tmp_path / "log.1").read_text() == json.dumps(begun) + "\n"
    assert (tmp_path / "log").read_text() == "new\n"
    file.emit(record("same hour"))
    later = time.time() + 4000
    monkeypatch.setattr(time, "time", lambda: later)
    file.emit(record("next hour"))
    file.close()
    assert logs(tmp_path) == ["log", "log.1", "log.2"]


@pytest.mark.parametrize("first", [b"no json\n", b"[]\n", b'{"timestamp": 5}\n', b"\xff\n", b""])
def test_a_file_that_is_not_ours_begins_now(tmp_path: Path, first: bytes) -> None:
    (tmp_path / "log").write_bytes(first)
    file = RotatingFile(tmp_path / "log", 10**6, 3600, 3)
    file.emit(record("new"))
    file.close()
    assert logs(tmp_path) == ["log"]


def test_a_file_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BRUSHWORK_LOG_FILE"):
        open_log(settings_for(tmp_path, log_file=tmp_path / "no" / "log"))
    assert open_log(settings_for(tmp_path)) is None


def test_sec_40_the_log_file_of_a_service_names_nobody_and_nothing(tmp_path: Path, painting: bytes) -> None:
    port, log = free_port(), tmp_path / "service.log"
    environment = os.environ | {
        "BRUSHWORK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite3'}",
        "BRUSHWORK_LOG_FILE": str(log),
        "BRUSHWORK_LOG_FILE_BYTES": "2048",
    }
    command = [sys.executable, "-m", "brushwork.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        process.stderr.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            client.post("/v1/verdicts?token=private-query", files=image(painting, "private-name.png"))
            client.post("/v1/verdicts", json={"url": "http://private-host.example:81/private-path"})
            for number in range(30):
                client.get(f"/private/{number}", headers={"x-request-id": "forged line", "user-agent": "private"})
        process.send_signal(signal.SIGTERM)
        assert process.stderr.read() == ""  # everything is in the file
        process.wait(30)
    finally:
        process.kill()
        process.wait()
    written = "".join(path.read_text() for path in tmp_path.glob("service.log*"))
    lines = [json.loads(line) for line in written.splitlines()]
    assert len(logs_of := list(tmp_path.glob("service.log*"))) > 1, logs_of
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == 32
    for line in requests:
        assert line.keys() == {"event", "method", "route", "status", "ms", "request_id", "level", "timestamp"}
    for private in ("private", "127.0.0.1", "forged", "token"):
        assert private not in written
