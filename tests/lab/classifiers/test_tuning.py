"""Studies: they try a grid without repeating, go on after a kill, refuse other settings, write the best recipe."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.lab import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers import module, tuning  # noqa: E402
from brushwork.lab.classifiers import study as studies  # noqa: E402
from brushwork.lab.classifiers.grid import GRID, choices, toml_text  # noqa: E402
from brushwork.lab.classifiers.plan import read_model_plan  # noqa: E402

from .conftest import recipe  # noqa: E402


def value_of(choice) -> float:
    """A made-up figure that the learning rate decides, and the batch a little."""
    point = dict(choice)
    return 0.9 - abs(GRID["learning_rate"].index(point["learning_rate"]) - 3) * 0.1 - point["batch"] / 10000


def search(path, trials, attempt, settings="{}", pruner="median"):
    with studies.study_in(path, "made", settings, pruner, 3, 0) as study:
        studies.search(study, trials, attempt, 0, lambda _: None)
        return studies.tried(study), study.best_value, tuning.importances(study)


def test_no_point_is_tried_twice_and_the_key_that_matters_is_named(tmp_path):
    """S3-22, S3-23, S3-24."""
    asked = []

    def attempt(choice, report):
        asked.append(choice)
        return value_of(choice)

    seen, best, weights = search(tmp_path / "s.sqlite", 30, attempt)
    assert len(asked) == len(set(asked)) == len(seen) == 30
    assert set(asked) <= set(choices())
    assert best == max(map(value_of, asked))
    assert next(iter(weights)) == "learning_rate"
    seen, _, _ = search(tmp_path / "s.sqlite", 32, attempt)
    assert len(asked) == len(set(asked)) == len(seen) == 32, "a second start adds to the first"


def test_hopeless_trials_are_pruned(tmp_path):
    epochs = []

    def attempt(choice, report):
        for epoch in range(3):
            epochs.append(choice)
            report(epoch, value_of(choice))
        return value_of(choice)

    seen, _, _ = search(tmp_path / "s.sqlite", 20, attempt)
    states = [trial.state.name for trial in seen.values()]
    assert states.count("PRUNED") > 2
    assert len(epochs) < 3 * 20
    table = tuning.trials_table(type("S", (), {"get_trials": lambda *_, **__: list(seen.values())})(), "auc")
    assert table.rows[0][-2] == "trained"
    assert table.rows[-1][-2] == "pruned"


def test_a_trial_that_a_kill_left_unfinished_is_taken_up_first(tmp_path):
    class Killed(BaseException):
        pass

    begun = []

    def dies(choice, report):
        begun.append(choice)
        if len(begun) == 2:
            raise Killed
        return value_of(choice)

    with pytest.raises(Killed):
        search(tmp_path / "s.sqlite", 4, dies)
    again = []
    search(tmp_path / "s.sqlite", 4, lambda choice, report: again.append(choice) or value_of(choice))
    assert again[0] == begun[1]
    assert len(again) == 3


def test_other_settings_under_the_same_name_are_refused_with_what_differs(tmp_path):
    search(tmp_path / "s.sqlite", 1, lambda choice, report: 0.5, '{"recipe": {"seed": 1}}')
    with pytest.raises(LabError, match=r"recipe\.seed was 1 and is 2") as refused:
        search(tmp_path / "s.sqlite", 1, lambda choice, report: 0.5, '{"recipe": {"seed": 2}}')
    assert "another name" in refused.value.advice


def test_a_study_that_is_in_use_or_no_database_is_refused(tmp_path):
    (tmp_path / "junk.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(LabError, match="is no study"):
        search(tmp_path / "junk.sqlite", 1, lambda choice, report: 0.5)
    with (
        studies.study_in(tmp_path / "s.sqlite", "made", "{}", "none", 1, 0),
        pytest.raises(LabError, match="is in use"),
    ):
        search(tmp_path / "s.sqlite", 1, lambda choice, report: 0.5)


def test_only_networks_are_tuned(drawn32, tmp_path):
    with pytest.raises(LabError, match="no epochs"):
        tuning.tune(recipe(drawn32.folder, model="knn"), tmp_path / "s.sqlite", 1)


def test_a_recipe_of_several_processes_is_not_tuned(drawn32, tmp_path):
    with pytest.raises(LabError, match="2 processes, which tell of their epochs at the end") as refused:
        tuning.tune(recipe(drawn32.folder, devices=2), tmp_path / "s.sqlite", 1)
    assert "devices = 1" in refused.value.advice


def test_points_that_diverge_or_do_not_fit_are_passed_over_and_said_so(
    drawn32, tmp_path, monkeypatch, stores_made_once
):
    stores_made_once(tmp_path / "s")
    plan, said = recipe(drawn32.folder, epochs=1), []

    def tune(trials):
        return tuning.tune(plan, tmp_path / "s.sqlite", trials, say=said.append)

    def no_memory(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr(module, "loss_of", lambda *_: torch.tensor(float("nan"), requires_grad=True))
        with pytest.raises(LabError, match="None of the 1 points of tiny was trained to its end") as ended:
            tune(1)
        assert "--trials" in ended.value.advice
    with monkeypatch.context() as patched:
        patched.setattr(module, "augment", no_memory)
        with pytest.raises(LabError, match="None of the 2 points"):
            tune(2)
    found = tune(3)
    assert [line.split(":")[0] for line in said] == [f"trial {n} of {n}" for n in (1, 2, 3)], "none is tried again"
    assert "pruned: Training diverged at step 0" in said[0]
    assert "pruned: Memory ends also with batches of" in said[1]
    assert [row[-3:] for row in found.table.rows] == [
        (f"{found.value:.4f}", "trained", 1), ("-", "pruned", 0), ("-", "pruned", 0)
    ]  # fmt: skip
    assert read_model_plan(found.recipe).name == "tiny-tuned"


def test_a_recipe_survives_being_written_and_read(drawn32, tmp_path):
    plan = recipe(drawn32.folder, weight_decay=1e-7, augment={"flip": 0.5})
    (tmp_path / "r.toml").write_text(toml_text(plan.model_dump(mode="json")))
    assert read_model_plan(tmp_path / "r.toml") == plan


def test_tuning_killed_in_a_training_goes_on_and_writes_the_best_recipe(drawn32, tmp_path, stores_made_once):
    """S3-25: every trial is in MLflow."""
    stores_made_once(tmp_path / "s")
    plan = recipe(drawn32.folder, epochs=2)
    (tmp_path / "tiny.toml").write_text(toml_text(plan.model_dump(mode="json")))
    words = [sys.executable, "-m", "brushwork.cli", "tune", "tiny.toml", "--trials", "3", "--study", "s.sqlite"]
    first = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    for _ in range(6000):
        if list((tmp_path / "s").glob("*/checkpoints/*.ckpt")) or first.poll() is not None:
            break
        time.sleep(0.05)
    assert first.poll() is None, first.stderr.read().decode()
    first.send_signal(signal.SIGKILL)
    first.wait()
    begun = {path.parent.parent.name for path in (tmp_path / "s").glob("*/checkpoints/*.ckpt")}
    done = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert "trial 3 of 3" in done.stderr
    assert not {"litlogger", "weights_only", "treespec"} & set(re.findall(r"\w+", done.stderr)), "only what we say"
    assert begun <= {path.parent.name for path in (tmp_path / "s").glob("*/facts.json")}, "taken up, not left behind"
    best = read_model_plan(tmp_path / "s" / "best.toml")
    assert best.name == "tiny-tuned"
    assert (tmp_path / "s" / "trials.png").is_file()
    with closing(sqlite3.connect(tmp_path / "s" / "mlflow.db")) as opened:
        (count,) = opened.execute("select count(*) from runs").fetchone()
    assert count >= 3
