"""Figures against what can be computed by hand or is published."""

from __future__ import annotations

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

metrics = pytest.importorskip("brushwork.lab.metrics", reason=NEEDS_LAB)


def test_auc_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 12, 60).astype(float), rng.random(60) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    assert metrics.auc(scores, positive) == pytest.approx(np.mean(pairs))
    assert np.isnan(metrics.auc(scores, np.ones(60, dtype=bool)))


def test_exact_bounds_are_the_published_ones():
    # The rule for none of n: the upper 95 % bound is 1 - 0.05 ** (1 / n).
    assert metrics.Rate(0, 100).upper95 == pytest.approx(1 - 0.05 ** (1 / 100))
    # Clopper and Pearson for 10 of 100, as tabulated.
    assert metrics.Rate(10, 100).interval == pytest.approx((0.1, 0.0490, 0.1762), abs=1e-4)
    assert metrics.Rate(100, 100).interval.high == 1.0 == metrics.Rate(100, 100).upper95


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.5])
def test_a_threshold_keeps_its_promise_with_ties_too(share):
    human = np.repeat(np.arange(20, dtype=float), 10)
    threshold = metrics.threshold_at_fpr(human, share)
    assert (human >= threshold).mean() <= share
    lower = np.nextafter(threshold, -np.inf)
    assert (human >= lower).mean() > share


def test_calibration_error_is_zero_for_honest_and_large_for_false_probabilities():
    positive = np.array([False] * 80 + [True] * 20 + [False] * 20 + [True] * 80)
    honest = np.array([0.2] * 100 + [0.8] * 100)
    assert metrics.calibration_error(honest, positive) == pytest.approx(0)
    assert metrics.calibration_error(1 - honest, positive) == pytest.approx(0.6)


def test_bootstrap_by_source_is_seeded_and_wider_where_sources_differ():
    rng = np.random.default_rng(1)
    positive = np.array([False] * 100 + [True] * 100)
    sources = [f"s{i // 10}" for i in range(200)]
    alike = rng.normal(positive * 1.0, 1.0)
    shift = np.repeat(rng.normal(0, 2.0, 20), 10)
    narrow = metrics.bootstrap(metrics.auc, alike, positive, sources, 100)
    wide = metrics.bootstrap(metrics.auc, alike + shift, positive, sources, 100)
    assert narrow == metrics.bootstrap(metrics.auc, alike, positive, sources, 100)
    assert narrow.low < narrow.value < narrow.high
    assert wide.high - wide.low > narrow.high - narrow.low
