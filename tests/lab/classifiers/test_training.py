"""Training of networks: what a run keeps, going on after a kill, and what goes wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers.predictors import (  # noqa: E402
    combined,
    load_network,
    load_predictor,
    read_predictions,
    write_predictions,
)
from brushwork.lab.classifiers.runs import load_run  # noqa: E402
from brushwork.lab.classifiers.training import train_classifier  # noqa: E402
from brushwork.lab.classifiers.zoo import ClassifierNet  # noqa: E402

from .conftest import recipe  # noqa: E402


def test_a_run_learns_and_keeps_what_it_says(trained, drawn32, tmp_path):
    run = load_run(trained.folder)
    assert (run.kind, run.classes, run.side) == ("network", ("human", "ai"), 32)
    assert len(run.history) == 5
    assert run.history[-1].train_loss < run.history[0].train_loss
    assert run.facts["parameters"] == sum(p.numel() for p in load_predictor(run).module.parameters())
    rows = drawn32.indices("test")
    said = load_predictor(run).probabilities(drawn32.pixels[rows])
    np.testing.assert_allclose(said.sum(1), 1)
    right = (said.argmax(1) == drawn32.labels()[rows]).mean()
    assert right > 0.9, "a grid over the whole picture is easily seen"
    write_predictions(tmp_path / "p.csv", drawn32, rows, run.classes, said)
    classes, found = read_predictions(tmp_path / "p.csv")
    assert classes == run.classes
    assert [p.label for p in found] == [("human", "ai")[drawn32.rows[i].label] for i in rows]
    np.testing.assert_allclose([p.probabilities for p in found], said, rtol=1e-8)


def test_a_run_names_nothing_of_the_machine_but_in_its_recipe(trained, drawn32):
    whole = (path for path in trained.folder.rglob("*") if path.is_file() and path.name != "plan.json")
    kept = [path for path in whole if "without" not in path.parts]  # those are runs of their own, beside their store
    assert {"facts.json", "history.csv", "weights.safetensors"} < {path.name for path in kept}
    for path in kept:
        for place in (drawn32.folder.parent, trained.folder.parent, Path.home(), Path.cwd()):
            assert str(place).encode() not in path.read_bytes(), f"{path.name} names {place}"


def test_a_finished_run_is_read_and_another_recipe_refused(trained, drawn32):
    assert train_classifier(trained.plan, trained.folder).facts == trained.facts
    with pytest.raises(LabError, match=r"other settings: classifier.epochs is 5 there and 9 here"):
        train_classifier(recipe(drawn32.folder, epochs=9), trained.folder)


class Killed(Exception):
    """Stands for a kill between two epochs."""


@pytest.mark.parametrize("changes", [{"ema": 0.5, "optimiser": "sgd", "schedule": "one_cycle"}])
def test_a_run_that_was_killed_ends_as_a_whole_one(drawn32, tmp_path, changes):
    plan = recipe(drawn32.folder, epochs=3, augment={"flip": 0.5, "crop": 0.1, "mixup": 0.2}, **changes)
    seen = []

    def kill(epoch, values):
        seen.append((epoch, values["val_auc"], values["val_score"]))
        if len(seen) == 2:
            raise Killed

    with pytest.raises(Killed):
        train_classifier(plan, tmp_path / "killed", on_epoch=kill, tracked=False)
    with pytest.raises(LabError, match="It did not end: start the same command again"):
        load_run(tmp_path / "killed")
    late = train_classifier(plan, tmp_path / "killed", on_epoch=kill, tracked=False)
    whole = train_classifier(plan, tmp_path / "whole", tracked=False)
    assert [e for e, *_ in seen] == [0, 1, 2]
    assert [r[:-1] for r in late.history] == [r[:-1] for r in whole.history]
    assert late.facts["model_sha256"] == whole.facts["model_sha256"]


def test_frozen_layers_stay_and_are_let_go_in_time(drawn32, tmp_path):
    plan = recipe(drawn32.folder, epochs=2, unfreeze_after=1, metric="accuracy")
    weights = []

    def note(*_):
        stored = sorted((tmp_path / "run" / "checkpoints").glob("epoch*.ckpt"))[-1]
        weights.append(torch.load(stored, weights_only=False)["state_dict"])

    train_classifier(plan, tmp_path / "run", on_epoch=note, tracked=False)
    first, second = weights
    assert not torch.equal(first["net.trunk.features.0.0.weight"], second["net.trunk.features.0.0.weight"])
    assert torch.equal(first["net.trunk.features.0.1.running_mean"], torch.zeros(32)), "frozen norms keep theirs"
    assert not torch.equal(second["net.trunk.features.0.1.running_mean"], torch.zeros(32))


@pytest.mark.parametrize(("fast", "precision"), [(False, "bf16-mixed"), (False, "32-true"), (True, "bf16-mixed")])
def test_half_precision_that_is_slow_here_is_said_so_before_it_costs_time(
    drawn32, tmp_path, monkeypatch, fast, precision
):
    from brushwork.lab.classifiers import fitting

    def ends(*_):
        raise LabError("enough", "this test trains nothing")

    said = []
    monkeypatch.setattr(fitting, "half_is_fast", lambda: fast)
    monkeypatch.setattr(fitting, "_fit_in_memory", ends)
    with pytest.raises(LabError, match="enough"):
        train_classifier(recipe(drawn32.folder, precision=precision), tmp_path / "run", say=said.append, tracked=False)
    assert [line.partition(":")[2] for line in said] == (
        [] if fast or precision == "32-true" else [" --precision 32-true is several times as fast"]
    )


def test_where_memory_ends_the_batch_is_halved_once_and_said_so(drawn32, tmp_path, monkeypatch):
    from brushwork.lab.classifiers import module

    real, said = module.augment, []

    def small(pictures, *about):
        if len(pictures) > most[0]:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")
        return real(pictures, *about)

    monkeypatch.setattr(module, "augment", small)
    most = [4]
    run = train_classifier(recipe(drawn32.folder, epochs=1), tmp_path / "run", say=said.append, tracked=False)
    assert said == ["memory ended: going on with batches of 4, 2 to a step"]
    assert (run.facts["batch"], run.facts["accumulate"]) == (4, 2)
    most = [1]
    with pytest.raises(LabError, match="Memory ends also with batches of 4"):
        train_classifier(recipe(drawn32.folder, epochs=1), tmp_path / "again", tracked=False)


def test_where_memory_ends_in_judging_fewer_pictures_are_judged_at_once(drawn32, tmp_path, monkeypatch):
    real, said = ClassifierNet.forward, []

    def small(self, pictures):
        if len(pictures) > 8:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(self, pictures)

    with monkeypatch.context() as patched:
        patched.setattr(ClassifierNet, "forward", small)
        run = train_classifier(recipe(drawn32.folder, epochs=1), tmp_path / "run", say=said.append, tracked=False)
        found = load_predictor(run).probabilities(drawn32.pixels[:20])
    assert said == ["memory ended: going on with batches of 4, 2 to a step"]
    with torch.inference_mode():
        at_once = torch.softmax(load_network(run)(torch.from_numpy(np.array(drawn32.pixels[:20]))).double(), 1)
    np.testing.assert_allclose(found, at_once.numpy(), atol=1e-6)


def test_two_processes_train_one_network(drawn32, tmp_path):
    told = []
    plan = recipe(drawn32.folder, epochs=1, devices=2)
    run = train_classifier(plan, tmp_path / "run", on_epoch=lambda e, v: told.append(e), tracked=False)
    assert told == [0]
    assert run.history[0].val_auc == pytest.approx(run.facts["best_score"], abs=1e-5)
    assert load_predictor(run).probabilities(drawn32.pixels[:2]).shape == (2, 2)


def test_generators_are_told_apart_by_the_same_command(drawn32, tmp_path):
    plan = recipe(drawn32.folder, task="generator", metric="macro_f1", epochs=6, batch=4)
    run = train_classifier(plan, tmp_path / "run", tracked=False)
    assert run.classes == ("alpha", "beta")
    rows = drawn32.indices("test", "generator")
    right = load_predictor(run).probabilities(drawn32.pixels[rows]).argmax(1) == drawn32.labels("generator")[rows]
    assert right.mean() > 0.8


def test_an_ensemble_is_a_run_of_runs(trained, drawn32, tmp_path):
    members = [str(trained.folder)] * 2
    for combine in ("mean", "vote"):
        plan = recipe(drawn32.folder, model="ensemble", ensemble={"members": members, "combine": combine})
        run = train_classifier(plan, tmp_path / combine, tracked=False)
        assert run.facts["parameters"] == 2 * trained.facts["parameters"]
        said = load_predictor(run).probabilities(drawn32.pixels[:5])
        alone = load_predictor(trained).probabilities(drawn32.pixels[:5])
        np.testing.assert_array_equal(said.argmax(1), alone.argmax(1))
        np.testing.assert_allclose(said.sum(1), 1)


def test_votes_outweigh_the_mean_and_the_mean_breaks_ties():
    each = np.array([[[0.6, 0.4]], [[0.6, 0.4]], [[0.0, 1.0]]])
    assert combined(each, vote=False).argmax() == 1
    assert combined(each, vote=True).argmax() == 0
    assert combined(each[1:], vote=True).argmax() == 1


def test_a_run_that_was_killed_after_every_epoch_waits_no_longer_than_a_whole_one(drawn32, tmp_path):
    plan = recipe(drawn32.folder, epochs=9, patience=2, learning_rate=1e-12, metric="accuracy", freeze=True)
    whole, told = train_classifier(plan, tmp_path / "whole", tracked=False), []
    assert len(whole.history) < 9

    def kill(epoch, _):
        told.append(epoch)
        raise Killed

    for _ in whole.history:
        with pytest.raises(Killed):
            train_classifier(plan, tmp_path / "killed", on_epoch=kill, tracked=False)
    late = train_classifier(plan, tmp_path / "killed", on_epoch=kill, tracked=False)
    assert told == [row.epoch for row in whole.history], "nothing is left to do after the last of them"
    assert [row[:-1] for row in late.history] == [row[:-1] for row in whole.history]
    assert late.facts["model_sha256"] == whole.facts["model_sha256"]


def test_it_ends_early_without_gain(drawn32, tmp_path):
    plan = recipe(drawn32.folder, epochs=9, patience=1, learning_rate=1e-12, metric="accuracy", freeze=True)
    run = train_classifier(plan, tmp_path / "run", tracked=False)
    assert len(run.history) < 9
