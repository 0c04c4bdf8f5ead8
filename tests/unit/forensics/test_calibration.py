"""From logit to probability, and from probability to "N of 1000 human works"."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from brushwork.forensics.calibration import probability, reference_at
from brushwork.forensics.recipe import Calibration, ReferenceScores, ReferenceSet, ThresholdFit, ThresholdFits

SET = ReferenceSet(
    set="human art",
    kinds=(
        ReferenceScores(kind="all", scores=(0.1, 0.2, 0.2, 0.9)),
        ReferenceScores(kind="comic", scores=(0.5,)),
    ),
)


@pytest.mark.parametrize(
    ("logit", "expected"),
    [(0.0, 0.2689), (1.0, 0.7311), (-1e9, 0.01), (1e9, 0.99), (math.inf, 0.99)],
)
def test_platt_scaling_inside_its_floor(logit: float, expected: float) -> None:
    assert probability(logit, Calibration(scale=2.0, offset=-1.0, floor=0.01)) == expected


@pytest.mark.parametrize(
    ("score", "share"), [(0.05, 1.0), (0.1, 1.0), (0.11, 0.75), (0.2, 0.75), (0.9, 0.25), (0.95, 0.0)]
)
def test_the_share_of_human_works_that_score_at_least_as_high(score: float, share: float) -> None:
    found = reference_at(score, SET)
    assert (found.fpr_at_score, found.n, found.kind) == (share, 4, "all")


def test_a_kind_has_its_own_scores_and_an_unknown_kind_says_all() -> None:
    assert reference_at(0.3, SET, "comic").fpr_at_score == 1.0
    assert reference_at(0.3, SET, "fresco").kind == "all"


def test_a_reference_set_needs_all_and_ascending_scores() -> None:
    with pytest.raises(ValidationError, match="exactly one entry"):
        ReferenceSet(set="x", kinds=(ReferenceScores(kind="comic", scores=(0.5,)),))
    with pytest.raises(ValidationError, match="not ascending"):
        ReferenceScores(kind="all", scores=(0.5, 0.4))


def test_thresholds_must_rise() -> None:
    def fit(p: float) -> ThresholdFit:
        return ThresholdFit(probability=p, fitted_for="t", fpr=0, fpr_upper95=0.1, recall=1, n_human=1, n_ai=1)

    with pytest.raises(ValidationError, match="must rise"):
        ThresholdFits(clear=fit(0.6), balanced=fit(0.5), strict=fit(0.9))
