"""From cached regions to batches: balanced by class and source, sent through weather, seeded by epoch and position."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from .crops import RegionCache, crop
from .folds import held_sources
from .plan import KindWeight, LabPlan
from .weather import Pixels, degrade, stream

HELD_BATCHES: Final = 8
"""Batches of held-out patches that early stopping looks at."""


class Regions(Dataset[tuple[Tensor, float]]):
    """Regions of several caches. A ticket (cache, region, draw) gives a patch uint8 (size, size, 3) and its label."""

    def __init__(self, caches: Sequence[RegionCache], size: int, seed: int) -> None:
        self.caches, self.size, self.seed = tuple(caches), size, seed

    def __getitem__(self, ticket: tuple[int, int, int]) -> tuple[Tensor, float]:
        """The patch of a ticket; the same ticket gives the same patch in every process."""
        number, slot, draw = ticket
        cache = self.caches[number]
        region = cache.regions[slot]
        patch = prepared(cache.read(region), self.size, self.seed, draw)
        return torch.from_numpy(patch), float(cache.rows[region.row].label)


def prepared(region: Pixels, size: int, seed: int, draw: int) -> Pixels:
    """A region after training weather, a random crop and perhaps a mirror: uint8 (size, size, 3).

    Nothing here knows the class: it depends on the pixels, `seed` and `draw` alone.
    """
    rng = stream("patch", seed, draw)
    spare = int(rng.integers(0, max(1, min(region.shape[:2]) - size + 1)))
    moved = crop(region, size + spare, rng)
    patch = crop(degrade(moved, "train", rng), size, rng)
    missing = (size - patch.shape[0], size - patch.shape[1])
    patch = np.pad(patch, ((0, max(0, missing[0])), (0, max(0, missing[1])), (0, 0)), mode="symmetric")
    return np.ascontiguousarray(patch[:, ::-1] if rng.random() < 0.5 else patch)


class BalancedSampler(Sampler[tuple[int, int, int]]):
    """Half human, half AI; a source weighs the square root of its pictures; `weights` lifts chosen kinds.

    Every pass draws anew, counted from `first`: a resumed run gives the epoch that it starts with and how many draws
    of it were `skipped`, and so draws what the killed one would have drawn. (Lightning's own `set_epoch` repeats an
    epoch's draws after resuming.) The length is that of a whole pass.
    """

    def __init__(
        self,
        caches: Sequence[RegionCache],
        draws: int,
        seed: int,
        weights: Sequence[KindWeight] = (),
        first: int = 0,
        skipped: int = 0,
    ) -> None:
        self.draws, self.seed, self.passes, self._skipped = draws, seed, first, skipped
        self._tickets = [(n, slot) for n, cache in enumerate(caches) for slot in range(len(cache.regions))]
        self._shares = shares(caches, weights)

    def __len__(self) -> int:
        return self.draws

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        rng = stream("epoch", self.seed, self.passes)
        start = self.passes * self.draws
        self.passes += 1
        skipped, self._skipped = self._skipped, 0
        chosen = rng.choice(len(self._tickets), size=self.draws, p=self._shares)
        for position in range(skipped, self.draws):
            yield (*self._tickets[int(chosen[position])], start + position)


def shares(caches: Sequence[RegionCache], weights: Sequence[KindWeight] = ()) -> np.ndarray:
    """The probability of every region, in order; they add up to one, and to a half for each class."""
    rows = [cache.rows[region.row] for cache in caches for region in cache.regions]
    in_source = Counter((r.source, r.label) for r in rows)
    raw = np.array([_lift(r.kind, weights) / np.sqrt(in_source[r.source, r.label]) for r in rows])
    totals: dict[int, float] = defaultdict(float)
    for row, share in zip(rows, raw, strict=True):
        totals[row.label] += float(share)
    even = np.array([0.5 / totals[r.label] for r in rows]) * raw
    return np.asarray(even / even.sum())


def _lift(kind: str, weights: Sequence[KindWeight]) -> float:
    return max((w.weight for w in weights if w.kind.lower() in kind.lower()), default=1.0)


def parted(plan: LabPlan, caches: Sequence[RegionCache]) -> tuple[tuple[RegionCache, ...], tuple[RegionCache, ...]]:
    """The caches to train on, and those to look at for early stopping (none where nothing is held out)."""
    if not plan.train.held_out:
        return tuple(caches), ()
    rows = [cache.rows[region.row] for cache in caches for region in cache.regions]
    held = held_sources(rows, plan.train.held_out, plan.seed)
    return tuple(c.without(held) for c in caches), tuple(c.only(held) for c in caches)


def loader_of(
    plan: LabPlan, caches: Sequence[RegionCache], epoch: int = 0, batches: int = 0
) -> DataLoader[tuple[Tensor, float]]:
    """Batches of one epoch after the other, from `epoch` on less its first `batches`, drawn by `BalancedSampler`."""
    settings = plan.train
    draws, skipped = settings.batch * settings.steps_per_epoch, settings.batch * batches
    sampler = BalancedSampler(caches, draws, plan.seed, settings.weights, epoch, skipped)
    return DataLoader(
        Regions(caches, settings.size, plan.seed), batch_size=settings.batch, sampler=sampler,
        num_workers=settings.workers, persistent_workers=settings.workers > 0, drop_last=True,
    )  # fmt: skip


def held_loader(plan: LabPlan, caches: Sequence[RegionCache]) -> DataLoader[tuple[Tensor, float]]:
    """The same patches of held-out sources at the end of every epoch, both classes alike, under training weather."""
    settings = plan.train
    tickets = list(BalancedSampler(caches, HELD_BATCHES * settings.batch, plan.seed))
    return DataLoader(
        Regions(caches, settings.size, plan.seed), batch_size=settings.batch, sampler=tickets,
        num_workers=settings.workers, persistent_workers=settings.workers > 0,
    )  # fmt: skip
