"""The folder of a run: it belongs to one recipe and one set, and --fresh forgets all of the old network."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.made.drawn_sets import drawn_set

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers import judging  # noqa: E402
from brushwork.lab.classifiers.contenders import judgement_of, predict_split, set_of  # noqa: E402
from brushwork.lab.classifiers.handing import export_run  # noqa: E402
from brushwork.lab.classifiers.predictors import load_predictor  # noqa: E402
from brushwork.lab.classifiers.training import train_classifier  # noqa: E402

from .conftest import recipe  # noqa: E402


@pytest.fixture
def memory_for(monkeypatch):
    """Sets how many pictures of a training batch memory holds."""
    from brushwork.lab.classifiers import module

    real, most = module.augment, [0]

    def small(pictures, *about):
        if len(pictures) > most[0]:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(pictures, *about)

    monkeypatch.setattr(module, "augment", small)
    return lambda count: most.__setitem__(0, count)


def test_a_smaller_batch_after_memory_ended_is_the_one_that_is_trained_with(drawn32, tmp_path, memory_for):
    memory_for(4)
    with pytest.raises(LabError, match="Memory ends also with batches of 8") as ended:
        train_classifier(recipe(drawn32.folder, epochs=1, batch=16), tmp_path / "run", tracked=False)
    assert "Lower `batch`" in ended.value.advice
    run = train_classifier(recipe(drawn32.folder, epochs=1, batch=4), tmp_path / "run", tracked=False)
    assert (run.facts["batch"], run.facts["accumulate"]) == (4, 1)


def test_fresh_forgets_the_halved_batch(drawn32, tmp_path, memory_for):
    memory_for(4)
    plan = recipe(drawn32.folder, epochs=1)
    assert train_classifier(plan, tmp_path / "run", tracked=False).facts["batch"] == 4
    memory_for(8)
    assert train_classifier(plan, tmp_path / "run", resume=False, tracked=False).facts["batch"] == 8


def test_fresh_leaves_nothing_of_the_old_network(trained, drawn32, tmp_path):
    folder, other = tmp_path / "run", tmp_path / "other"
    for copy in (folder, other):
        shutil.copytree(trained.folder, copy, ignore=shutil.ignore_patterns("mlflow*", "without", "left-out*"))
    judging.evaluate_run(trained.plan, folder, time=False)
    export_run(trained, ["onnx"], folder / "exports")
    (folder / "notes.txt").write_text("ours")
    train_classifier(recipe(drawn32.folder, epochs=1), folder, resume=False, tracked=False)
    left = {path.name for path in folder.iterdir()}
    assert left == {
        "plan.json", "data.sha256", "weights.safetensors", "history.csv", "facts.json", "checkpoints", "notes.txt"
    } | {name for name in left if name.startswith("mlflow")}  # fmt: skip
    judging.compare_runs([folder, other], tmp_path / "compared", time=False)
    new = load_predictor(run := judging.load_run(folder))
    rows = drawn32.indices("test")
    np.testing.assert_allclose(
        judgement_of(run, "test").probabilities, new.probabilities(drawn32.pixels[rows]), atol=1e-6
    )


def test_a_set_made_again_with_other_pictures_is_refused_and_fresh_takes_it(tmp_path):
    place = tmp_path / "set"
    plan = recipe(drawn_set(place, count=80).folder, epochs=2)

    class Killed(Exception):
        pass

    def kill(*_):
        raise Killed

    with pytest.raises(Killed):
        train_classifier(plan, tmp_path / "half", on_epoch=kill, tracked=False)
    train_classifier(plan, tmp_path / "whole", tracked=False)
    drawn_set(place, count=80, seed=8)
    for name in ("half", "whole"):
        with pytest.raises(LabError, match=r"was trained on other pictures: the set .*set was made again") as refused:
            train_classifier(plan, tmp_path / name, tracked=False)
        assert "another --out, or --fresh" in refused.value.advice
    run = train_classifier(plan, tmp_path / "half", resume=False, tracked=False)
    predict_split(run, set_of(run), "test")
    drawn_set(place, count=80, seed=7)
    assert train_classifier(plan, tmp_path / "whole", tracked=False).facts["epochs"] == 2, "the former set is back"
