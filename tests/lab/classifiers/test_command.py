"""`brushwork train` with a recipe of a classifier: options change its keys, and what is wrong is said."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from brushwork.cli.app import build
from brushwork.errors import LabError
from brushwork.lab.classifiers.runs import load_run

pytestmark = pytest.mark.needs_lab


def run(*words):
    return CliRunner().invoke(build(), ["train", *map(str, words)])


def test_options_change_the_keys_of_a_shipped_recipe(drawn32, tmp_path):
    found = run(
        "cifake-forest", "--data", drawn32.folder, "--model", "decision_tree", "--seed", 5, "--out", tmp_path / "r"
    )
    assert found.exit_code == 0, found.exception
    assert "trained: " in found.stderr
    plan = load_run(tmp_path / "r").plan
    assert (plan.classifier.model, plan.seed, plan.data.limit) == ("decision_tree", 5, 10_000)
    assert (tmp_path / "mlflow.db").is_file()


def test_every_option_is_a_key_and_a_wrong_value_is_told_of(tmp_path):
    found = run("transfer-3", "--schedule", "sometimes", "--out", tmp_path / "r")
    assert isinstance(found.exception, LabError)
    assert "classifier.schedule" in found.exception.detail
    found = run(
        "transfer-3", "--lr", 0.1, "--optimiser", "adam", "--batch", 4, "--no-freeze", "--scratch", "--epochs", 30,
        "--backbone", "b.pth", "--precision", "32-true", "--accumulate", 2, "--devices", 2, "--patience", 3,
        "--fairness-alpha", 1, "--fairness-beta", 0.4, "--threads", 2, "--task", "ai", "--out", tmp_path / "r",
    )  # fmt: skip
    assert "unfreeze_after needs devices = 1" in found.exception.detail, "all others are keys with such values"
    found = run("transfer-3", "--data", tmp_path / "nothing", "--out", tmp_path / "r")
    assert "is no prepared set" in found.exception.detail


def test_a_forensic_recipe_refuses_options_of_classifiers():
    found = run("art-0", "--epochs", 3)
    assert isinstance(found.exception, LabError)
    assert "art-0.toml has no table [classifier]: --epochs changes nothing there" in found.exception.detail
