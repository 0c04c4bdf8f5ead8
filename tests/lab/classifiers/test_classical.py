"""Classical models: fitted, kept as ONNX, and within the memory that the recipe allows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tests.made.drawn_sets import SEVEN, drawn_set

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers.classical import features_of  # noqa: E402
from brushwork.lab.classifiers.components import principal_components  # noqa: E402
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


def test_an_svm_has_probabilities_without_what_scikit_learn_takes_away(drawn32, tmp_path):
    """SVC(probability=True) goes in scikit-learn 1.11 and says so from 1.9 on."""
    plan = recipe(drawn32.folder, model="svm", data={"limit": 40})
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="The `probability` parameter")
        run = train_classifier(plan, tmp_path / "svm", tracked=False)
    rows = drawn32.indices("val")
    said = load_predictor(run).probabilities(drawn32.pixels[rows])[:, 1]
    truth = drawn32.labels()[rows]
    assert said[truth == 1].mean() > 0.7 > 0.3 > said[truth == 0].mean()


def test_an_svm_tells_more_than_two_classes_apart(tmp_path):
    three = drawn_set(tmp_path / "three", generators=SEVEN[2:5], count=180)
    run = train_classifier(recipe(three.folder, model="svm", task="generator"), tmp_path / "svm", tracked=False)
    rows = three.indices("test", "generator")
    said = load_predictor(run).probabilities(three.pixels[rows])
    assert said.shape == (len(rows), 3)
    assert (said.argmax(1) == three.labels("generator")[rows]).mean() > 0.8


@pytest.mark.parametrize("limit", [2, 3])
def test_an_svm_needs_two_pictures_of_each_class(drawn32, tmp_path, limit):
    with pytest.raises(LabError, match=f"two training pictures of each class; of {limit} that were drawn"):
        train_classifier(recipe(drawn32.folder, model="svm", data={"limit": limit}), tmp_path / "svm", tracked=False)


def test_components_taken_block_by_block_are_those_of_all_rows_at_once():
    decomposition = pytest.importorskip("sklearn.decomposition")
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(8, 500)) * np.arange(8, 0, -1)[:, None]
    rows = (rng.normal(size=(300, 8)) @ directions + rng.normal(size=(300, 500)) * 0.1 + 5).astype(np.float32)
    found = principal_components((rows[i : i + 38] for i in range(0, 300, 38)), 8).transform(rows)
    exact = decomposition.PCA(8, whiten=True, svd_solver="full").fit(rows).transform(rows)
    np.testing.assert_allclose(np.abs(found), np.abs(exact), atol=1e-4)  # the sign of a component means nothing


def test_rows_that_vary_in_few_directions_have_few_components_and_none_is_noise():
    rows = np.outer(np.linspace(-1, 1, 40), np.ones(50)).astype(np.float32)
    found = principal_components([rows[:20], rows[20:]], 5).transform(rows)
    assert found.shape == (40, 1)
    assert np.abs(found).max() < 2
    alike = principal_components([np.ones((8, 50), dtype=np.float32)], 5).transform(np.ones((2, 50)))
    np.testing.assert_allclose(alike, 0, atol=1e-3)


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
