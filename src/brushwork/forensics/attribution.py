"""The likely source of a picture that looks generated: families of generators, and how much of it is doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..verdict import Attribution
from .recipe import FamilyPlan

_PLACES = 4


def attribution_of(logits: NDArray[np.float32], plan: FamilyPlan) -> Attribution:
    """Shares of the families for their averaged `logits` (k,), best first; what is not named is unknown."""
    shares = softmax(logits.astype(np.float64))
    known = 1.0 - unknown_share(confidence(shares), plan.scale, plan.offset)
    named = sorted(((known * float(s), name) for s, name in zip(shares, plan.names, strict=True)), reverse=True)
    top = tuple((name, round(share, _PLACES)) for share, name in named if share >= plan.least)
    return Attribution(top=top, unknown=round(1.0 - sum(share for _, share in top), _PLACES))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares that sum to 1, along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def confidence(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of the largest share, along the last axis; kept within what double precision tells apart."""
    top = np.clip(shares.max(axis=-1), 1e-9, 1 - 1e-9)
    return np.asarray(np.log(top / (1 - top)))


def unknown_share(value: NDArray[np.float64], scale: float, offset: float) -> float:
    """The share of doubt at a confidence: less, the larger it is."""
    return float(1.0 / (1.0 + np.exp(np.clip(scale * value + offset, -60, 60))))
