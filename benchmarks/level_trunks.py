"""Heads on the levels of several backbones, each for both views and one for patches beside another for wholes.

Run: python -m benchmarks.level_trunks RECIPE NAME RUN VIEWS [NAME RUN VIEWS ...] [--weathers clean web hard] [--fold N]
Every RUN is what `brushwork train` left by RECIPE, but for `levels.backbone`, which has the NAME; VIEWS is what
`benchmarks.level_views apart` wrote by the same. Two tables in Markdown: the training sources, each judged by heads
that never saw its fold (those that the shipped bundle never saw stand apart), and the set kept apart. With `--fold`
that fold alone is judged, by heads that never saw it, for a backbone that did not see it either. Nothing is chosen
here but the row that is looked at.
"""

from __future__ import annotations

import argparse
from itertools import permutations
from pathlib import Path

import numpy as np
import torch
from benchmarks.level_heads import (
    FOLDS,
    SEEDS,
    Set,
    apart,
    held_out,
    on_card,
    says,
    shipped_head,
    told,
    train,
    trained,
)  # fmt: skip

from brushwork.forensics.bundle import load_bundle
from brushwork.lab.folds import deal
from brushwork.lab.metrics import auc
from brushwork.lab.plan import LabPlan, read_plan

Pair = tuple[Set, dict[str, Set]]


def sets_of(plan: LabPlan, run: Path, views: Path, weathers: list[str]) -> Pair:
    """What was trained on, and the set kept apart under each weather."""
    seen = trained(plan, run)
    return seen, {weather: apart(plan, views, weather, seen.patch.shape[2]) for weather in weathers}


def crossed(patches: Pair, wholes: Pair) -> Pair:
    """Patches as one backbone sees them, wholes as another."""
    judged = {weather: Set(s.rows, s.patch, wholes[1][weather].whole) for weather, s in patches[1].items()}
    return Set(patches[0].rows, patches[0].patch, wholes[0].whole), judged


def ask_folds(plan: LabPlan, sets: dict[str, Pair], first: Set) -> None:
    """One row for all training sources and one for those that the shipped bundle never saw."""
    new = np.flatnonzero(~np.isin(first.sources, sorted(on_card(load_bundle("default")))))
    fold_of = deal(((row.label, row.source) for row in first.rows), FOLDS)
    fold, everything = np.array([fold_of[source] for source in first.sources]), np.arange(len(first.rows))
    print(f"\n{len(everything):,} pictures of {len(fold_of)} sources; {len(new):,} that the shipped never saw\n")
    print("| backbone | pictures | AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|")
    told("the shipped bundle", says(shipped_head("default"), first)[new], first.part(new), "never seen")
    for name, (seen, _) in sets.items():
        scores = held_out(plan, seen, fold, everything)
        told(name, scores, seen, "all")
        told(name, scores[new], seen.part(new), "never seen")


def ask_apart(plan: LabPlan, sets: dict[str, Pair], first: Pair) -> None:
    """Three heads of each on the set kept apart, one row a weather."""
    print("\n| backbone | single, AUC | three averaged, AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|")
    for weather, judged in first[1].items():
        told(f"the shipped bundle, {weather}", says(shipped_head("default"), judged), judged)
    for name, (seen, apart_of) in sets.items():
        heads = [train(seen, plan, seed) for seed in SEEDS]
        for weather, judged in apart_of.items():
            found = [says(head, judged) for head in heads]
            each = [auc(scores, judged.labels) for scores in found]
            told(f"{name}, {weather}", np.mean(found, axis=0), judged, f"{np.mean(each):.3f} ± {np.std(each):.3f}")


def ask_fold(plan: LabPlan, sets: dict[str, Pair], first: Set, number: int) -> None:
    """Three heads of each, trained without one fold, on that fold."""
    fold_of = deal(((row.label, row.source) for row in first.rows), FOLDS)
    fold = np.array([fold_of[source] for source in first.sources])
    held, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
    new = held[~np.isin(first.sources[held], sorted(on_card(load_bundle("default"))))]
    print(f"\n{len(held):,} pictures of fold {number}; {len(new):,} that the shipped never saw\n")
    print("| backbone | pictures | AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|")
    told("the shipped bundle", says(shipped_head("default"), first.part(new)), first.part(new), "never seen")
    for name, (seen, _) in sets.items():
        heads = [train(seen.part(rest), plan, seed) for seed in SEEDS]
        scores = np.mean([says(head, seen) for head in heads], axis=0)
        told(name, scores[held], seen.part(held), "all")
        told(name, scores[new], seen.part(new), "never seen")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("of", nargs="+", metavar="NAME RUN VIEWS")
    parser.add_argument("--weathers", nargs="+", default=["clean"])
    parser.add_argument("--fold", type=int, choices=range(FOLDS))
    args = parser.parse_args()
    if len(args.of) % 3:
        parser.error("give NAME RUN VIEWS of each backbone, first that of the shipped bundle")
    torch.set_num_threads(1)
    plan = read_plan(args.recipe)
    named = zip(args.of[::3], args.of[1::3], args.of[2::3], strict=True)
    sets = {name: sets_of(plan, Path(run), Path(views), args.weathers) for name, run, views in named}
    first = next(iter(sets.values()))
    for one, other in permutations(tuple(sets), 2):
        sets[f"{one} patches, {other} wholes"] = crossed(sets[one], sets[other])
    ask_apart(plan, sets, first)
    if args.fold is None:
        ask_folds(plan, sets, first[0])
    else:
        ask_fold(plan, sets, first[0], args.fold)


if __name__ == "__main__":
    main()
