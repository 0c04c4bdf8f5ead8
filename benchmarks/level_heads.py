"""Heads on the features of a run with [levels]: one change each, three seeds, judged on the set kept apart.

Run: python -m benchmarks.level_heads changes RECIPE RUN VIEWS [NAME ...]
     python -m benchmarks.level_heads fresh RECIPE RUN VIEWS [NAME ...]
     (either with --also RECIPE RUN: the pictures of another run beside those of the first)
RUN is what `brushwork train` left, VIEWS what `benchmarks.level_views apart` wrote. `changes` trains a single head of
each kind with three seeds. `fresh` asks sources that are not on the card of the shipped bundle: it beside heads that
were trained on everything, or a named choice, but a fifth of them at a time. Both print Markdown.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from brushwork.forensics.bundle import Bundle, load_bundle
from brushwork.lab.crops import RegionCache
from brushwork.lab.datasets import Row, read_manifest
from brushwork.lab.folds import deal
from brushwork.lab.heads import STATE_FILE
from brushwork.lab.levels import LevelHead
from brushwork.lab.metrics import auc, bootstrap, recall_at_fpr, resampled
from brushwork.lab.plan import LabPlan, read_plan
from brushwork.lab.weather import stream

BATCH, DRAWS, SMOOTHING, SPOTS, FOLDS, ROUNDS = 256, 6000, 0.02, 3, 5, 1000
SEEDS = (1, 2, 3)
BEFORE = "2022-07"
EARLY = f"human works before {BEFORE}"
ALL = "all other sources"


class Head(LevelHead):
    """A head on any number of features."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__(1, hidden, dropout)
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.inner = nn.Linear(width, hidden)

    def fitted(self, seen: Tensor) -> Tensor:
        """Features on the scale of the training set."""
        return ((seen - self.centre) / self.spread).clamp(-8, 8)


@dataclass(frozen=True)
class Set:
    """Pictures with the features of their patches (n, spots, d) and of wholes (n, draws, d)."""

    rows: tuple[Row, ...]
    patch: np.ndarray
    whole: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """True for AI."""
        return np.array([row.label == 1 for row in self.rows])

    @property
    def sources(self) -> np.ndarray:
        """The source of each."""
        return np.array([row.source for row in self.rows])

    def part(self, chosen: np.ndarray) -> Set:
        """Those of an index."""
        return Set(tuple(self.rows[i] for i in chosen), self.patch[chosen], self.whole[chosen])


def trained(plan: LabPlan, run: Path) -> Set:
    """What a run computed; a picture with fewer regions than SPOTS repeats them."""
    cache, folder = RegionCache(plan.data.cache / plan.name), run / "features" / "0"
    numbers = sorted({region.row for region in cache.regions})
    of: dict[int, list[int]] = {}
    for i, region in enumerate(cache.regions):
        of.setdefault(region.row, []).append(i)
    patches = np.fromfile(folder / "patches.f16", np.float16).reshape(len(cache.regions), -1)
    wholes = np.fromfile(folder / "wholes.f16", np.float16).reshape(len(numbers), -1, patches.shape[1])
    spots = np.array([(of[n] * SPOTS)[:SPOTS] for n in numbers])
    return Set(tuple(cache.rows[n] for n in numbers), patches[spots], wholes)


def joined(first: Set, other: Set) -> Set:
    """Two sets as one."""
    both = (np.concatenate([getattr(part, kind) for part in (first, other)]) for kind in ("patch", "whole"))
    return Set(first.rows + other.rows, *both)


def parts_of(seen: Set, old: np.ndarray, first: int) -> dict[str, np.ndarray]:
    """Choices of the pictures of `seen`, of which those from number `first` on were added."""
    anime = np.array(["anime" in row.kind for row in seen.rows])
    parts = {"sources of the shipped bundle alone": np.flatnonzero(old), "without any anime": np.flatnonzero(~anime)}
    late = np.array([row.date >= BEFORE for row in seen.rows])
    if first == len(seen.rows):
        return {**parts, EARLY: np.flatnonzero(seen.labels | ~late)}
    human = (np.arange(len(seen.rows)) >= first) & ~seen.labels
    kept = {"nothing added": np.arange(first), "AI works added alone": np.flatnonzero(~human)}
    return {**parts, **kept, f"added, {EARLY}": np.flatnonzero(~(human & late))}


def apart(plan: LabPlan, views: Path, weather: str, width: int) -> Set:
    """The set kept apart under one weather."""
    found = np.concatenate([np.load(path)[:, :, :width] for path in sorted(views.glob(f"{weather}-*.npy"))])
    return Set(read_manifest(plan.data.dev), found[:, :-1], found[:, -1:])


