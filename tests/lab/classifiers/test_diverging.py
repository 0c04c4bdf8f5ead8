"""A loss that is no number: training ends, the best epoch before it is kept, and nobody is left to think that all is
well."""

from __future__ import annotations

import json
import shutil

import pytest

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers import judging, leaveout, module  # noqa: E402
from brushwork.lab.classifiers.predictors import load_predictor  # noqa: E402
from brushwork.lab.classifiers.runs import load_run  # noqa: E402
from brushwork.lab.classifiers.training import train_classifier  # noqa: E402
from brushwork.lab.keeping import is_divergence  # noqa: E402

from .conftest import recipe  # noqa: E402


@pytest.fixture
def broken_after(monkeypatch):
    """Sets after how many steps, of all trainings together, the loss is no number any more."""
    real, left = module.loss_of, [0]

    def breaks(*about):
        left[0] -= 1
        return real(*about) * (1 if left[0] >= 0 else float("nan"))

    monkeypatch.setattr(module, "loss_of", breaks)
    return lambda steps: left.__setitem__(0, steps)


@pytest.fixture
def diverged(drawn32, tmp_path, broken_after):
    """A folder whose training ended at step 14, in its second epoch."""
    broken_after(14)
    with pytest.raises(LabError, match=r"diverged at step 14: .* last good checkpoint is epoch000.ckpt.*Epoch 0"):
        train_classifier(recipe(drawn32.folder), tmp_path / "diverged", tracked=False)
    return tmp_path / "diverged"


def test_the_best_epoch_before_it_is_kept(diverged, drawn32):
    run = load_run(diverged)
    assert (run.facts["best_epoch"], len(run.history)) == (0, 1)
    assert run.stopped.startswith("Training diverged at step 14")
    assert load_predictor(run).probabilities(drawn32.pixels[:1]).shape == (1, 2)


def test_the_same_command_says_it_again_and_its_advice_can_be_followed(diverged, drawn32, tmp_path, broken_after):
    with pytest.raises(LabError, match="diverged at step 14") as again:
        train_classifier(recipe(drawn32.folder), diverged, tracked=False)
    assert "Lower `learning_rate`" in again.value.advice
    assert "--fresh or another --out" in again.value.advice
    broken_after(1000)
    gentler = recipe(drawn32.folder, epochs=1, learning_rate=1e-4)
    with pytest.raises(LabError, match="holds a run with other settings"):
        train_classifier(gentler, diverged, tracked=False)
    for folder, resume in ((tmp_path / "other", True), (diverged, False)):
        assert train_classifier(gentler, folder, resume=resume, tracked=False).stopped == ""


def test_reports_name_the_run_that_stopped(diverged, trained, tmp_path):
    said = "diverged stopped early, and its best epoch is judged: Training diverged at step 14"
    page = judging.evaluate_run(load_run(diverged).plan, diverged, time=False).page
    assert said in page.read_text()
    sound = tmp_path / "sound"
    shutil.copytree(trained.folder, sound, ignore=shutil.ignore_patterns("mlflow*", "without", "evaluation"))
    found = judging.compare_runs([sound, diverged], tmp_path / "compared", time=False)
    text = found.page.with_suffix(".md").read_text()
    assert said in text
    assert "sound stopped" not in text
    kept = json.loads((found.page.parent / "figures.json").read_text())["runs"]
    assert kept["diverged"]["stopped"].startswith("Training diverged")
    assert kept["sound"]["stopped"] is None


def test_a_generator_left_out_is_judged_by_the_epoch_before_it(drawn32, tmp_path, broken_after):
    broken_after(10)
    said: list[str] = []
    plan = recipe(drawn32.folder, epochs=2)
    with pytest.raises(LabError, match="There is no checkpoint"):
        leaveout.leave_out_generators(plan, tmp_path / "run", say=said.append)
    assert "alpha: Training diverged at step 10" in said[0]
    broken_after(1000)
    found = leaveout.leave_out_generators(plan, tmp_path / "run", say=said.append)
    assert [row[0] for row in found.rows] == ["alpha", "beta"]


def test_processes_that_diverge_together_say_so(drawn32, tmp_path):
    plan = recipe(drawn32.folder, epochs=2, devices=2, learning_rate=1e30)
    with pytest.raises(LabError) as raised:
        train_classifier(plan, tmp_path / "run", tracked=False)
    assert is_divergence(raised.value)
    assert raised.value.detail.endswith("There is no checkpoint from before it.")
    assert "learning_rate" in raised.value.advice
