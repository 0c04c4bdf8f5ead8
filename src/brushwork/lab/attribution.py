"""The likely source: a linear head on the features, and a share of doubt fitted on families that it never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ..errors import LabError
from ..forensics.attribution import confidence, softmax, unknown_share
from ..forensics.recipe import FamilyPlan
from .folds import deal_evenly
from .generators import FAMILIES
from .metrics import Floats, auc
from .tables import Table

FEWEST: Final = 20
"""Pictures of a family without which it is not learned."""
FOLDS: Final = 4
STRENGTH: Final = 0.02
"""C of the logistic regression: small, for there are more features than pictures of a family."""


@dataclass(frozen=True)
class Seen:
    """Pictures with their features (n, d), averaged over patches, families and sources."""

    features: Floats
    families: tuple[str, ...]
    sources: tuple[str, ...]

    def part(self, chosen: NDArray[np.bool_]) -> Seen:
        """Those that are `chosen` (n,)."""
        index = np.flatnonzero(chosen)
        return Seen(self.features[index], tuple(self.families[i] for i in index), tuple(self.sources[i] for i in index))


@dataclass(frozen=True)
class Head:
    """logits = features @ weights (d, k) + biases (k,), of the families `names`."""

    names: tuple[str, ...]
    weights: Floats
    biases: Floats

    def logits(self, features: Floats) -> Floats:
        """Logits (n, k) of features (n, d)."""
        return np.asarray(features @ self.weights + self.biases)


def fit_head(seen: Seen) -> Head:
    """Multinomial logistic regression, every family weighing the same. Raises LabError with fewer than two families."""
    names = tuple(name for name in FAMILIES if name in set(seen.families))
    if len(names) < 2:
        raise LabError(
            f"{len(names)} families of generators are too few to tell apart.", "Name generators in the data."
        )
    mean, scale = seen.features.mean(axis=0), seen.features.std(axis=0) + 1e-6
    index = np.array([names.index(f) for f in seen.families])
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
    model.fit((seen.features - mean) / scale, index)
    weights, biases = model.coef_, model.intercept_
    if len(names) == 2:  # one row tells two classes apart
        weights, biases = np.stack([-weights[0], weights[0]]) / 2, np.array([-biases[0], biases[0]]) / 2
    weights = weights / scale
    return Head(names, weights.T, biases - weights @ mean)


@dataclass(frozen=True)
class Attributed:
    """The head, how its doubt is computed, and how well both did on what they were not fitted on."""

    head: Head
    plan: FamilyPlan
    table: Table
    unknown_auc: float


def fit_attribution(seen: Seen) -> Attributed:
    """Fit head and doubt. Doubt is fitted on confidences of known families from sources that were left out, and of
    families that were left out whole, one at a time.

    Raises LabError where fewer than three families have FEWEST pictures from two sources.
    """
    counts = Counter(seen.families)
    sources = {f: {s for g, s in zip(seen.families, seen.sources, strict=True) if g == f} for f in counts}
    usable = {f for f in counts if f in FAMILIES and counts[f] >= FEWEST and len(sources[f]) >= 2}
    if len(usable) < 3:
        raise LabError(
            f"{len(usable)} families of generators have {FEWEST} pictures from two sources; three are needed.",
            "Collect more of them, or leave the likely source out of the bundle.",
        )
    kept = seen.part(np.array([f in usable for f in seen.families]))
    known, guessed = _by_source(kept)
    unknown = _by_family(kept)
    doubt = LogisticRegression(class_weight="balanced")
    values = np.concatenate([known, unknown])
    strange = np.concatenate([np.zeros(len(known)), np.ones(len(unknown))])
    doubt.fit(values.reshape(-1, 1), strange)
    head = fit_head(kept)
    scale, offset = -float(doubt.coef_[0, 0]), -float(doubt.intercept_[0])
    if scale <= 0:  # confidence says nothing, and must not say the reverse: half of it is doubt, for all
        scale = offset = 0.0
    plan = FamilyPlan(names=head.names, scale=scale, offset=offset)
    return Attributed(head, plan, _table(kept, known, guessed, plan), auc(-values, strange > 0))


def _by_source(seen: Seen) -> tuple[Floats, list[str]]:
    """Confidence and guess of every picture, by heads that did not see its source."""
    fold = deal_evenly(list(zip(seen.families, seen.sources, strict=True)), FOLDS)
    known, guessed = np.zeros(len(seen.families)), [""] * len(seen.families)
    for number in range(FOLDS):
        held = np.array([fold[s] == number for s in seen.sources])
        if not held.any():
            continue
        head = fit_head(seen.part(~held))
        shares = softmax(head.logits(seen.features[held]))
        known[held] = confidence(shares)
        for i, best in zip(np.flatnonzero(held), shares.argmax(axis=1), strict=True):
            guessed[i] = head.names[best]
    return known, guessed


def _by_family(seen: Seen) -> Floats:
    """Confidences of the pictures of each family by a head that never saw the family."""
    parts = []
    for family in sorted(set(seen.families)):
        held = np.array([f == family for f in seen.families])
        head = fit_head(seen.part(~held))
        parts.append(confidence(softmax(head.logits(seen.features[held]))))
    return np.concatenate(parts)


def _table(seen: Seen, known: Floats, guessed: Sequence[str], plan: FamilyPlan) -> Table:
    rows = []
    for family in plan.names:
        index = [i for i, f in enumerate(seen.families) if f == family]
        right = sum(guessed[i] == family for i in index)
        doubt = float(np.mean([unknown_share(known[i], plan.scale, plan.offset) for i in index]))
        named = sum(g == family for g in guessed)
        precision = f"{right / named:.2f}" if named else "never named"
        rows.append((family, len(index), f"{right / len(index):.2f}", precision, f"{doubt:.2f}"))
    return Table(("family", "pictures", "recall, sources held out", "precision", "doubt, on average"), tuple(rows))


def balanced_weights(families: Sequence[str]) -> dict[str, float]:
    """The weight of each family in a loss, so that all weigh the same and the mean weight of a picture is 1."""
    counts = Counter(families)
    return {name: len(families) / (len(counts) * n) for name, n in counts.items()}
