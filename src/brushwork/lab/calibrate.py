"""From logits to probabilities and thresholds, and what they would do on sources that they were not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from ..errors import LabError
from ..forensics.calibration import probability
from ..forensics.recipe import Calibration, ReferenceScores, ReferenceSet, ThresholdFit, ThresholdFits
from .datasets import AI, HUMAN
from .evaluate import Scored, logits_of, positive_of, under
from .folds import deal
from .kinds import kind_of
from .metrics import Floats, Rate, threshold_at_fpr
from .weather import Weather

FITTED_UNDER: Final[tuple[Weather, ...]] = ("clean", "web")
"""Thresholds hold under both: each is the stricter of the two."""
STRICT_FPR: Final = 0.0025
"""Aimed below the promised 1 %, because a threshold does a little worse on sources that it was not fitted on."""
CLEAR_MISSED: Final = 0.05
SMALLEST_KIND: Final = 30
FOLDS: Final = 5
PLACES: Final = 4


@dataclass(frozen=True)
class Fit:
    """A calibration and the thresholds on the probability that it gives."""

    calibration: Calibration
    thresholds: ThresholdFits


def fit(scored: Sequence[Scored]) -> Fit:
    """Platt scaling with both classes weighing a half, then thresholds by quantiles of the probabilities.

    Raises LabError where a class or one of FITTED_UNDER is missing.
    """
    parts = [under(scored, weather) for weather in FITTED_UNDER]
    for part in parts:
        if not 0 < positive_of(part).sum() < len(part):
            raise LabError("Thresholds need both human and AI works.", "Give a set for fitting with both classes.")
    calibration = _platt([s for part in parts for s in part])
    strict = max(threshold_at_fpr(_of(part, HUMAN, calibration), STRICT_FPR) for part in parts)
    clear = min(float(np.quantile(_of(part, AI, calibration), CLEAR_MISSED, method="lower")) for part in parts)
    balanced = float(np.median([_equal_error(part, calibration) for part in parts]))
    strict = _up(strict)
    clear, balanced = min(_shown(clear), strict), min(_shown(balanced), strict)
    return Fit(calibration, _fits(parts, calibration, min(clear, balanced), balanced, strict))


def _platt(scored: Sequence[Scored]) -> Calibration:
    model = LogisticRegression(class_weight="balanced", C=1e3)
    model.fit(logits_of(scored).reshape(-1, 1), positive_of(scored))
    return Calibration(scale=float(model.coef_[0, 0]), offset=float(model.intercept_[0]))


def probabilities(scored: Sequence[Scored], calibration: Calibration) -> Floats:
    """The probability that a verdict would show, for each."""
    return np.array([probability(s.logit, calibration) for s in scored], dtype=np.float64)


def _of(scored: Sequence[Scored], label: int, calibration: Calibration) -> Floats:
    return probabilities([s for s in scored if s.label == label], calibration)


def _equal_error(scored: Sequence[Scored], calibration: Calibration) -> float:
    """The threshold at which as large a share of human works is above as of AI works below."""
    human, ai = _of(scored, HUMAN, calibration), _of(scored, AI, calibration)
    values = np.unique(np.concatenate([human, ai]))
    gaps = [abs(float((human >= v).mean() - (ai < v).mean())) for v in values]
    return float(values[int(np.argmin(gaps))])


def _up(value: float) -> float:
    """One step of the shown digits above the human score that `value` lies just above."""
    return min((round(value * 10**PLACES) + 1) / 10**PLACES, 1 - 10.0**-PLACES)


def _shown(value: float) -> float:
    return max(round(value, PLACES), 10.0**-PLACES)


def _fits(
    parts: Sequence[Sequence[Scored]], calibration: Calibration, clear: float, balanced: float, strict: float
) -> ThresholdFits:
    return ThresholdFits(
        clear=_described(parts, calibration, clear, f"at most {CLEAR_MISSED:.0%} of AI works at or below", True),
        balanced=_described(parts, calibration, balanced, "as many human works above as AI works below"),
        strict=_described(parts, calibration, strict, f"at most {STRICT_FPR:.2%} of human works above"),
    )


def _described(
    parts: Sequence[Sequence[Scored]], calibration: Calibration, threshold: float, aim: str, at_is_below: bool = False
) -> ThresholdFit:
    """The worst of the weathers: the highest false-positive rate, the lowest recall. A score AT clear is cleared."""
    beyond = np.greater if at_is_below else np.greater_equal
    human = [_of(part, HUMAN, calibration) for part in parts]
    ai = [_of(part, AI, calibration) for part in parts]
    worst = max((Rate(int(beyond(h, threshold).sum()), len(h)) for h in human), key=lambda r: r.value)
    return ThresholdFit(
        probability=threshold,
        fitted_for=f"{aim}, under {' and '.join(FITTED_UNDER)} weather each",
        fpr=round(worst.value, 4),
        fpr_upper95=round(worst.upper95, 4),
        recall=round(min(float(beyond(a, threshold).mean()) for a in ai), 4),
        n_human=len(human[0]),
        n_ai=len(ai[0]),
    )


def folds_by_source(scored: Sequence[Scored], folds: int = FOLDS) -> dict[str, int]:
    """Deal the sources of each class out to folds, large ones first, so that every fold has both classes.

    Raises LabError where a class has fewer sources than folds.
    """
    return deal(((s.label, s.source) for s in scored), folds)


@dataclass(frozen=True)
class Judged:
    """A score with what a fit on OTHER sources made of it."""

    scored: Scored
    probability: float
    looks_ai: bool
    label_ai: bool
    cleared: bool

    @property
    def answer(self) -> str:
        """What a verdict would say from the pixels alone."""
        return "looks_ai" if self.looks_ai else "no_sign_of_ai" if self.cleared else "cannot_tell"


def cross_fit(scored: Sequence[Scored], folds: int = FOLDS) -> list[Judged]:
    """Judge every picture with a calibration and thresholds fitted on the sources of the other folds only.

    That is what may be reported: a threshold fitted on the very pictures it is measured on reaches its aim by design.
    """
    fold = folds_by_source(scored, folds)
    out: list[Judged] = []
    for number in range(folds):
        fitted = fit([s for s in scored if fold[s.source] != number])
        limits = fitted.thresholds.values()
        for s in scored:
            if fold[s.source] == number:
                p = probability(s.logit, fitted.calibration)
                out.append(Judged(s, p, p >= limits.strict, p >= limits.balanced, p <= limits.clear))
    return out


def fit_and_rate(scored: Sequence[Scored], folds: int = FOLDS) -> Fit:
    """`fit` on the whole set, each threshold with the rates that such fits reach on sources they were not fitted on.

    These rates are what a verdict shows: those of the fit itself would be reached by design.
    """
    fitted = fit(scored)
    judged = cross_fit(scored, folds)
    parts = [[j for j in judged if j.scored.weather == weather] for weather in FITTED_UNDER]
    held = fitted.thresholds
    rated = ThresholdFits(
        clear=_held_out(held.clear, parts, lambda j: not j.cleared),
        balanced=_held_out(held.balanced, parts, lambda j: j.label_ai),
        strict=_held_out(held.strict, parts, lambda j: j.looks_ai),
    )
    return Fit(fitted.calibration, rated)


def _held_out(
    threshold: ThresholdFit, parts: Sequence[Sequence[Judged]], beyond: Callable[[Judged], bool]
) -> ThresholdFit:
    """`threshold` with the worst rates of the weathers among cross-fitted judgements."""
    human = [[beyond(j) for j in part if j.scored.label == HUMAN] for part in parts]
    ai = [[beyond(j) for j in part if j.scored.label == AI] for part in parts]
    worst = max((Rate(sum(h), len(h)) for h in human), key=lambda r: r.value)
    rates = {"fpr": round(worst.value, 4), "fpr_upper95": round(worst.upper95, 4)}
    return threshold.model_copy(update={**rates, "recall": round(min(sum(a) / len(a) for a in ai), 4)})


def reference_set(scored: Sequence[Scored], calibration: Calibration, name: str) -> ReferenceSet:
    """Probabilities of human works in clean weather by coarse kind; others than large ones count in "all" only."""
    human = [s for s in under(scored, "clean") if s.label == HUMAN]
    kinds: dict[str, list[Scored]] = {"all": human}
    for s in human:
        kinds.setdefault(kind_of(s.kind), []).append(s)
    kept = {k: v for k, v in kinds.items() if k == "all" or len(v) >= SMALLEST_KIND}
    return ReferenceSet(
        set=name,
        kinds=tuple(
            ReferenceScores(kind=k, scores=tuple(sorted(float(p) for p in probabilities(v, calibration))))
            for k, v in sorted(kept.items())
        ),
    )
