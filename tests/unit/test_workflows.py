"""The public workflows: they run the commands of the Makefile, may only read, and pin what they use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_reads_only_pins_majors_and_runs_commands_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^permissions:\n  contents: read\n(?! )", text, re.MULTILINE), "and nothing else"
    assert not re.search(r"permissions:.*\n.*write", text)
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)
    commands = re.findall(r"run: make (\w+)", text)
    assert {"lint", "test"} <= set(commands) <= TARGETS
    assert "secrets." not in text
    assert '"3.11"' in text, "the oldest Python that is promised"


def test_the_whole_with_the_lab_is_run_too() -> None:
    text = (ROOT / ".github" / "workflows" / "lab.yaml").read_text(encoding="utf-8")
    assert re.findall(r"run: make (\w+)", text) == ["lab", "lint", "test"]
    assert len(set(re.findall(r'"(3\.\d+)"', text))) > 1
