"""Classical models: fitted, kept as ONNX, and within the memory that the recipe allows."""

from __future__ import annotations

import numpy as np
import pytest

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers.classical import features_of, memory_need  # noqa: E402
from brushwork.lab.classifiers.descriptors import describe  # noqa: E402
from brushwork.lab.classifiers.plan import ClassicalPlan  # noqa: E402
from brushwork.lab.classifiers.predictors import load_predictor  # noqa: E402
from brushwork.lab.classifiers.training import train_classifier  # noqa: E402

from .conftest import recipe  # noqa: E402


@pytest.mark.parametrize(
    ("model", "features"),
    [("svm", "forensic"), ("decision_tree", "forensic"), ("random_forest", "pixels"), ("knn", "forensic")],
)
def test_each_learns_a_grid_and_answers_from_its_file(drawn32, tmp_path, model, features):
    plan = recipe(drawn32.folder, model=model, classical={"features": features, "trees": 20, "components": 16})
    run = train_classifier(plan, tmp_path / model, tracked=False)
    rows = drawn32.indices("test")
    said = load_predictor(run).probabilities(drawn32.pixels[rows])
    np.testing.assert_allclose(said.sum(1), 1, rtol=1e-6)
    right = float((said.argmax(1) == drawn32.labels()[rows]).mean())
    assert right > (0.9 if features == "forensic" else 0.6)
    assert not list(run.folder.rglob("*.pkl"))


def test_what_would_not_fit_in_memory_is_refused_with_what_would(drawn32, tmp_path):
    plan = recipe(drawn32.folder, model="random_forest", classical={"memory_mb": 64, "trees": 100_000})
    with pytest.raises(LabError, match=r"96 pictures would need \d+ MB, the recipe allows memory_mb = 64") as refused:
        train_classifier(plan, tmp_path / "forest", tracked=False)
    assert "limit" in refused.value.advice
    assert memory_need("svm", ClassicalPlan(), 1000, 32) < memory_need("svm", ClassicalPlan(), 50_000, 32)


def test_features_see_the_grid_and_not_the_mirror(drawn32):
    pictures = np.asarray(drawn32.pixels[:4])
    found, mirrored = describe(pictures), describe(pictures[:, :, ::-1])
    np.testing.assert_allclose(found.mean(1), mirrored.mean(1), rtol=0.05)
    assert np.abs(found[0] - found[1]).max() > 0.1
    assert np.isfinite(describe(np.zeros((1, 32, 32, 3), dtype=np.uint8))).all()


def test_pixels_are_shrunk_and_never_enlarged(drawn32):
    few = np.asarray(drawn32.pixels[:2])
    assert features_of(few, ClassicalPlan(features="pixels", side=16)).shape == (2, 3 * 16 * 16)
    assert features_of(few, ClassicalPlan(features="pixels")).shape == (2, 3 * 32 * 32)
