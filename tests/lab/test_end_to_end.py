"""Drawn pictures all the way: train, be killed, go on, evaluate, calibrate, export, load, score."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import BundleDamaged, LabError  # noqa: E402
from brushwork.forensics.bundle import load_bundle  # noqa: E402
from brushwork.forensics.calibration import probability  # noqa: E402
from brushwork.forensics.scorer import Scorer, open_session, run_session  # noqa: E402
from brushwork.lab import export, workflow  # noqa: E402
from brushwork.lab.keeping import CHECKPOINTS, newest_checkpoint  # noqa: E402
from brushwork.lab.plan import read_plan  # noqa: E402
from brushwork.lab.train import load_network  # noqa: E402
from brushwork.picture import open_picture  # noqa: E402

from .conftest import draw  # noqa: E402

HEADINGS = (
    "Intended use", "Not for", "Training data", "Aims", "By weather", "Thresholds", "Known failures",
    "Distance from the training set", "int8", "Answers that changed since the last bundle",
)  # fmt: skip


@pytest.fixture
def lenient(monkeypatch):
    """Thirty drawn pictures are too few for a steady probe; what it refuses is tested in test_audit."""
    monkeypatch.setattr("brushwork.lab.audit.LIMIT", 1.0)


def test_from_pictures_to_a_verdict_worthy_bundle(tiny_recipe, tmp_path, lenient, monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setattr("brushwork.lab.reference.PATCHES", 60)
    plan, out = read_plan(tiny_recipe(extra='distance = true\nprevious = "art-1"\n')), tmp_path / "run"
    checkpoint = workflow.run_training(plan, out, progress=False)
    assert checkpoint.parent == out / CHECKPOINTS

    judged = workflow.run_evaluation(plan, out)
    assert len(judged) == 30 * (3 + 8)
    page = (out / workflow.EVALUATION / "report.html").read_text()
    assert page.count("<svg") == 5
    assert "http://" not in page.replace("http://www.w3.org/", ""), "opens without a network"
    assert (out / workflow.EVALUATION / "gallery" / "gallery.html").is_file()
    assert (tmp_path / "mlflow.db").is_file()
    bundle = load_bundle(workflow.run_calibration(plan, out))
    assert bundle.recipe.name == "tiny"
    assert len(bundle.reference.kinds[0].scores) == 15
    assert bundle.recipe.origin.data_manifest_sha256 != bundle.sha256

    picture = open_picture(draw(1, 99))
    scores = Scorer(bundle).score(picture.rgb)
    assert scores.logits.shape == (4,)
    assert scores.distance is not None
    assert bundle.recipe.range.max_distance is not None
    assert scores.distance > 0
    assert 0 < probability(scores.pooled, bundle.recipe.calibration) < 1

    _computes_what_torch_does(checkpoint, plan, bundle)
    for heading in HEADINGS:
        assert f"## {heading}" in bundle.card
    assert "| hard |" in bundle.card
    _is_refused_with_one_byte_changed(bundle)


def _computes_what_torch_does(checkpoint, plan, bundle):
    net = load_network(checkpoint, plan.train)
    patches = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
    with torch.no_grad():
        expected = net(torch.from_numpy(patches)).numpy()
    found = run_session(open_session(bundle.model_path), patches)
    np.testing.assert_allclose(found, expected, atol=export.PARITY)


def _is_refused_with_one_byte_changed(bundle):
    model = bundle.model_path
    damaged = bytearray(model.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    model.write_bytes(bytes(damaged))
    with pytest.raises(BundleDamaged, match=r"model.onnx of bundle"):
        load_bundle(bundle.folder)


def test_a_killed_run_goes_on_where_its_last_epoch_ended(tiny_recipe, tmp_path):
    recipe, out = tiny_recipe(epochs=60), tmp_path / "run"
    code = (
        "import brushwork.lab.audit as a; a.LIMIT = 1.0\n"
        "from pathlib import Path\n"
        "from brushwork.lab.plan import read_plan\n"
        "from brushwork.lab.workflow import run_training\n"
        f"run_training(read_plan(Path({str(recipe)!r})), Path({str(out)!r}), progress=False)\n"
    )
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE) as process:
        _wait_for(out / CHECKPOINTS / "epoch001.ckpt", process)
        process.send_signal(signal.SIGKILL)
    before = newest_checkpoint(out / CHECKPOINTS)
    assert before is not None
    reached = int(before.stem.removeprefix("epoch"))
    assert reached < 59

    (out / CHECKPOINTS / f"epoch{reached + 1:03d}.ckpt").write_bytes(before.read_bytes()[:1000])  # killed while saving
    assert newest_checkpoint(out / CHECKPOINTS) == before

    from brushwork.lab.gather import cache_of, gather
    from brushwork.lab.train import train

    plan = read_plan(tiny_recipe(epochs=reached + 2))
    last = train(plan, (cache_of(plan, gather(plan)),), out, progress=False)
    state = torch.load(last, map_location="cpu", weights_only=False)
    assert state["epoch"] == reached + 1
    assert state["global_step"] == (reached + 2) * plan.train.steps_per_epoch


def test_a_blend_lies_between_the_start_and_the_trained_weights(tiny_recipe, tmp_path):
    from brushwork.lab.gather import cache_of, gather
    from brushwork.lab.train import START, train

    plan = read_plan(tiny_recipe())
    checkpoint = train(plan, (cache_of(plan, gather(plan)),), tmp_path / "run", progress=False)
    start = torch.load(tmp_path / "run" / START)
    trained = load_network(checkpoint, plan.train).state_dict()
    mixed = load_network(checkpoint, plan.train.model_copy(update={"blend": 0.25})).state_dict()
    for name in ("trunk.conv_stem.weight", "trunk.bn1.running_mean"):
        assert not torch.equal(start[name], trained[name])
        torch.testing.assert_close(mixed[name], 0.75 * start[name] + 0.25 * trained[name])
    (tmp_path / "run" / START).unlink()
    with pytest.raises(LabError, match="does not load"):
        load_network(checkpoint, plan.train.model_copy(update={"blend": 0.25}))


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(tiny_recipe, tmp_path):
    from brushwork.lab.gather import cache_of, gather
    from brushwork.lab.train import train

    torch.set_num_threads(1)
    plan = read_plan(tiny_recipe(epochs=4))
    plan = plan.model_copy(update={"train": plan.train.model_copy(update={"dropout": 0.0})})
    cache = cache_of(plan, gather(plan))
    straight = train(plan, (cache,), tmp_path / "straight", progress=False)
    earlier = straight.with_name("epoch002.ckpt")
    (tmp_path / "cut" / CHECKPOINTS).mkdir(parents=True)
    (tmp_path / "cut" / CHECKPOINTS / earlier.name).write_bytes(earlier.read_bytes())
    resumed = train(plan, (cache,), tmp_path / "cut", progress=False)
    assert resumed.name == straight.name == "epoch003.ckpt"
    ends = [load_network(path, plan.train).state_dict() for path in (straight, resumed)]
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(6000):
        if path.is_file():
            return
        if process.poll() is not None:
            pytest.fail(f"training ended early: {process.stderr.read().decode()[-2000:]}")
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"{path.name} did not come")


def test_two_runs_with_one_seed_are_the_same_and_another_seed_is_not(tiny_recipe, tmp_path):
    from brushwork.lab.gather import cache_of, gather
    from brushwork.lab.train import train

    torch.set_num_threads(1)
    plan = read_plan(tiny_recipe())
    cache = cache_of(plan, gather(plan))

    def weights(name: str, seed: int) -> np.ndarray:
        chosen = plan.model_copy(update={"seed": seed})
        checkpoint = train(chosen, (cache,), tmp_path / name, progress=False)
        return load_network(checkpoint, plan.train).trunk.conv_stem.weight.detach().numpy()

    once, again, other = weights("a", 0), weights("b", 0), weights("c", 1)
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_what_is_no_finished_run_is_refused(tiny_recipe, tmp_path):
    plan = read_plan(tiny_recipe())
    with pytest.raises(LabError, match="no model in"):
        workflow.run_evaluation(plan, tmp_path)
    with pytest.raises(LabError, match="holds no scores"):
        workflow.run_calibration(plan, tmp_path)
    (tmp_path / "epoch000.ckpt").write_bytes(b"junk")
    with pytest.raises(LabError, match=r"epoch000.ckpt does not load"):
        load_network(tmp_path / "epoch000.ckpt", plan.train)


def test_the_exported_file_tells_nothing_of_the_machine(exported):
    data = exported[1].read_bytes()
    assert b"site-packages" not in data
    assert str(Path.cwd()).encode() not in data


def test_a_network_whose_export_differs_is_not_shipped(exported):
    net, path = exported
    other = copy.deepcopy(net)
    assert export.prove_parity(other, open_session(path), 64) <= export.PARITY
    with torch.no_grad():
        other.trunk.classifier.bias.add_(0.01)
    with pytest.raises(LabError, match=r"torch and ONNX Runtime differ by 0\.01"):
        export.prove_parity(other, open_session(path), 64)
