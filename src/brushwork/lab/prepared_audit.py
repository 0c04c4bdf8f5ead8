"""What could spoil a prepared set: the same picture or group on two sides, and shortcuts past the question."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from ..errors import LabError
from .audit import FOLDS, LIMIT, PROBED, cross_validated
from .classifiers.prepared import PreparedRow, PreparedSet
from .crops import dhash
from .datasets import AI, HUMAN
from .manifest import is_near
from .views import WHOLE
from .weather import Pixels, stream

NEAR: Final = 2
"""Bits of the difference hash within which prepared pictures count as nearly the same."""
COMPARED: Final = 20_000
"""At most so many pictures of a split are hashed for near copies; the rest are drawn out by seed."""
QUALITY: Final = (75, 95)


class Shortcut(NamedTuple):
    """The AUC of trees that see only how well a prepared picture packs; NaN where there are too few to judge."""

    auc: float

    @property
    def words(self) -> str:
        """In a sentence."""
        if np.isnan(self.auc):
            return f"shortcut probe: too few pictures or sources to judge (fewer than {FOLDS} of a class)"
        judged = "a shortcut" if self.auc > LIMIT else "no shortcut seen"
        return f"shortcut probe, AUC: {self.auc:.3f} on what is left of format and quality ({judged}; limit {LIMIT})"


@dataclass(frozen=True)
class PreparedAudit:
    """What was found. `same` and `near`: pictures in two splits; `groups`: groups in two splits, by the pair."""

    counts: Counter[tuple[str, int]]
    same: int
    near: int
    groups: dict[tuple[str, str], tuple[str, ...]]
    shortcut: Shortcut

    def told(self) -> Iterator[str]:
        """In words."""
        for split in sorted({split for split, _ in self.counts}):
            yield f"{split}: {self.counts[split, HUMAN]:,} human, {self.counts[split, AI]:,} AI squares"
        yield f"the same picture in two splits: {self.same:,}; nearly the same: {self.near:,}"
        for (one, other), names in sorted(self.groups.items()):
            some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            yield f"sources in {one} and {other}: {len(names):,} ({some})"
        yield self.shortcut.words

    def refuse(self) -> None:
        """Raise LabError where a picture stands in two splits: what is measured then is memory."""
        if self.same:
            raise LabError(
                f"{self.same:,} pictures stand in two splits.",
                "Prepare the set again; `preprocess` drops such pictures.",
            )


def audit_prepared(made: PreparedSet, seed: int = 0) -> PreparedAudit:
    """Look for all of it in an open set."""
    whole = [i for i, row in enumerate(made.rows) if row.view == WHOLE]
    splits: dict[str, set[str]] = defaultdict(set)
    groups: dict[str, set[str]] = defaultdict(set)
    for i in whole:
        row = made.rows[i]
        splits[row.split].add(row.id)
        groups[row.split].add(row.group)
    pairs = list(combinations(made.splits, 2))
    return PreparedAudit(
        counts=Counter((row.split, row.label) for row in made.rows),
        same=sum(len(splits[one] & splits[other]) for one, other in pairs),
        near=_near(made, whole, seed),
        groups={(a, b): tuple(sorted(groups[a] & groups[b])) for a, b in pairs if groups[a] & groups[b]},
        shortcut=shortcut(made, seed),
    )


def _near(made: PreparedSet, whole: Sequence[int], seed: int) -> int:
    """How many pictures of later splits are nearly one of train, by the prepared pixels; plain ones say nothing."""
    rng = stream("near", seed)
    train = [i for i in whole if made.rows[i].split == "train"]
    later = [i for i in whole if made.rows[i].split != "train"]
    known = np.array([int(m, 16) for m in _marks(made, _some(train, rng))], dtype=np.uint64)
    marks = (int(m, 16) for m in _marks(made, _some(later, rng)))
    return sum(is_near(mark, known, NEAR) for mark in marks if 8 <= mark.bit_count() <= 56)


def _some(indices: Sequence[int], rng: np.random.Generator) -> list[int]:
    return sorted(int(indices[i]) for i in rng.permutation(len(indices))[:COMPARED])


def _marks(made: PreparedSet, indices: Sequence[int]) -> Iterator[str]:
    return (dhash(made.pixels[i]) for i in indices)


def shortcut(made: PreparedSet, seed: int = 0) -> Shortcut:
    """The probe of the audit on prepared pictures: each is saved as JPEG and PNG, and trees see how large they are.

    Sources are judged by trees that never saw them, where there are enough; else pictures are.
    """
    rng = stream("prepared probe", seed)
    chosen = [int(i) for label in (HUMAN, AI) for i in _half(made, label, rng)]
    rows = [made.rows[i] for i in chosen]
    groups = _groups(rows)
    if min(Counter(r.label for r in rows).values(), default=0) < FOLDS or len({r.label for r in rows}) < 2:
        return Shortcut(float("nan"))
    features = np.array([_outside(made.pixels[i], stream("probe save", seed, i)) for i in chosen])
    return Shortcut(cross_validated(features, np.array([r.label for r in rows]), groups))


def _half(made: PreparedSet, label: int, rng: np.random.Generator) -> list[int]:
    members = [i for i, row in enumerate(made.rows) if row.label == label and row.view == WHOLE]
    return [members[int(i)] for i in rng.permutation(len(members))[: PROBED // 2]]


def _groups(rows: Sequence[PreparedRow]) -> list[str]:
    """Groups that folds can be made of: sources where each class has enough of them, pictures otherwise."""
    of_class = {label: {r.group for r in rows if r.label == label} for label in (HUMAN, AI)}
    return [r.group if min(map(len, of_class.values())) >= FOLDS else r.id for r in rows]


def _outside(square: Pixels, rng: np.random.Generator) -> tuple[float, ...]:
    image = Image.fromarray(np.asarray(square))
    sizes = []
    for form, options in (("JPEG", {"quality": int(rng.integers(QUALITY[0], QUALITY[1] + 1))}), ("PNG", {})):
        buffer = io.BytesIO()
        image.save(buffer, form, **options)
        sizes.append(8 * len(buffer.getvalue()) / (image.width * image.height))
    return (*sizes, sizes[0] / sizes[1])
