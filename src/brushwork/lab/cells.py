"""One cell of an experiment: train on some rows, score others, keep the scores. What is kept is not done again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import LabError
from ..forensics.patches import prepare
from ..forensics.recipe import PatchPlan
from .crops import RegionCache
from .datasets import Row, require_classes
from .evaluate import Look, Scored, read_scores, score, write_scores
from .networks import PatchNet
from .plan import LabPlan
from .weather import Pixels, stream

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

    A training that was killed goes on. Checkpoints are deleted once the scores are there. Raises LabError where the
    folder holds the scores of other settings, or where a class is missing on one of the sides.
    """
    from .keeping import CHECKPOINTS
    from .train import START, load_network, train

    folder = out / cell.name
    if _is_done(cell, folder):
        return read_scores(folder / SCORES)
    part = cache.kept(cell.trained)
    require_classes([part.rows[region.row] for region in part.regions], f"train of {cell.name}")
    require_classes(cell.judged, f"held out by {cell.name}")
    checkpoint = train(cell.plan, (part,), folder, progress=progress)
    look = network_look(load_network(checkpoint, cell.plan.train), cell.plan.patches)
    scored = score(cell.judged, look, seed=cell.plan.seed)
    write_scores(scored, folder / SCORES)
    shutil.rmtree(folder / CHECKPOINTS)
    (folder / START).unlink()
    return scored


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


def network_look(net: PatchNet, plan: PatchPlan) -> Look:
    """What a torch network says of a picture, a few patches at a time, on the device where its weights are."""
    import torch

    device = next(net.parameters()).device

    def look(rgb: Pixels) -> float:
        patches, _ = prepare(rgb, plan)
        with torch.inference_mode():
            parts = [net(torch.from_numpy(patches[i : i + CHUNK]).to(device)) for i in range(0, len(patches), CHUNK)]
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
