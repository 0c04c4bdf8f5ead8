"""Bundles of classifiers where they are used: by the real service, of an ensemble, and refused where they cannot be."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.lab import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import BundleDamaged, BundleNotFound, LabError  # noqa: E402
from brushwork.forensics.bundle import load_bundle  # noqa: E402
from brushwork.forensics.scorer import Scorer  # noqa: E402
from brushwork.lab.classifiers import explaining, handing  # noqa: E402
from brushwork.lab.classifiers.predictors import combined, load_predictor  # noqa: E402
from brushwork.lab.classifiers.runs import load_run  # noqa: E402
from brushwork.lab.classifiers.together import Together  # noqa: E402
from brushwork.lab.classifiers.training import train_classifier  # noqa: E402
from brushwork.lab.export import write_onnx  # noqa: E402
from tests.service.door import image  # noqa: E402
from tests.service.process import served  # noqa: E402

from .conftest import recipe  # noqa: E402


@pytest.fixture(scope="module")
def bundle(trained, tmp_path_factory) -> Path:
    """A bundle of the small CNN, made as `brushwork export RUN --bundle FOLDER` makes it."""
    folder = tmp_path_factory.mktemp("bundles")
    written, _ = handing.export_run(trained, ["onnx"], folder / "exports")
    return handing.bundle_run(trained, written, folder / "bundle")


def test_scan_and_serve_take_the_bundle_and_say_the_same(bundle, drawn32, tmp_path):
    """S0-20, S4-18."""
    path = tmp_path / "one.png"
    Image.fromarray(drawn32.pixels[drawn32.indices("test")[0]]).save(path)
    words = [sys.executable, "-m", "brushwork.cli", "scan", str(path), "--format", "jsonl"]
    settings = {**os.environ, "BRUSHWORK_MODEL": str(bundle)}
    scanned = subprocess.run(words, env=settings, capture_output=True, text=True, check=False)
    assert scanned.returncode == 0, scanned.stderr
    with served(tmp_path / "service", model=bundle) as running, path.open("rb") as picture:
        answer = httpx.post(f"{running.url}/v1/verdicts", files=image(picture.read()), timeout=120)
    assert answer.status_code == 200, answer.text
    mine, theirs = json.loads(scanned.stdout), answer.json()
    assert mine["model"]["name"] == theirs["model"]["name"] == "tiny"
    assert mine["model"]["sha256"] == theirs["model"]["sha256"] == load_bundle(bundle).sha256
    assert mine["probability"] == theirs["probability"]
    assert mine["answer"] == theirs["answer"]


@pytest.fixture(scope="module")
def pair(trained, drawn32, tmp_path_factory):
    """The small CNN and one that was trained for one epoch only, as an ensemble."""
    folder = tmp_path_factory.mktemp("pair")
    other = train_classifier(recipe(drawn32.folder, epochs=1), folder / "other", tracked=False)
    members = [str(trained.folder), str(other.folder)]
    plan = recipe(drawn32.folder, model="ensemble", ensemble={"members": members})
    return train_classifier(plan, folder / "pair", tracked=False)


def test_an_ensemble_of_networks_is_one_file_and_a_bundle_that_says_what_it_says(pair, drawn32, tmp_path):
    """S3-26, S3-27."""
    assert [member["run"] for member in pair.facts["members"]] == ["tiny", "other"], "names, not places"
    written, _ = handing.export_run(pair, ["onnx", "safetensors"], tmp_path / "exports")
    assert all(one.allowed is not None and one.difference <= one.allowed for one in written)
    made = load_bundle(handing.bundle_run(pair, written, tmp_path / "bundle"))
    assert "A classifier (mean of small_cnn, small_cnn)" in made.card
    scorer = Scorer(made)
    pixels = np.array(drawn32.pixels[drawn32.indices("test")[:6]])
    for picture, said in zip(pixels, load_predictor(pair).probabilities(pixels), strict=True):
        assert scorer.score(picture).pooled == pytest.approx(np.log(said[1] / said[0]), abs=1e-3)


@pytest.mark.parametrize("vote", [False, True])
def test_networks_joined_to_one_give_the_common_probabilities(vote):
    class Fixed(torch.nn.Module):
        def __init__(self, logits):
            super().__init__()
            self.logits = torch.tensor(logits)

        def forward(self, pictures):
            return self.logits.expand(len(pictures), -1)

    logits = [[2.0, 0.0, 1.0], [0.0, 0.5, 0.0], [0.0, 3.0, 0.0]]
    found = Together([Fixed(row) for row in logits], vote)(torch.zeros(2, 8, 8, 3)).softmax(1).numpy()
    each = torch.tensor(logits).softmax(1).numpy()[:, None]
    np.testing.assert_allclose(found[:1], combined(each, vote), rtol=1e-5)


def test_an_ensemble_is_explained_member_by_member(pair, drawn32, tmp_path):
    path = tmp_path / "one.png"
    Image.fromarray(drawn32.pixels[drawn32.indices("test")[0]]).save(path)
    found = explaining.explain_pictures([path], pair.folder, None, tmp_path / "out")
    members = [folder.name for folder in pair.plan.ensemble.members]
    assert [row[0] for row in found.table.rows] == [f"one.png by member {i}, {m}" for i, m in enumerate(members, 1)]
    assert len(list((tmp_path / "out").glob("*.png"))) == 2
    for (_, said, score, _), folder in zip(found.table.rows, pair.plan.ensemble.members, strict=True):
        p = load_predictor(load_run(folder)).probabilities(drawn32.pixels[drawn32.indices("test")[:1]])[0]
        assert (said, float(score)) == (("human", "ai")[p.argmax()], pytest.approx(p.max(), abs=1e-3))


def test_classical_models_and_ensembles_with_them_are_not_exported(trained, bundle, drawn32, tmp_path):
    tree = train_classifier(recipe(drawn32.folder, model="decision_tree"), tmp_path / "tree", tracked=False)
    with pytest.raises(LabError, match="is no network: it is decision_tree") as refused:
        handing.export_run(tree, ["onnx"])
    assert "they take features that Brushwork computes" in refused.value.advice
    members = [str(trained.folder), str(tree.folder)]
    plan = recipe(drawn32.folder, model="ensemble", ensemble={"members": members})
    mixed = train_classifier(plan, tmp_path / "mixed", tracked=False)
    with pytest.raises(LabError, match="has members that are no networks"):
        handing.export_run(mixed, ["onnx"])
    changed = changed_model(tree.folder / "model.onnx", bundle, tmp_path / "changed")
    with pytest.raises(BundleDamaged, match=r"takes features tensor\(float\) .* not patches tensor\(uint8\)"):
        Scorer(load_bundle(changed))


def changed_model(model: Path, bundle: Path, to: Path) -> Path:
    """A copy of a bundle with another model in it, its hash set right, as one would by hand."""
    shutil.copytree(bundle, to)
    shutil.copyfile(model, to / "model.onnx")
    kept = json.loads((to / "recipe.json").read_text())
    kept["files"]["model.onnx"] = hashlib.sha256(model.read_bytes()).hexdigest()
    (to / "recipe.json").write_text(json.dumps(kept))
    return to


class Plain(torch.nn.Module):
    """Logits (n, classes) of pictures, by their mean."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.last = torch.nn.Linear(3, classes)

    def forward(self, pictures):
        return self.last(pictures.float().mean((1, 2)))


@pytest.mark.parametrize(
    ("classes", "side", "message"),
    [(7, 32, "gives 7 logits a picture, not one"), (1, 48, r"\[n, 48, 48, 3\], not patches .*\[n, 32, 32, 3\]")],
)
def test_a_model_of_another_form_is_refused_when_the_bundle_is_opened(bundle, tmp_path, classes, side, message):
    write_onnx(Plain(classes), side, tmp_path / "other.onnx")
    changed = changed_model(tmp_path / "other.onnx", bundle, tmp_path / "changed")
    with pytest.raises(BundleDamaged, match=message) as refused:
        Scorer(load_bundle(changed))
    assert "brushwork export RUN --bundle" in refused.value.advice


def test_a_run_and_a_bare_model_are_no_bundles_and_say_how_to_make_one(trained, bundle):
    with pytest.raises(BundleNotFound, match="is a model alone") as refused:
        load_bundle(bundle / "model.onnx")
    assert "brushwork export RUN --bundle FOLDER" in refused.value.advice
    with pytest.raises(BundleNotFound, match="is a run of the lab, not a bundle") as refused:
        load_bundle(trained.folder)
    assert f"brushwork export {trained.folder} --bundle" in refused.value.advice
