"""The README's first screen and its commands do what they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import give_up
from tests.made.examples import write

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = README.splitlines()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line.split("#")[0].strip() for kind, block in BLOCKS if not kind for line in block.splitlines()
    if line.startswith("brushwork ")
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which everything lies that the commands name."""
    write(tmp_path / "submissions" / "deeper")
    write(tmp_path / "art")
    write(tmp_path / "assets")
    (tmp_path / "picture.png").write_bytes((tmp_path / "art" / "painting.png").read_bytes())
    return tmp_path


def test_the_two_commands_and_their_output_stand_in_the_first_screen() -> None:
    first = "\n".join(LINES[:20])
    assert "$ make demo" in first
    assert "$ make test" in first
    assert re.search(r"\d+ passed", first)
    assert "of 1000" in first


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command: str, folder: Path) -> None:
    words = [sys.executable, "-m", "brushwork.cli", *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    hit = "--fail-on" in command and "Looks AI-generated" in done.stdout
    assert done.returncode == (1 if hit else 0), done.stderr


def test_the_python_example_runs(folder: Path) -> None:
    (example,) = (block for kind, block in BLOCKS if kind == "python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "human works" in done.stdout


def test_the_demo_prints_what_the_readme_shows() -> None:
    """The lines of the README's demo stand in the real output, but for numbers, which move with the processor."""
    if not (ROOT / ".venv" / ".run").is_file():
        give_up("these tests run outside of the environment that `make demo` sets up; run `make test`")
    done = subprocess.run(
        ["make", "-s", "demo"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    real = {_without_numbers(line) for line in done.stdout.splitlines()}
    shown = [line for line in BLOCKS[0][1].splitlines() if line.startswith("build/demo/")]
    assert len(shown) >= 4
    assert [line for line in shown if _without_numbers(line) not in real] == []


def _without_numbers(line: str) -> str:
    return " ".join(re.sub(r"\d+(\.\d+)?", "#", line).split())
