"""Who is trained on, who chooses and who judges: splits by share, stratified or by whole groups, and equal volumes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from ..errors import LabError
from .datasets import AI, HUMAN, SPLITS, Row
from .weather import stream

GroupBy = Literal["none", "generator", "source"]
GIVEN: Final = "given"
WORDS: Final = {HUMAN: "human", AI: "AI"}
_FEWER: Final = "Split with --group-by none, or add pictures of other sources or generators."


@dataclass(frozen=True)
class SplitPlan:
    """How rows are parted. `shares` by split, adding up to one; empty: as given, of which `val` is cut from train
    where the set has none. `by`: what may not stand on two sides. Sources count as `Row.group`; human works have no
    generator and are parted one by one."""

    shares: Mapping[str, float]
    by: GroupBy = "none"
    val: float = 0.1
    seed: int = 0


def read_shares(words: str) -> dict[str, float]:
    """Shares of train, val and test from words like 70/15/15 or 90/10 (train and val); {} for "given".

    Raises LabError for anything else.
    """
    if words == GIVEN:
        return {}
    parts = words.split("/")
    numbers = [float(part) for part in parts if part.replace(".", "", 1).isdigit()]
    if len(numbers) != len(parts) or len(parts) not in (2, 3) or abs(sum(numbers) - 100) > 0.01 or min(numbers) <= 0:
        raise LabError(
            f"The split {words!r} is none.", "Give shares like 70/15/15 or 90/10 that add up to 100, or given."
        )
    return {split: number / 100 for split, number in zip(SPLITS, numbers, strict=False)}


def split_rows(rows: Sequence[Row], plan: SplitPlan) -> list[Row]:
    """The rows, in order of place, each with its split. Raises LabError where a split would lack a class of `rows`."""
    parted = _parted(rows, plan.shares, plan) if plan.shares else _given(rows, plan)
    _require_both(parted)
    return sorted(parted, key=lambda r: (r.place, r.index, r.id))


def _given(rows: Sequence[Row], plan: SplitPlan) -> list[Row]:
    without = [r for r in rows if not r.split]
    if without:
        raise LabError(
            f"{len(without):,} of {len(rows):,} pictures have no given split, first {without[0].place}.",
            "Give shares such as --split 70/15/15, or a manifest with the column split.",
        )
    if any(r.split == "val" for r in rows) or plan.val == 0:
        return list(rows)
    train = [r for r in rows if r.split == "train"]
    rest = [r for r in rows if r.split != "train"]
    parted = _parted(train, {"train": 1 - plan.val, "val": plan.val}, plan)
    trained = {r.id for r in parted if r.split == "train"}
    # A picture that comes twice in a given train must not choose the model that saw it.
    return [*(replace(r, split="train") if r.id in trained else r for r in parted), *rest]


def _parted(rows: Sequence[Row], shares: Mapping[str, float], plan: SplitPlan) -> list[Row]:
    if plan.by == "none":
        return _stratified(rows, shares, plan.seed)
    if plan.by == "source":
        return _grouped(rows, shares, plan, lambda r: r.group)
    ai = _grouped([r for r in rows if r.label == AI], shares, plan, lambda r: r.generator)
    return [*ai, *_stratified([r for r in rows if r.label != AI], shares, plan.seed)]


def _stratified(rows: Sequence[Row], shares: Mapping[str, float], seed: int) -> list[Row]:
    """Every class and generator in the same shares, as far as whole pictures allow."""
    strata: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in sorted(rows):
        strata[row.label, row.generator].append(row)
    parted: list[Row] = []
    for key, members in sorted(strata.items()):
        order = stream("split", seed, *key).permutation(len(members))
        ends = np.rint(np.cumsum(list(shares.values())) * len(members)).astype(int)
        for position, index in enumerate(order):
            number = int(np.searchsorted(ends, position, side="right"))
            parted.append(replace(members[int(index)], split=tuple(shares)[number]))
    return parted


def _grouped(rows: Sequence[Row], shares: Mapping[str, float], plan: SplitPlan, key: Callable[[Row], str]) -> list[Row]:
    """Whole groups, the largest first, each to the split that still lacks most of what the group has."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows):
        groups[key(row)].append(row)
    totals = Counter(r.label for r in rows)
    lacking = {split: {label: share * n for label, n in totals.items()} for split, share in shares.items()}
    names = sorted(groups)
    drawn = [names[int(i)] for i in stream("groups", plan.seed, plan.by).permutation(len(names))]
    parted: list[Row] = []
    for name in sorted(drawn, key=lambda n: -len(groups[n])):
        mix = Counter(r.label for r in groups[name])
        split = max(shares, key=lambda s: sum(n * lacking[s][label] / shares[s] for label, n in mix.items()))
        for label, n in mix.items():
            lacking[split][label] -= n
        parted += [replace(row, split=split) for row in groups[name]]
    return parted


def _require_both(rows: Sequence[Row]) -> None:
    """Raise LabError where a split has none of a class that the whole has."""
    there = Counter((r.split, r.label) for r in rows)
    labels = sorted({r.label for r in rows})
    for split in {r.split for r in rows}:
        for label in labels:
            if not there[split, label]:
                raise LabError(f"The split {split} would have no {WORDS[label]} pictures.", _FEWER)


def unrepeated(rows: Iterable[Row], keep_twice: bool) -> tuple[list[Row], int, int]:
    """Each picture on one side only, by its id; how many came twice in a split, and how many in two splits.

    What is kept is the one that is judged on: test before val before train. Crops of one picture are pictures.
    With `keep_twice`, what comes twice within a split stays, as whoever gave the split has it.
    """
    rank = {"test": 0, "val": 1, "train": 2, "": 3}
    first: dict[tuple[str, str], Row] = {}
    kept: list[Row] = []
    twice = across = 0
    for row in sorted(rows, key=lambda r: (rank[r.split], r.place, r.index)):
        before = first.setdefault((row.id, row.crop), row)
        repeated = before is not row
        across += repeated and before.split != row.split
        twice += repeated and before.split == row.split
        if not repeated or (keep_twice and row.split and before.split == row.split):
            kept.append(row)
    return kept, twice, across


def balanced(rows: Sequence[Row], seed: int) -> list[Row]:
    """As many human as AI pictures in every split: of the larger class, a part is drawn by seed."""
    parts: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in sorted(rows):
        parts[row.split, row.label].append(row)
    kept: list[Row] = []
    for (split, label), members in parts.items():
        most = min(len(parts.get((split, other), members)) for other in (HUMAN, AI))
        kept += drawn(members, most, seed, "balance", split, label)
    return sorted(kept, key=lambda r: (r.place, r.index, r.id))


def limited(rows: Sequence[Row], most: int, seed: int) -> list[Row]:
    """At most `most` rows, every class and given split in its share, drawn by seed."""
    if len(rows) <= most:
        return list(rows)
    parts: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in sorted(rows):
        parts[row.split, row.label].append(row)
    kept: list[Row] = []
    for key, members in sorted(parts.items()):
        kept += drawn(members, max(1, most * len(members) // len(rows)), seed, "limit", *key)
    return kept


def drawn(rows: Sequence[Row], most: int, seed: int, *why: object) -> list[Row]:
    """At most `most` of `rows`, by seed, in their order."""
    order = stream(*why, seed).permutation(len(rows))[:most]
    return [rows[int(i)] for i in sorted(order)]
