"""The likely source: shares with a share of doubt, in words that people can read."""

from __future__ import annotations

import numpy as np
import pytest

from brushwork.forensics.attribution import attribution_of, softmax
from brushwork.forensics.recipe import FamilyPlan
from brushwork.verdict import Attribution

PLAN = FamilyPlan(names=("Flux", "Midjourney", "other"), scale=1.0, offset=0.0)


def test_shares_sum_to_one_and_the_best_comes_first() -> None:
    found = attribution_of(np.array([0.0, 3.0, 1.0], dtype=np.float32), PLAN)
    assert found.top[0][0] == "Midjourney"
    assert found.unknown + sum(share for _, share in found.top) == pytest.approx(1.0, abs=1e-3)
    assert list(found.top) == sorted(found.top, key=lambda share: -share[1])


def test_doubt_grows_where_no_family_stands_out() -> None:
    sure = attribution_of(np.array([9.0, 0.0, 0.0], dtype=np.float32), PLAN)
    torn = attribution_of(np.array([0.1, 0.0, 0.0], dtype=np.float32), PLAN)
    assert sure.unknown < 0.05 < 0.5 < torn.unknown


def test_small_shares_are_doubt_and_no_family() -> None:
    found = attribution_of(np.array([6.0, 0.0, 0.0], dtype=np.float32), PLAN)
    assert [name for name, _ in found.top] == ["Flux"]


def test_huge_logits_stay_finite() -> None:
    found = attribution_of(np.array([1e4, -1e4, 0.0], dtype=np.float32), PLAN)
    assert found.top[0] == ("Flux", pytest.approx(1.0, abs=1e-3))
    assert softmax(np.array([[1e4, 0.0], [0.0, 0.0]])).tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_the_words_name_the_doubt_among_the_shares() -> None:
    """Never families of generators without "unknown" (INTERFACES: to avoid)."""
    found = Attribution(top=(("Stable Diffusion XL", 0.2), ("Flux", 0.16)), unknown=0.64)
    assert found.words == "unknown 64 %, Stable Diffusion XL 20 %, Flux 16 %"