def chances(rows: tuple[Row, ...], plan: LabPlan, kinds: bool, power: float) -> np.ndarray:
    """Half for each class; a source weighs its pictures to the power of 1 - `power`."""
    count = Counter((row.source, row.label) for row in rows)
    lifts = plan.train.weights if kinds else ()
    lift = [max((k.weight for k in lifts if k.kind in row.kind.lower()), default=1.0) for row in rows]
    raw = np.array(lift) / np.array([count[row.source, row.label] for row in rows]) ** power
    labels = np.array([row.label for row in rows])
    for label in (0, 1):
        raw[labels == label] /= 2 * raw[labels == label].sum()
    return raw


def drawn(seen: Set, chosen: np.ndarray, views: str, rng: np.random.Generator) -> Tensor:
    """One draw of each kind of view of the chosen pictures."""
    kinds = {"patch": seen.patch, "whole": seen.whole}
    parts = [kinds[v][chosen, rng.integers(0, kinds[v].shape[1], len(chosen))] for v in views.split("+")]
    return torch.from_numpy(np.concatenate(parts, 1).astype(np.float32))


def train(seen: Set, plan: LabPlan, seed: int, **change: Any) -> tuple[Head, str]:
    """One head by the recipe, but for what is changed."""
    levels = plan.levels
    assert levels is not None
    views, steps = change.get("views", "patch+whole"), change.get("steps", levels.steps)
    mixup, rate = change.get("mixup", levels.mixup), levels.learning_rate
    odds = chances(seen.rows, plan, change.get("kinds", True), change.get("power", 0.5))
    rng, labels = stream("scale", seed), seen.labels.astype(np.float32)
    first = drawn(seen, rng.choice(len(odds), DRAWS, p=odds), views, rng)
    rng = stream("head", seed, 0)
    torch.manual_seed(int(rng.integers(2**31)))
    head = Head(first.shape[1], change.get("hidden", levels.hidden), change.get("dropout", levels.dropout))
    head.centre.copy_(first.mean(0))
    head.spread.copy_(first.std(0) + 1e-3)
    decay = change.get("decay", levels.weight_decay)
    optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, total_steps=steps, pct_start=0.05, cycle_momentum=False
    )
    for _ in range(steps):
        chosen = rng.choice(len(odds), BATCH, p=odds)
        given = head.fitted(drawn(seen, chosen, views, rng))
        target = torch.from_numpy(labels[chosen]) * (1 - 2 * SMOOTHING) + SMOOTHING
        share = torch.from_numpy(rng.beta(mixup, mixup, BATCH).astype(np.float32))
        other = torch.from_numpy(rng.permutation(BATCH))
        given = share[:, None] * given + (1 - share[:, None]) * given[other]
        mixed = share * target + (1 - share) * target[other]
        loss = nn.functional.binary_cross_entropy_with_logits(head(given), mixed)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(head.parameters(), 5.0)
        optimizer.step()
        schedule.step()
    return head.eval(), views


def on_card(bundle: Bundle) -> set[str]:
    """The sources that the card of a bundle says it was trained on."""
    lines = (line for line in bundle.card.splitlines() if line.count(" | ") == 3 and "/" in line)
    return {line.split(" | ")[1] for line in lines}


