"""One cell of an experiment: train on some rows, score others, keep the scores. What is kept is not done again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import LabError
from ..forensics.patches import prepare
from ..forensics.recipe import PatchPlan
from .crops import RegionCache
from .datasets import Row, require_classes
from .evaluate import LOG, Look, Scored, ScoreLog, read_scores, score, write_scores
from .plan import LabPlan
from .weather import Pixels, stream
from .writing import disk_explained

if TYPE_CHECKING:
    from torch import nn

SCORES: Final = "scores.csv"
KEY: Final = "cell.json"
CHUNK: Final = 64
"""Patches that go through a network at once."""


@dataclass(frozen=True)
class Cell:
    """Train by `plan` on the rows that `trained` takes, and score the `judged` rows with what comes out."""

    name: str
    plan: LabPlan
    trained: Callable[[Row], bool]
    judged: tuple[Row, ...]

    @property
    def key(self) -> str:
        """What the figures of the cell depend on, but for the pictures trained on."""
        about = [self.plan.model_dump(mode="json"), sorted(r.id for r in self.judged)]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def run_cell(cell: Cell, cache: RegionCache, out: Path, progress: bool = False) -> list[Scored]:
    """Train and score the cell in the folder `out`/name, or read its scores where it was done before.

    A training or a scoring that was killed goes on. Checkpoints are deleted once the scores are there. Raises LabError
    where the folder holds the scores of other settings, or where a class is missing on one of the sides.
    """
    from .keeping import weights_digest

    folder = out / cell.name
    if _is_done(cell, folder):
        return read_scores(folder / SCORES)
    part = cache.kept(cell.trained)
    require_classes([part.rows[region.row] for region in part.regions], f"train of {cell.name}")
    require_classes(cell.judged, f"held out by {cell.name}")
    train = _end_to_end if cell.plan.levels is None else partial(_levels, cache)
    net, left = train(cell.plan, part, folder, progress)
    with disk_explained("Scoring", "goes on where it was"):
        log = ScoreLog(folder / LOG, f"{cell.key} {weights_digest(net)}")
        scored = score(cell.judged, network_look(net, cell.plan.patches), seed=cell.plan.seed, log=log)
        write_scores(scored, folder / SCORES)
    log.remove()
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return scored


def _end_to_end(plan: LabPlan, part: RegionCache, folder: Path, progress: bool) -> tuple[nn.Module, tuple[Path, ...]]:
    """The network, and what is not kept once its scores are."""
    from .keeping import CHECKPOINTS
    from .train import START, load_network, train

    checkpoint = train(plan, (part,), folder, progress=progress)
    return load_network(checkpoint, plan.train), (folder / CHECKPOINTS, folder / START)


def _levels(
    cache: RegionCache, plan: LabPlan, part: RegionCache, folder: Path, _: bool
) -> tuple[nn.Module, tuple[Path, ...]]:
    """The same of a recipe with [levels]: the features of the whole `cache` lie beside the cells, for each of them."""
    from .heads import FEATURES, STATE_FILE, load_levels, train_part

    kept = folder / STATE_FILE
    if kept.is_file():  # a run that was killed while it scored
        return load_levels(plan, kept), (kept,)
    return train_part(plan, cache, part, folder.parent / FEATURES, folder), (kept,)


def _is_done(cell: Cell, folder: Path) -> bool:
    """True with all scores there; the first look at a folder marks it as the cell's."""
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / KEY
    if not marker.is_file():
        marker.write_text(json.dumps({"key": cell.key}), encoding="utf-8")
    elif json.loads(marker.read_text(encoding="utf-8")).get("key") != cell.key:
        raise LabError(
            f"{folder} holds the cell {cell.name} of another recipe, seed or choice of pictures.",
            "Give another folder with --out, or remove that one.",
        )
    return (folder / SCORES).is_file()


def network_look(net: nn.Module, plan: PatchPlan) -> Look:
    """What a torch network says of a picture, a few patches at a time, on the device where its weights are.

    All at once where it sees the whole picture beside each patch.
    """
    import torch

    device = next(net.parameters()).device

    def look(rgb: Pixels) -> float:
        patches, _ = prepare(rgb, plan)
        step = len(patches) if plan.whole else CHUNK
        with torch.inference_mode():
            parts = [net(torch.from_numpy(patches[i : i + step]).to(device)) for i in range(0, len(patches), step)]
        return float(torch.cat(parts).double().mean())

    return look


def spread(rows: Iterable[Row], most: int, seed: int = 0) -> tuple[Row, ...]:
    """At most `most` rows of each class, evenly over the sources: one of each in turn, drawn by `seed`."""
    sides: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows):
        sides[row.label][row.source].append(row)
    chosen: list[Row] = []
    for _, sources in sorted(sides.items()):
        queues = [_shuffled(members, seed) for _, members in sorted(sources.items())]
        turns = [q[i] for i in range(max(map(len, queues))) for q in queues if i < len(q)]
        chosen += turns[:most]
    return tuple(sorted(chosen))


def _shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    order = stream("spread", seed, rows[0].source).permutation(len(rows))
    return [rows[int(i)] for i in order]
