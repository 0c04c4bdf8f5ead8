"""Every command and every example of docs/http.md works when it is pasted, against a running service (S3-36)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import Elsewhere, elsewhere, gives

from .process import Served, served

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for kind, block in BLOCKS if not kind for line in block.splitlines() if line.startswith("curl ")]
EXAMPLES = [block for kind, block in BLOCKS if kind == "python"]
HERE, THERE = "http://127.0.0.1:8000", "https://example.org/picture.png"


@pytest.fixture(scope="module")
def other(painting: bytes) -> Iterator[Elsewhere]:
    with elsewhere() as place:
        place.replies["/picture.png"] = gives(painting)
        yield place


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, other: Elsewhere) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("documents"), url_fetch_allow=json.dumps([other.here])) as running:
        yield running


@pytest.fixture(scope="module")
def saved(service: Served, painting: bytes) -> str:
    """The id that the documents call $ID: a saved verdict whose picture is kept."""
    asked = f"{service.url}/v1/verdicts?save=true&save_picture=true"
    return str(httpx.post(asked, files={"image": painting}, timeout=120).json()["id"])


@pytest.fixture
def folder(tmp_path: Path, painting: bytes) -> Path:
    """A folder with the pictures that the examples name."""
    for name in ("picture.png", "a.png"):
        (tmp_path / name).write_bytes(painting)
    (tmp_path / "b.jpg").write_bytes(encoded(drawn("gradient", (300, 200), 2), "JPEG"))
    return tmp_path


def test_there_are_commands_and_examples() -> None:
    assert len(COMMANDS) >= 6
    assert len(EXAMPLES) >= 2


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl; install it")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works_when_pasted(command: str, service: Served, other: Elsewhere, folder: Path, saved: str) -> None:
    there = other.url("/picture.png")
    strict = command.replace("curl -s", "curl -s --fail-with-body", 1).replace(HERE, service.url).replace(THERE, there)
    done = subprocess.run(
        ["bash", "-c", strict],
        cwd=folder,
        env=os.environ | {"ID": saved},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()
    written = re.search(r"-o (\S+)", command)
    if written is not None:
        assert (folder / written[1]).read_bytes().startswith(b"\x89PNG")
    else:
        assert isinstance(json.loads(done.stdout), dict)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_works_when_pasted(example: str, service: Served, folder: Path) -> None:
    code = example.replace(HERE, service.url)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "The score of such a picture" in done.stdout  # the words of the verdict on this drawing
