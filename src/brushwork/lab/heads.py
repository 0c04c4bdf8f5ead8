"""Trains the head of a `LevelNet` on features that were computed once: minutes on one processor core."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import LabError
from .crops import RegionCache
from .features import FeaturePlan, Features, Half, Tick, features_of, mark_of
from .half import in_half
from .keeping import LOAD_ERRORS, divergence, saved_whole
from .levels import LevelHead, LevelNet, LevelTrunk, averaged, fold_norms, load_trunk, trunk_like
from .loading import shares
from .plan import KindWeight, LabPlan, LevelsPlan
from .weather import Random, stream
from .writing import disk_explained

STATE_FILE: Final = "levels.pt"
LOG: Final = Path("log", "levels", "metrics.csv")
FEATURES: Final = "features"
"""Folder for the features of a run, or of all cells of an experiment."""
NAME: Final = 16
"""Digits of a digest that name a folder."""
SCALE_DRAWS: Final = 20_000
"""Draws from which the scale of every feature is taken."""
LEAST_SPREAD: Final = 1e-3
WARMUP: Final = 0.05
GRADIENT: Final = 5.0
EVERY: Final = 10
"""Steps to a line of the log."""


@dataclass(frozen=True)
class Pool:
    """What is drawn from: features of patches, of wholes, the label and the probability of each patch.

    `wholes_of` (n, draws) names the wholes that belong to each patch.
    """

    patches: Half
    wholes: Half
    wholes_of: NDArray[np.int64]
    labels: NDArray[np.float32]
    chances: NDArray[np.float64]

    def draw(self, count: int, rng: Random) -> tuple[Tensor, Tensor, Tensor]:
        """Features of `count` patches, of a whole for each, and their labels."""
        chosen = rng.choice(len(self.chances), size=count, p=self.chances)
        wholes = self.wholes_of[chosen, rng.integers(0, self.wholes_of.shape[1], count)]
        return _single(self.patches[chosen]), _single(self.wholes[wholes]), torch.from_numpy(self.labels[chosen])


def _single(features: Half) -> Tensor:
    return torch.from_numpy(features.astype(np.float32))


def pool_of(caches: Sequence[RegionCache], features: Sequence[Features], weights: Sequence[KindWeight] = ()) -> Pool:
    """Everything of several caches: half human, half AI, a source weighing the square root of its pictures."""
    wholes_of, labels, offset = [], [], 0
    for cache, found in zip(caches, features, strict=True):
        draws = len(found.wholes) // len(np.unique(found.whole_rows))
        starts = np.searchsorted(found.whole_rows, found.patch_rows)  # the wholes stand in the order of their rows
        wholes_of.append(offset + starts[:, None] + np.arange(draws))
        labels.append(np.array([cache.rows[int(row)].label for row in found.patch_rows], dtype=np.float32))
        offset += len(found.wholes)
    repeats = [len(f.patch_rows) // len(c.regions) for c, f in zip(caches, features, strict=True)]
    even = shares(caches, weights)
    chances = np.repeat(even, np.repeat(repeats, [len(c.regions) for c in caches]))
    return Pool(
        np.concatenate([f.patches for f in features]),
        np.concatenate([f.wholes for f in features]),
        np.concatenate(wholes_of),
        np.concatenate(labels),
        chances / chances.sum(),
    )


class LossLog:
    """A metrics.csv of the mean loss of every EVERY steps of each member, as the plots of a report read it.

    Each line is in the file as soon as it is told. A run that begins again begins the file again.
    """

    def __init__(self, path: Path | None) -> None:
        self._path, self._losses = path, list[float]()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("member,step,loss\n", encoding="ascii")

    def add(self, member: int, step: int, loss: float, last: bool) -> None:
        """The loss of a step, counted from 1. Raises LabError where it is no finite number, OSError on a full disk."""
        if not math.isfinite(loss):
            raise _diverged(member, step)
        self._losses.append(loss)
        if step % EVERY and not last:
            return
        if self._path is not None:
            with self._path.open("a", encoding="ascii") as lines:
                lines.write(f"{member},{step},{mean(self._losses):.6f}\n")
        self._losses.clear()


def train_head(pool: Pool, plan: LevelsPlan, seed: int, tick: Tick = iter, log: Path | None = None) -> LevelHead:
    """The mean of `plan.members` heads, each with draws of its own; they share the scale of the features.

    The loss goes to the CSV file `log`. Raises LabError where it, or a feature, is no finite number.
    """
    patches, wholes, _ = pool.draw(SCALE_DRAWS, stream("scale", seed))
    seen = torch.cat([patches, wholes], 1)
    if not torch.isfinite(seen).all():
        raise LabError("Some features are no finite numbers.", "Give the backbone as it was published.")
    told = LossLog(log)
    members = [_member(pool, plan, seed, number, seen, tick, told) for number in range(plan.members)]
    return averaged(members).eval()


def _member(pool: Pool, plan: LevelsPlan, seed: int, number: int, seen: Tensor, tick: Tick, log: LossLog) -> LevelHead:
    rng = stream("head", seed, number)
    torch.manual_seed(int(rng.integers(2**31)))
    head = LevelHead(pool.patches.shape[1], plan.hidden, plan.dropout)
    head.centre.copy_(seen.mean(0))
    head.spread.copy_(seen.std(0) + LEAST_SPREAD)
    optimizer = torch.optim.AdamW(head.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, plan.learning_rate, total_steps=plan.steps, pct_start=WARMUP, cycle_momentum=False
    )
    head.train()
    for step in tick(range(plan.steps)):
        loss = _loss(head, pool, plan, rng)
        log.add(number, step + 1, float(loss.detach()), last=step + 1 == plan.steps)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(head.parameters(), GRADIENT)
        optimizer.step()
        schedule.step()
    if not all(torch.isfinite(p).all() for p in head.parameters()):
        raise _diverged(number, plan.steps)
    return head.eval()


def _diverged(member: int, step: int) -> LabError:
    kept = f"Nothing of it was kept; a {STATE_FILE} of an earlier run stays."
    hint = "Lower `levels.learning_rate` and start again: the features are kept."
    return divergence(f"step {step} of member {member + 1}", kept, hint)


def _loss(head: LevelHead, pool: Pool, plan: LevelsPlan, rng: Random) -> Tensor:
    """Binary cross-entropy of one batch, pairs of it mixed (Zhang et al., arXiv 1710.09412)."""
    patches, wholes, labels = pool.draw(plan.batch, rng)
    scaled = head.scaled(patches, wholes)
    target = labels * (1 - 2 * plan.smoothing) + plan.smoothing
    if plan.mixup:
        share = torch.from_numpy(rng.beta(plan.mixup, plan.mixup, plan.batch).astype(np.float32))
        other = torch.from_numpy(rng.permutation(plan.batch))
        scaled = share[:, None] * scaled + (1 - share[:, None]) * scaled[other]
        target = share * target + (1 - share) * target[other]
    return nn.functional.binary_cross_entropy_with_logits(head(scaled), target)


def train_levels(plan: LabPlan, caches: Sequence[RegionCache], out: Path, tick: Tick = iter) -> LevelNet:
    """Compute the features of every cache into out/features, train the head, keep the network in out/levels.pt.

    Goes on where a killed run was. Raises LabError where the backbone does not fit, or the disk is full.
    """
    torch.set_num_threads(plan.train.threads)
    trunk = load_trunk(_levels(plan).backbone)
    folders = [out / FEATURES / str(number) for number in range(len(caches))]
    found = [features_of(c, trunk, wanted(plan, c), f, tick) for c, f in zip(caches, folders, strict=True)]
    return _finished(plan, trunk, pool_of(caches, found, plan.train.weights), out, tick)


def train_part(plan: LabPlan, cache: RegionCache, part: RegionCache, shared: Path, out: Path) -> LevelNet:
    """Train the head on a `part` of `cache`, and keep the network in out/levels.pt.

    Features do not depend on the part: they are computed for the whole cache, once for all that share a folder, each
    choice of pictures, weathers and backbone in a folder of its own. Raises LabError as `train_levels` does.
    """
    torch.set_num_threads(plan.train.threads)
    trunk = load_trunk(_levels(plan).backbone)
    asked = wanted(plan, cache)
    found = features_of(cache, trunk, asked, shared / mark_of(cache, trunk, asked)[:NAME])
    pool = pool_of((part,), (found.of({region.row for region in part.regions}),), plan.train.weights)
    return _finished(plan, trunk, pool, out)


def wanted(plan: LabPlan, cache: RegionCache) -> FeaturePlan:
    """The features that a recipe needs of a cache. Their seed is the cache's: other heads draw from the same ones."""
    levels = _levels(plan)
    return FeaturePlan(
        plan.patches.size, plan.bundle.jpeg_quality, levels.patch_draws, levels.whole_draws, cache.plan.seed
    )


def _levels(plan: LabPlan) -> LevelsPlan:
    assert plan.levels is not None, "asked for by the recipe"
    return plan.levels


def _finished(plan: LabPlan, trunk: LevelTrunk, pool: Pool, out: Path, tick: Tick = iter) -> LevelNet:
    """The trained network as it is shipped, kept in out/levels.pt."""
    with disk_explained(then="goes on from the features"):
        head = train_head(pool, _levels(plan), plan.seed, tick, out / LOG)
        net = LevelNet(trunk, head).eval()
        fold_norms(net.trunk)
        in_half(net)
        saved_whole(net.state_dict(), out / STATE_FILE)
    return net


def load_levels(plan: LabPlan, path: Path) -> LevelNet:
    """The network that `train_levels` kept in `path`. Raises LabError where the file does not hold it."""
    levels = _levels(plan)
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        trunk = trunk_like(stored.values()) or LevelTrunk()
        fold_norms(trunk)
        net = LevelNet(trunk, LevelHead(trunk.width, levels.hidden * levels.members))
        net.load_state_dict(stored)
    except (*LOAD_ERRORS, AttributeError) as error:
        raise LabError(f"{path} does not load: {error}.", "Train by this recipe again.") from error
    return net.eval()
