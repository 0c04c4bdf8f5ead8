"""What could spoil a training set: duplicates across splits, lopsided classes, shortcuts past the question."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold

from ..errors import LabError
from ..picture import open_picture
from .crops import LIMITS, Forbidden, RegionCache
from .datasets import AI, HUMAN, Row
from .loading import prepared, shares
from .metrics import auc
from .weather import Pixels, stream

LIMIT: Final = 0.55
"""AUC above which a classifier on the file's outside alone makes a training set worthless (DOMAIN: trap one)."""
PROBED: Final = 1500
FOLDS: Final = 4
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")


@dataclass(frozen=True)
class Audit:
    """What was found. `before` and `after`: AUCs of the shortcut probe on published files and on prepared patches."""

    human: int
    ai: int
    human_sources: int
    ai_sources: int
    same_file: tuple[str, ...]
    near: tuple[str, ...]
    before: float
    after: float

    def refuse_shortcuts(self) -> None:
        """Raise LabError where the probe still tells the classes apart after the preparation."""
        if self.after > LIMIT:
            raise LabError(
                f"A classifier that sees only the outside of the files reaches an AUC of {self.after:.3f} after the "
                f"preparation (limit {LIMIT}).",
                "Make both classes take the same road: same formats, sizes and qualities. Training would learn that.",
            )


def audit(train: Sequence[Row], dev: Sequence[Row], cache: RegionCache, size: int, near: int, seed: int = 0) -> Audit:
    """Look for all of it. Rows without a hash are compared by file id only; building a cache hashes every picture."""
    ids = {r.id for r in dev}
    forbidden = Forbidden.of(dev, near)
    count = Counter(r.label for r in train)
    sources = {label: len({r.source for r in train if r.label == label}) for label in (HUMAN, AI)}
    return Audit(
        human=count[HUMAN],
        ai=count[AI],
        human_sources=sources[HUMAN],
        ai_sources=sources[AI],
        same_file=tuple(r.id for r in train if r.id in ids),
        near=tuple(r.id for r in train if r.dhash and forbidden.holds(r.dhash)),
        before=probe_files(_drawn([r for r in train if r.id not in cache.left_out], seed)),
        after=probe_patches((cache,), size, seed),
    )


def _drawn(rows: Sequence[Row], seed: int) -> list[Row]:
    """At most PROBED rows, half of each class where there are enough."""
    chosen: list[Row] = []
    for label in (HUMAN, AI):
        members = sorted(r for r in rows if r.label == label)
        order = stream("probe", seed, label).permutation(len(members))[: PROBED // 2]
        chosen += [members[int(i)] for i in order]
    return chosen


def probe_files(rows: Iterable[Row]) -> float:
    """AUC of the probe on the files as published."""
    features, labels, groups = [], [], []
    for row in rows:
        data = row.data()
        facts = open_picture(data, LIMITS, name=row.id)
        quality = facts.facts.jpeg_quality
        features.append(_outside(facts.facts.format or "", facts.width, facts.height, len(data), quality))
        labels.append(row.label)
        groups.append(row.group)
    return cross_validated(np.array(features), np.array(labels), groups)


def probe_patches(caches: Sequence[RegionCache], size: int, seed: int = 0) -> float:
    """AUC of the probe on patches as training sees them, drawn as training draws them, saved once more as a JPEG."""
    rng = stream("probe patches", seed)
    regions = [(cache, region) for cache in caches for region in cache.regions]
    features, labels, groups = [], [], []
    for draw, index in enumerate(rng.choice(len(regions), size=PROBED, p=shares(caches))):
        cache, region = regions[int(index)]
        row = cache.rows[region.row]
        patch = prepared(cache.read(region), size, seed, draw)
        features.append(_saved(patch, stream("probe save", seed, draw)))
        labels.append(row.label)
        groups.append(row.group)
    return cross_validated(np.array(features), np.array(labels), groups)


def _saved(patch: Pixels, rng: np.random.Generator) -> tuple[float, ...]:
    quality = int(rng.integers(75, 96))
    buffer = io.BytesIO()
    Image.fromarray(patch).save(buffer, "JPEG", quality=quality)
    return _outside("JPEG", patch.shape[1], patch.shape[0], len(buffer.getvalue()), quality)


def _outside(form: str, width: int, height: int, size: int, quality: int | None) -> tuple[float, ...]:
    kind = FORMATS.index(form) if form in FORMATS else -1
    return (kind, width, height, 8 * size / (width * height), -1 if quality is None else quality)


def cross_validated(features: NDArray[np.float64], labels: NDArray[np.int64], groups: Sequence[str]) -> float:
    """AUC of gradient-boosted trees, every source judged by trees that never saw it."""
    scores = np.full(len(labels), np.nan)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for fitted, held in folds.split(features, labels, groups):
        trees = HistGradientBoostingClassifier(max_depth=4, max_iter=80, random_state=0, class_weight="balanced")
        trees.fit(features[fitted], labels[fitted])
        scores[held] = trees.predict_proba(features[held])[:, 1]
    return auc(scores, labels == AI)
