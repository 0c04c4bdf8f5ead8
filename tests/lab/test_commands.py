"""The lab's commands: what they print, and how they fail."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from typer.testing import CliRunner  # noqa: E402

from brushwork.cli.app import build  # noqa: E402
from brushwork.cli.lab_common import POLITE  # noqa: E402
from brushwork.errors import LabError  # noqa: E402


def run(*words: str):
    return CliRunner().invoke(build(), list(words))


@pytest.mark.parametrize("command", [("train",), ("evaluate",), ("calibrate",), ("export",), ("data", "audit")])
def test_every_command_explains_itself_with_an_example(command):
    found = run(*command, "--help")
    assert found.exit_code == 0
    assert f"brushwork {' '.join(command)} art-0" in found.stdout


def test_an_audit_counts_and_probes(tiny_recipe, monkeypatch):
    monkeypatch.setattr("brushwork.lab.audit.LIMIT", 1.0)
    found = run("data", "audit", str(tiny_recipe()))
    assert found.exit_code == 0, found.exception
    assert "train: 15 human of 5 sources, 15 AI of 5" in found.stdout
    assert "the same file in dev: 0; nearly one of dev: 0" in found.stdout
    assert "shortcut probe, AUC: " in found.stdout


def test_an_audit_that_finds_a_shortcut_fails(tiny_recipe, monkeypatch):
    monkeypatch.setattr("brushwork.lab.audit.LIMIT", 0.0)
    found = run("data", "audit", str(tiny_recipe()))
    assert isinstance(found.exception, LabError)
    assert "after the preparation" in str(found.exception)
    assert "shortcut probe, AUC: " in found.stdout


@pytest.mark.parametrize(
    ("command", "message"),
    [("evaluate", "no model in"), ("calibrate", "holds no scores"), ("export", "no checkpoint in")],
)
def test_a_step_without_the_one_before_it_says_which_to_run(tiny_recipe, tmp_path, command, message):
    found = run(command, str(tiny_recipe()), "--out", str(tmp_path / "empty"))
    assert isinstance(found.exception, LabError)
    assert message in found.exception.detail
    assert "brushwork" in found.exception.advice


def test_without_the_lab_installed_the_command_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("brushwork.cli.lab_common.find_spec", lambda name: None)
    found = run("train", "art-0")
    assert isinstance(found.exception, LabError)
    assert "pip install 'brushwork[lab]'" in found.exception.advice


def test_a_long_command_steps_back_behind_other_programs_once():
    code = "import os; from brushwork.cli.lab_common import politely; politely(); politely(); print(os.nice(0))"
    before = os.getpriority(os.PRIO_PROCESS, 0)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(found.stdout) == (before or POLITE)
