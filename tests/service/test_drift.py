"""The drift of the scores: a known distance, a window, and nothing said with too few."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brushwork.service.drift import ENOUGH, WINDOW, Drift, distance

scores = st.lists(st.floats(0, 1), min_size=1, max_size=60).map(sorted)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([0.1, 0.2], [0.1, 0.2], 0.0),
        ([0.1, 0.2], [0.8, 0.9], 1.0),
        ([0.1, 0.9], [0.1, 0.2], 0.5),
        ([0.5], [0.1, 0.2, 0.6, 0.7], 0.5),
        ([0.5] * 7, [0.5] * 3, 0.0),
    ],
)
def test_the_distance_of_two_samples(one: list[float], other: list[float], expected: float) -> None:
    assert distance(one, other) == pytest.approx(expected)


@given(scores, scores)
def test_the_distance_is_one_between_distributions(one: list[float], other: list[float]) -> None:
    assert 0 <= distance(one, other) <= 1
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert distance(one, one) == 0
    assert distance(sorted(one * 3), one) == pytest.approx(0)  # sample sizes do not matter


def test_nothing_is_said_with_too_few_and_old_scores_are_forgotten() -> None:
    drift = Drift([i / 100 for i in range(100)])
    for i in range(ENOUGH - 1):
        drift.add(i / 100)
    assert math.isnan(drift.ratio())
    drift.add(0.99)
    assert drift.ratio() > 0.3
    for i in range(WINDOW):
        drift.add((i % 100) / 100)
    assert (drift.count, drift.ratio()) == (WINDOW, pytest.approx(0))
