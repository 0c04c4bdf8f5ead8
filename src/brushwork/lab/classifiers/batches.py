"""From a prepared set to batches: slices of the mapped file, drawn by seed and epoch, shared among processes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor

from ..weather import stream
from .prepared import Indices, PreparedSet, Task

Batch: TypeAlias = tuple[Tensor, Tensor, int]
"""Pictures uint8 (n, side, side, 3), labels int64 (n,), and the number of the draw: epoch and place in it."""


class Share(NamedTuple):
    """Which of `world` processes this is."""

    rank: int = 0
    world: int = 1


ALONE: Final = Share()


class Draws(NamedTuple):
    """How an epoch is drawn: `epoch` is the first one to give, less its first `skipped` batches."""

    batch: int
    seed: int = 0
    balanced: bool = True
    epoch: int = 0
    skipped: int = 0


class TrainBatches:
    """One epoch after the other; every pass draws anew, so that a run that goes on sees what a whole one would."""

    def __init__(self, prepared: PreparedSet, rows: Indices, task: Task, draws: Draws, share: Share = ALONE) -> None:
        self._pixels, self._rows, self._labels = prepared.pixels, rows, prepared.labels(task)[rows]
        self._draws, self._share = draws, share
        self.passes, self._skipped = draws.epoch, draws.skipped

    def __len__(self) -> int:
        """Whole batches of an epoch in each process, at least one."""
        return max(1, len(self._rows) // (self._draws.batch * self._share.world))

    def __iter__(self) -> Iterator[Batch]:
        epoch, skipped = self.passes, self._skipped
        self.passes, self._skipped = epoch + 1, 0
        order = epoch_order(self._labels, self._draws, epoch)[self._share.rank :: self._share.world]
        for number in range(skipped, len(self)):
            chosen = np.sort(order[number * self._draws.batch : (number + 1) * self._draws.batch])
            draw = (epoch * len(self) + number) * self._share.world + self._share.rank
            yield torch.from_numpy(self._pixels[self._rows[chosen]]), torch.from_numpy(self._labels[chosen]), draw


class JudgedBatches:
    """The rows of a split in their order, each process its own part."""

    def __init__(self, prepared: PreparedSet, rows: Indices, task: Task, batch: int, share: Share = ALONE) -> None:
        self._pixels, self._rows = prepared.pixels, rows[share.rank :: share.world]
        self._labels, self._batch = prepared.labels(task)[self._rows], batch

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / self._batch)

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, len(self._rows), self._batch):
            part = slice(start, start + self._batch)
            yield torch.from_numpy(self._pixels[self._rows[part]]), torch.from_numpy(self._labels[part]), start


def epoch_order(labels: Indices, draws: Draws, epoch: int) -> Indices:
    """The places of an epoch's pictures in `labels`: as many as there are; with `balanced` the classes equally often.

    A balanced epoch takes each picture of a small class several times before any is taken once more.
    """
    rng = stream("epoch", draws.seed, epoch)
    if not draws.balanced:
        return rng.permutation(len(labels)).astype(np.int64)
    classes = np.unique(labels)
    each = -(-len(labels) // len(classes))
    drawn = [_times(np.flatnonzero(labels == c), each, rng) for c in classes]
    return rng.permutation(np.concatenate(drawn)).astype(np.int64)


def _times(places: Indices, count: int, rng: np.random.Generator) -> Indices:
    rounds = [rng.permutation(places) for _ in range(-(-count // len(places)))]
    return np.concatenate(rounds)[:count]


def limited(rows: Indices, labels: Indices, limit: int, seed: int) -> Indices:
    """At most `limit` of `rows`, drawn by seed, the classes alike as far as they reach; all for 0."""
    if not limit or limit >= len(rows):
        return rows
    order = epoch_order(labels[rows], Draws(1, seed), 0)
    _, first = np.unique(order, return_index=True)
    return np.sort(rows[order[np.sort(first)][:limit]])
