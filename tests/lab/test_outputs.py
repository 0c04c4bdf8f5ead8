"""Features, distance and families: added without touching the logits, and computed as the lab computes them."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.forensics.scorer import open_session, run_session  # noqa: E402
from brushwork.lab import attribution, outputs  # noqa: E402
from brushwork.lab.generators import FAMILIES  # noqa: E402


@pytest.fixture(scope="module")
def patches():
    return np.random.default_rng(0).integers(0, 256, (40, 64, 64, 3), dtype=np.uint8)


def test_what_is_added_leaves_the_logits_and_computes_what_the_lab_does(exported, patches, tmp_path):
    model = tmp_path / "model.onnx"
    shutil.copy(exported[1], model)
    before = run_session(open_session(model), patches)
    assert outputs.expose_features(model) == 1280
    features = outputs.features_of(open_session(model), patches)
    assert features.shape == (40, 1280)

    spread = outputs.Spread(features, components=8)
    rng = np.random.default_rng(1)
    weights, biases = rng.normal(size=(1280, 3)), rng.normal(size=3)
    for _ in range(2):  # a second time replaces what the first one added
        outputs.attach_distance(model, spread)
        outputs.attach_families(model, weights, biases)
    session = open_session(model)
    assert [o.name for o in session.get_outputs()] == ["logits", "features", "distance", "families"]
    np.testing.assert_array_equal(run_session(session, patches), before)
    distance, families = session.run(["distance", "families"], {"patches": patches})
    np.testing.assert_allclose(distance, spread.distance(features), rtol=1e-3)
    np.testing.assert_allclose(families, features @ weights + biases, rtol=1e-3, atol=1e-3)
    alone = session.run(["distance", "families"], {"patches": patches[:1]})
    np.testing.assert_allclose(alone[0], distance[:1], rtol=1e-4)


def test_what_was_trained_on_is_near_and_all_else_is_far():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(4, 20))
    trained = rng.normal(size=(500, 4)) @ base + rng.normal(size=(500, 20)) * 0.01
    spread = outputs.Spread(trained, components=6)
    near = spread.distance(rng.normal(size=(100, 4)) @ base + rng.normal(size=(100, 20)) * 0.01)
    assert 0.6 < np.median(near) < 1.4
    assert spread.distance(trained[:50] * 8).min() > np.quantile(near, 0.9), "along the known directions"
    assert spread.distance(trained[:50] + rng.normal(size=(50, 20))).min() > near.max(), "out of them"
    with pytest.raises(LabError, match="6 patches are too few"):
        outputs.Spread(trained[:6], components=6)


def made(families: int, sources: int = 4, each: int = 12, apart: float = 4.0) -> attribution.Seen:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(families, 16)) * apart
    told = [(f, s) for f in range(families) for s in range(sources) for _ in range(each)]
    features = np.array([centres[f] + rng.normal(size=16) for f, _ in told])
    return attribution.Seen(features, tuple(FAMILIES[f] for f, _ in told), tuple(f"source {f} {s}" for f, s in told))


def test_families_are_told_apart_on_sources_that_the_head_never_saw():
    """R3-12: attribution, with doubt fitted on families that were left out."""
    found = attribution.fit_attribution(made(5))
    assert [row[0] for row in found.table.rows] == list(FAMILIES[:5])
    assert all(float(str(row[2])) > 0.9 for row in found.table.rows)
    assert found.unknown_auc > 0.7
    assert found.plan.scale > 0
    assert found.plan.names == found.head.names


def test_where_confidence_says_nothing_the_doubt_is_the_same_for_all():
    found = attribution.fit_attribution(made(4, apart=0.0))
    assert (found.plan.scale, found.plan.offset) == (0.0, 0.0)
    assert {row[-1] for row in found.table.rows} == {"0.50"}


def test_too_few_families_or_sources_are_refused():
    with pytest.raises(LabError, match="2 families of generators have 20 pictures from two sources"):
        attribution.fit_attribution(made(2))
    with pytest.raises(LabError, match="0 families"):
        attribution.fit_attribution(made(5, sources=1))
    with pytest.raises(LabError, match="1 families"):
        attribution.fit_head(made(1))


def test_a_head_of_two_families_gives_two_logits():
    seen = made(2)
    head = attribution.fit_head(seen)
    right = head.logits(seen.features).argmax(axis=1) == np.array([FAMILIES.index(f) for f in seen.families])
    assert right.mean() > 0.95


def test_every_family_weighs_the_same_in_a_loss():
    families = ["Flux"] * 30 + ["Midjourney"] * 10
    weights = attribution.balanced_weights(families)
    assert 30 * weights["Flux"] == pytest.approx(10 * weights["Midjourney"])
    assert np.mean([weights[f] for f in families]) == pytest.approx(1.0)
