"""docs/reports.md keeps its word: its commands, requests and Python run as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made.drawings import drawn, encoded
from tests.page.running import Service

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "reports.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)
LINES = [line for kind, block in BLOCKS if not kind for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything lies that the commands name."""
    made = tmp_path_factory.mktemp("document")
    final = drawn("painterly", (400, 300), 1)
    for name in ("picture.png", "final.png", "submissions/one.png"):
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_bytes(encoded(final))
    (made / "sketch.png").write_bytes(encoded(final.resize((200, 150))))
    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("running")) as running:
        yield running


def test_every_command_runs_in_the_order_of_the_document(folder: Path) -> None:
    commands = [line for line in LINES if line.startswith("brushwork ")]
    assert len(commands) >= 8
    for command in commands:
        words = [sys.executable, "-m", "brushwork.cli", *shlex.split(command)[1:]]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert {"case.html", "case.pdf", "report.html", "results.jsonl"} <= {path.name for path in folder.iterdir()}


def test_every_request_is_answered(folder: Path, service: Service) -> None:
    requests = [line for line in LINES if line.startswith("curl ")]
    assert len(requests) >= 4
    for request in requests:
        words = shlex.split(request.replace("http://127.0.0.1:8000", service.url))
        done = subprocess.run([*words, "--fail-with-body"], cwd=folder, capture_output=True, timeout=300, check=False)
        assert done.returncode == 0, f"{request}: {done.stdout!r}"
    assert (folder / "noise.png").read_bytes().startswith(b"\x89PNG")


def test_the_python_runs(folder: Path) -> None:
    (example,) = (block for kind, block in BLOCKS if kind == "python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "resized" in done.stdout
