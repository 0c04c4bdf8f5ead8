"""From a run to what is exported: its network, and pictures of its validation split to compare forms on."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...errors import LabError
from ..weather import stream
from .forms.subject import Subject
from .latency import example
from .predictors import NetworkPredictor, load_predictor
from .runs import Run
from .sets import open_set

PICTURES: Final = 512


def file_name(name: str) -> str:
    """A name as the beginning of a file's name."""
    return "".join(c if c.isalnum() or c in "-._" else "_" for c in name)


def subject_of(run: Run, pictures: bool = True) -> Subject:
    """The network of a run with at most PICTURES of its validation split, drawn by seed, or with none.

    Raises LabError for a run that is no network.
    """
    predictor = load_predictor(run)
    if not isinstance(predictor, NetworkPredictor):
        what = (
            "an ensemble; export its members" if run.kind == "ensemble" else "classical; its model.onnx is the export"
        )
        raise LabError(f"{run.folder} is no network: it is {what}.", "Name the run of a network.")
    task = run.plan.classifier.task
    seen, labels = example(run.side, 2), np.zeros(2, dtype=np.int64)
    if pictures:
        prepared = open_set(run.plan)
        rows = prepared.indices("val", task)
        rows = np.sort(stream("exported", run.plan.seed).permutation(rows)[:PICTURES])
        seen, labels = np.array(prepared.pixels[rows]), prepared.labels(task)[rows]
    facts = {"name": run.plan.name, "version": run.plan.version, "task": task}
    return Subject(
        file_name(run.plan.name),
        run.plan.classifier.model,
        predictor.module,
        run.side,
        task,
        run.classes,
        seen,
        labels,
        facts,
    )
