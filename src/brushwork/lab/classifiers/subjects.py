"""From a run to what is exported: its network, or those of an ensemble as one, and pictures to compare forms on."""

from __future__ import annotations

from typing import Final

import numpy as np
from torch import nn

from ...errors import LabError
from ..weather import stream
from .forms.subject import Subject
from .latency import example
from .predictors import EnsemblePredictor, NetworkPredictor, Predictor, load_predictor
from .runs import Run, load_run
from .sets import open_set
from .together import Together

PICTURES: Final = 512
NO_NETWORK: Final = (
    "Classical models are not exported: they take features that Brushwork computes, and the model.onnx of their run is "
    "all there is. Name the run of a network, or an ensemble of networks."
)


def file_name(name: str) -> str:
    """A name as the beginning of a file's name."""
    return "".join(c if c.isalnum() or c in "-._" else "_" for c in name)


def subject_of(run: Run, pictures: bool = True) -> Subject:
    """The network of a run with at most PICTURES of its validation split, drawn by seed, or with none.

    An ensemble of networks is one network that holds them all. Raises LabError for classical models.
    """
    module = _module(load_predictor(run), run)
    task = run.plan.classifier.task
    seen, labels = example(run.side, 2), np.zeros(2, dtype=np.int64)
    if pictures:
        prepared = open_set(run.plan)
        rows = prepared.indices("val", task)
        rows = np.sort(stream("exported", run.plan.seed).permutation(rows)[:PICTURES])
        seen, labels = np.array(prepared.pixels[rows]), prepared.labels(task)[rows]
    facts = {"name": run.plan.name, "version": run.plan.version, "task": task}
    return Subject(
        file_name(run.plan.name), model_in_words(run), module, run.side, task, run.classes, seen, labels, facts
    )


def _module(predictor: Predictor, run: Run) -> nn.Module:
    if isinstance(predictor, NetworkPredictor):
        return predictor.module
    if isinstance(predictor, EnsemblePredictor):
        members = [member for member in predictor.members if isinstance(member, NetworkPredictor)]
        if len(members) == len(predictor.members):
            return Together([member.module for member in members], predictor.vote)
        raise LabError(f"{run.folder} has members that are no networks.", NO_NETWORK)
    raise LabError(f"{run.folder} is no network: it is {run.plan.classifier.model}.", NO_NETWORK)


def model_in_words(run: Run) -> str:
    """The name of the model; of an ensemble those of its members, and how they are joined."""
    if run.plan.ensemble is None:
        return run.plan.classifier.model
    members = [load_run(folder).plan.classifier.model for folder in run.plan.ensemble.members]
    return f"{run.plan.ensemble.combine} of {', '.join(members)}"
