"""Splits: the shares that were asked for, whole groups on one side, equal volumes, and no picture on two sides."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from brushwork.errors import LabError
from brushwork.lab.datasets import Row
from brushwork.lab.splits import SplitPlan, balanced, limited, read_shares, split_rows, unrepeated


def row(number, label=0, source="a", generator="", split="", **other):
    return Row(id=f"{number:06}", label=label, source=source, group=source, kind="", generator=generator, date="",
               licence="", place=f"{number:06}.png", split=split, **other)  # fmt: skip


def mixed(count=400):
    """Half human of ten sources, half AI of four generators and eight sources."""
    human = [row(n, 0, f"h{n % 10}") for n in range(count // 2)]
    ai = [row(n, 1, f"s{n % 8}", f"g{n % 4}") for n in range(count // 2, count)]
    return [*human, *ai]


@pytest.mark.parametrize(
    ("words", "shares"),
    [("70/15/15", (0.7, 0.15, 0.15)), ("90/10", (0.9, 0.1)), ("80/20", (0.8, 0.2)), ("given", ())],
)
def test_shares_are_read_from_words(words, shares):
    assert tuple(read_shares(words).values()) == pytest.approx(shares)


@pytest.mark.parametrize("words", ["70/15", "a/b", "100", "50/50/0", "", "40/30/20/10"])
def test_what_is_no_split_is_refused(words):
    with pytest.raises(LabError, match="is none"):
        read_shares(words)


@pytest.mark.parametrize("words", ["70/15/15", "90/10"])
def test_a_stratified_split_has_every_class_and_generator_in_its_share(words):
    shares = read_shares(words)
    parted = split_rows(mixed(), SplitPlan(shares))
    for label, generator, n in ((0, "", 200), *((1, f"g{g}", 50) for g in range(4))):
        counts = Counter(r.split for r in parted if (r.label, r.generator) == (label, generator))
        assert all(abs(counts[split] - share * n) <= 1 for split, share in shares.items())
    assert {r.id for r in parted} == {r.id for r in mixed()}


def test_another_seed_parts_otherwise_and_the_same_seed_the_same():
    first, again, other = (split_rows(mixed(), SplitPlan({"train": 0.5, "val": 0.5}, seed=s)) for s in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("by", ["source", "generator"])
def test_no_group_stands_on_two_sides(by):
    parted = split_rows(mixed(), SplitPlan({"train": 0.5, "val": 0.25, "test": 0.25}, by))
    key = {"source": lambda r: r.group, "generator": lambda r: r.generator}[by]
    sides = {}
    for r in parted:
        if by == "source" or r.label:
            sides.setdefault(key(r), set()).add(r.split)
    assert all(len(found) == 1 for found in sides.values())
    counts = Counter((r.split, r.label) for r in parted)
    assert all(counts[split, label] >= 20 for split in ("train", "val", "test") for label in (0, 1))


def test_too_few_groups_are_refused_rather_than_a_class_lost():
    rows = [row(n, n % 2, "one" if n % 2 else f"h{n % 6}", "g" if n % 2 else "") for n in range(60)]
    with pytest.raises(LabError, match="would have no AI pictures"):
        split_rows(rows, SplitPlan({"train": 0.7, "val": 0.3}, "source"))


def test_a_given_split_stays_and_gets_a_val_out_of_train():
    rows = [row(n, n % 2, split="train" if n < 80 else "test") for n in range(100)]
    parted = split_rows(rows, SplitPlan({}, val=0.25))
    assert Counter((r.split, r.label) for r in parted) == {
        ("train", 0): 30, ("train", 1): 30, ("val", 0): 10, ("val", 1): 10, ("test", 0): 10, ("test", 1): 10,
    }  # fmt: skip
    assert {r.id for r in parted if r.split == "test"} == {r.id for r in rows if r.split == "test"}


def test_a_picture_that_comes_twice_in_a_given_train_is_not_in_val():
    rows = [replace(row(n, n % 2, split="train"), id=f"{n // 4 * 2 + n % 2:06}") for n in range(200)]
    parted = split_rows(rows, SplitPlan({}, val=0.3))
    sides = {side: {r.id for r in parted if r.split == side} for side in ("train", "val")}
    assert sides["val"]
    assert not sides["train"] & sides["val"]


def test_given_without_a_split_says_how_many_lack_it():
    with pytest.raises(LabError, match="2 of 3 pictures have no given split, first 000001"):
        split_rows([row(0, split="train"), row(1), row(2)], SplitPlan({}))


def test_a_repeated_picture_stays_where_it_judges():
    rows = [row(1, split="train"), row(1, split="test"), row(2, split="train"), row(2, split="train"), row(3), row(3)]
    kept, twice, across = unrepeated(rows, keep_twice=True)
    assert Counter((r.id, r.split) for r in kept) == {
        ("000001", "test"): 1, ("000002", "train"): 2, ("000003", ""): 1,
    }  # fmt: skip
    assert (twice, across) == (2, 1)
    assert len(unrepeated(rows, keep_twice=False)[0]) == 3


def test_balance_gives_equal_volumes_in_every_split():
    rows = [row(n, int(n % 4 == 0), split=("train", "test")[n % 3 == 0]) for n in range(120)]
    kept = balanced(rows, seed=0)
    counts = Counter((r.split, r.label) for r in kept)
    assert counts["train", 0] == counts["train", 1] == 20
    assert counts["test", 0] == counts["test", 1] == 10


def test_a_limit_keeps_the_shares_of_the_classes():
    kept = limited([row(n, int(n % 4 == 0)) for n in range(400)], 40, seed=0)
    assert Counter(r.label for r in kept) == {0: 30, 1: 10}
