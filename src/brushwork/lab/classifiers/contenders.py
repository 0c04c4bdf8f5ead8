"""From run folders to what is compared: predictions by picture, size, time, curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import LabError
from ..datasets import LABELS
from ..metrics import Floats
from .board import Contender
from .forms.of_onnx import write_fp32
from .judgement import Judgement
from .latency import Latency, Look, measure
from .predictors import (
    CHUNK,
    NetworkPredictor,
    Predicted,
    load_predictor,
    predict,
    read_predictions,
    write_predictions,
)  # fmt: skip
from .prepared import PreparedSet
from .runs import EXPORTS, PREDICTIONS, WEIGHTS_FILE, Run, load_run
from .sets import open_set
from .subjects import file_name, subject_of

Tick = Callable[[Sequence[Any]], Iterable[Any]]


def predictions_file(run: Run, split: str) -> Path:
    """Where a run keeps what it said of a split."""
    return run.folder / PREDICTIONS.format(split=split)


def predict_split(run: Run, prepared: PreparedSet, split: str, tick: Tick = iter) -> Path:
    """Ask a run about every row of a split and keep the answers; the file.

    Raises LabError for a split without rows, or a set of another size than the run's.
    """
    rows = prepared.indices(split, run.plan.classifier.task)
    chunks = predict(load_predictor(run), prepared, rows)
    parts = [next(chunks) for _ in tick(range(-(-len(rows) // CHUNK)))]
    path = predictions_file(run, split)
    write_predictions(path, prepared, rows, run.classes, np.concatenate(parts))
    return path


def judgement_of(run: Run, split: str, name: str | None = None) -> Judgement:
    """What a run said of a split, one row a picture: views of one picture are averaged.

    Raises LabError where it was not asked yet, or its classes are others than the run's.
    """
    path = predictions_file(run, split)
    if not path.is_file():
        raise LabError(
            f"{run.folder} has no predictions of the split {split}.", "Run `brushwork evaluate` on it first."
        )
    classes, rows = read_predictions(path)
    if classes != run.classes:
        raise LabError(f"{path} names the classes {', '.join(classes)}.", "Run `brushwork evaluate` on the run again.")
    said: dict[str, list[tuple[float, ...]]] = {}
    first: dict[str, Predicted] = {}
    for row in rows:
        said.setdefault(row.id, []).append(row.probabilities)
        first.setdefault(row.id, row)
    found = list(first.values())
    task = run.plan.classifier.task
    truth = [LABELS[r.label] if task == "ai" else classes.index(r.generator) for r in found]
    means: Floats = np.array([np.mean(said[r.id], axis=0) for r in found], dtype=np.float64)
    return Judgement(
        name or run.folder.name, task, classes, tuple(r.id for r in found), tuple(r.generator for r in found),
        tuple(r.source for r in found), np.array(truth, dtype=np.int64), means,
    )  # fmt: skip


def contender_of(run: Run, split: str = "test", name: str | None = None) -> Contender:
    """A run as a comparison takes it. Raises LabError as `judgement_of` does."""
    settings = run.plan.classifier
    val = judgement_of(run, "val", name) if predictions_file(run, "val").is_file() else None
    fairness = (
        f"alpha {settings.fairness_alpha:g}, beta {settings.fairness_beta:g}" if settings.fairness_alpha else "off"
    )
    return Contender(
        judgement_of(run, split, name), settings.model, run.kind, int(run.facts["bytes"]), int(run.facts["parameters"]),
        [{k: float(v) for k, v in row._asdict().items() if math.isfinite(v)} for row in run.history],
        val=val, seconds=float(run.facts.get("seconds", 0.0)), notes={"fairness": fairness}, folder=run.folder,
        stopped=run.stopped,
    )  # fmt: skip


def timed(runs: Sequence[Contender]) -> list[Contender]:
    """The runs with the time of one picture, all measured in turn on one thread."""
    import torch

    torch.set_num_threads(1)
    looks = {run.name: _look(load_run(run.folder)) for run in runs if run.folder is not None}
    found: dict[str, Latency] = measure(looks)
    return [replace(run, latency=found.get(run.name)) for run in runs]


def _look(run: Run) -> tuple[Look, int, str]:
    """What to call for one picture, the side of the picture, and by what it runs."""
    if run.kind == "ensemble" and run.plan.ensemble is not None:
        members = [_look(load_run(folder)) for folder in run.plan.ensemble.members]
        return lambda pixels: [look(pixels) for look, _, _ in members], run.side, f"{len(members)} members in turn"
    predictor = load_predictor(run)
    if isinstance(predictor, NetworkPredictor):
        from ...forensics.scorer import open_session

        session = open_session(onnx_of(run))
        return lambda pixels: session.run(["logits"], {"patches": pixels}), run.side, "ONNX Runtime"
    return predictor.probabilities, run.side, "features, ONNX Runtime"


def onnx_of(run: Run) -> Path:
    """The ONNX file of a network's run, made where it is missing or older than the weights."""
    path = run.folder / EXPORTS / f"{file_name(run.plan.name)}.onnx"
    if not path.is_file() or path.stat().st_mtime < (run.folder / WEIGHTS_FILE).stat().st_mtime:
        write_fp32(subject_of(run, pictures=False), path)
    return path


def set_of(run: Run) -> PreparedSet:
    """The prepared set of a run. Raises LabError where it is gone, or holds something else than was trained on."""
    prepared = open_set(run.plan)
    expected = run.facts.get("data_sha256")
    if expected is not None and prepared.sha256 != expected:
        raise LabError(
            f"{prepared.folder} is not the set that {run.folder} was trained on: it was made again.",
            "Train again, or put the former set back.",
        )
    return prepared