def shipped_head(bundle: str) -> tuple[Head, str]:
    """The head of a shipped levels network."""
    graph = onnx.load(str(load_bundle(bundle).model_path)).graph
    held = {t.name.removesuffix("_half"): numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    hidden, width = held["head.inner.weight"].shape
    head = Head(width, hidden, 0.0)
    head.load_state_dict({name: torch.from_numpy(held[f"head.{name}"].copy()) for name in head.state_dict()})
    return head.eval(), "patch+whole"


def run_head(run: Path) -> tuple[Head, str]:
    """The head of the network that `brushwork train` left in a run."""
    stored = torch.load(run / STATE_FILE, map_location="cpu", weights_only=True)
    state = {name.removeprefix("head."): value for name, value in stored.items() if name.startswith("head.")}
    hidden, width = state["inner.weight"].shape
    head = Head(width, hidden, 0.0)
    head.load_state_dict(state)
    return head.eval(), "patch+whole"


@torch.no_grad()
def says(trained_head: tuple[Head, str], seen: Set) -> np.ndarray:
    """The mean logit over the patches, and over the wholes."""
    head, views = trained_head
    kinds, out = {"patch": seen.patch, "whole": seen.whole}, []
    most = max(kinds[view].shape[1] for view in views.split("+"))
    for spot in range(most):
        parts = [kinds[view][:, spot % kinds[view].shape[1]] for view in views.split("+")]
        out.append(head(head.fitted(torch.from_numpy(np.concatenate(parts, 1).astype(np.float32)))).numpy())
    return np.asarray(np.mean(out, axis=0, dtype=np.float64))


def told(what: str, scores: np.ndarray, seen: Set, spread: str = "") -> None:
    """One row: AUC with its interval, recall at 1 % and 5 % false positives."""
    area = bootstrap(auc, scores, seen.labels, list(seen.sources))
    recalls = " | ".join(f"{recall_at_fpr(scores, seen.labels, share):.2f}" for share in (0.01, 0.05))
    print(f"| {what} | {spread} | {area} | {recalls} |", flush=True)


CHANGES: dict[str, dict[str, Any]] = {
    "as in the recipe": {}, "whole alone": {"views": "whole"}, "patches alone": {"views": "patch"},
    "kinds weigh the same": {"kinds": False}, "sources weigh the same": {"power": 1.0}, "250 steps": {"steps": 250},
    "dropout 0.5": {"dropout": 0.5}, "weight decay 1": {"decay": 1.0}, "32 hidden units": {"hidden": 32},
    "mixup 1": {"mixup": 1.0},
}  # fmt: skip


def ask_changes(
    plan: LabPlan, run: Path, seen: Set, judged: Set, parts: dict[str, np.ndarray], names: list[str]
) -> None:
    """One row for each change: the mean AUC of single heads, and the three of them averaged."""
    print("| head | pictures | single, AUC | three averaged, AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|---|")
    before, after = (says(head, judged) for head in (shipped_head("default"), run_head(run)))
    told("the shipped bundle", before, judged, " | ")
    told("the network of the run", after, judged, " | ")
    told("both, on one scale", before / before.std() + after / after.std(), judged, " | ")
    for name, change in {**CHANGES, **{key: {} for key in parts}}.items():
        if names and name not in names:
            continue
        part = seen.part(parts[name]) if name in parts else seen
        found = [says(train(part, plan, seed, **change), judged) for seed in SEEDS]
        each = [auc(scores, judged.labels) for scores in found]
        told(name, np.mean(found, axis=0), judged, f"{len(part.rows):,} | {np.mean(each):.3f} ± {np.std(each):.3f}")


def ask_fresh(plan: LabPlan, seen: Set, old: np.ndarray, parts: dict[str, np.ndarray]) -> None:
    """The shipped bundle and heads with and without new sources, on sources that it never saw.

    Heads of a fold are brought to one scale by what each says of all pictures, so that they can be pooled.
    """
    new = np.flatnonzero(~old)
    judged = seen.part(new)
    print(f"{len(new)} pictures of {len(set(judged.sources))} sources, {judged.labels.sum()} by AI\n")
    print("| head | less the shipped | AUC | recall at 1 % | at 5 % |\n|---|---|---|---|---|")
    before = says(shipped_head("default"), judged)
    told("the shipped bundle", before, judged)
    told("one head, its sources alone", says(train(seen.part(np.flatnonzero(old)), plan, 1), judged), judged)
    fold_of = deal(((row.label, row.source) for row in judged.rows), FOLDS)
    fold = np.array([fold_of.get(source, -1) for source in seen.sources])
    strata = judged.labels.astype(np.int64)
    drawings = list(resampled(list(judged.sources), strata, ROUNDS, stream("fresh")))
    for name, part in {ALL: np.arange(len(seen.rows)), **parts}.items():
        scores = held_out(plan, seen, fold, part)[new]
        less = [auc(scores[i], judged.labels[i]) - auc(before[i], judged.labels[i]) for i in drawings]
        low, high = np.percentile(less, (2.5, 97.5))
        told(f"one head, {name}", scores, judged, f"{np.median(less):.3f} ({low:.3f} to {high:.3f})")


def held_out(plan: LabPlan, seen: Set, fold: np.ndarray, part: np.ndarray) -> np.ndarray:
    """What heads of a `part` that never saw a fold say of it, each on the scale of what it says of all pictures."""
    scores = np.zeros(len(seen.rows))
    for number in range(FOLDS):
        found = says(train(seen.part(part[fold[part] != number]), plan, 1), seen)
        held = fold == number
        scores[held] = (found[held] - found.mean()) / found.std()
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("changes", "fresh"))
    parser.add_argument("recipe")
    parser.add_argument("run", type=Path)
    parser.add_argument("views", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--also", nargs=2, metavar=("RECIPE", "RUN"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    plan = read_plan(args.recipe)
    first = len((seen := trained(plan, args.run)).rows)
    if args.also:
        seen = joined(seen, trained(read_plan(args.also[0]), Path(args.also[1])))
    old = np.isin(seen.sources, sorted(on_card(load_bundle("default"))))
    parts = parts_of(seen, old, first)
    if unknown := set(args.names) - {*parts, *(CHANGES if args.what == "changes" else ())}:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    if args.what == "fresh":
        ask_fresh(plan, seen, old, {name: parts[name] for name in args.names})
    else:
        ask_changes(plan, args.run, seen, apart(plan, args.views, "clean", seen.patch.shape[2]), parts, args.names)


if __name__ == "__main__":
    main()
