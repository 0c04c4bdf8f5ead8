"""Sources dealt to folds, so that no account, painter or book stands on both sides of a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..errors import LabError
from .datasets import AI, HUMAN, Row
from .weather import Random, stream

CLASSES = {HUMAN: "human", AI: "AI"}


def deal(
    pictures: Iterable[tuple[int, str]], folds: int, seed: int | None = None, only: Sequence[int] = (HUMAN, AI)
) -> dict[str, int]:
    """The fold (from 0) of every source of `pictures` (label, source): large sources first, each to the lightest fold.

    Each class (of `only`) is dealt apart, so that every fold has it. Raises LabError where one has fewer sources than
    folds.
    """
    counts: dict[int, Counter[str]] = {label: Counter() for label in CLASSES}
    for label, source in pictures:
        counts[label][source] += 1
    dealt: dict[str, int] = {}
    for label in only:
        word = CLASSES[label]
        if len(counts[label]) < folds:
            raise LabError(
                f"{len(counts[label])} {word} sources cannot be dealt to {folds} folds.",
                "Add sources, or ask for fewer folds.",
            )
        _deal_class(counts[label], folds, stream("folds", label, *([] if seed is None else [seed])), dealt)
    return dealt


def _deal_class(count: Counter[str], folds: int, rng: Random, dealt: dict[str, int]) -> None:
    names = sorted(count)
    rng.shuffle(names)
    loads = [0] * folds
    for name in sorted(names, key=lambda n: -count[n]):
        if name in dealt:  # a source of both classes stays together
            loads[dealt[name]] += count[name]
            continue
        dealt[name] = loads.index(min(loads))
        loads[dealt[name]] += count[name]


def held_sources(rows: Sequence[Row], share: float, seed: int) -> frozenset[str]:
    """About `share` of the sources of each class, drawn by `seed`: what early stopping looks at.

    Raises LabError where a class has too few sources for that.
    """
    folds = max(2, round(1 / share))
    dealt = deal(((r.label, r.source) for r in rows), folds, seed)
    return frozenset(source for source, fold in dealt.items() if fold == 0)


def deal_evenly(pictures: Sequence[tuple[str, str]], folds: int) -> dict[str, int]:
    """The fold of every source of `pictures` (class, source), each class spread over the folds as far as it goes.

    Unlike `deal` for any number of classes, and without a promise that each fold has all of them.
    """
    dealt: dict[str, int] = {}
    for name in sorted({c for c, _ in pictures}):
        _deal_class(Counter(s for c, s in pictures if c == name), folds, stream("folds", name), dealt)
    return dealt
