"""From the raw logit to a probability that means something, and to "N of 1000 human works score this high"."""

from __future__ import annotations

import math
from bisect import bisect_left

from ..verdict import Reference
from .recipe import Calibration, ReferenceSet


def probability(logit: float, calibration: Calibration) -> float:
    """The calibrated probability of AI, rounded to four digits, inside [floor, 1 - floor]."""
    x = min(max(calibration.scale * logit + calibration.offset, -60.0), 60.0)
    value = 1.0 / (1.0 + math.exp(-x))
    return round(min(max(value, calibration.floor), 1.0 - calibration.floor), 4)


def reference_at(score: float, reference: ReferenceSet, kind: str = "all") -> Reference:
    """The share of human works in the reference set that score at least `score`.

    An unknown `kind` falls back on all works, and the answer says which was used.
    """
    by_kind = {k.kind: k.scores for k in reference.kinds}
    used = kind if kind in by_kind else "all"
    scores = by_kind[used]
    as_high = len(scores) - bisect_left(scores, score)
    return Reference(set=reference.set, n=len(scores), kind=used, fpr_at_score=round(as_high / len(scores), 4))
