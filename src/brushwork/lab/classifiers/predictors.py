"""What a finished run says of pictures, whatever kind it is, and the files that keep it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np

from ...errors import LabError
from ..metrics import Floats
from .plan import MOST_AT_ONCE, judged_at_once
from .prepared import CLASSES, Indices, Pixels, PreparedSet
from .runs import ONNX_FILE, WEIGHTS_FILE, Run, load_run

if TYPE_CHECKING:
    from .zoo import ClassifierNet

CHUNK: Final = MOST_AT_ONCE
ABOUT: Final = ("id", "label", "generator", "source")


class Predictor(Protocol):
    """Probabilities (n, classes) float64, rows adding up to one, of pictures uint8 (n, side, side, 3)."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, by column."""

    @property
    def side(self) -> int:
        """Pixels of the pictures that it takes."""

    def probabilities(self, pixels: Pixels) -> Floats:
        """What it says of each."""


@dataclass(frozen=True, eq=False)
class NetworkPredictor:
    """A network; `module` takes uint8 pictures and gives logits (n, classes), `at_once` of them for its memory."""

    classes: tuple[str, ...]
    side: int
    module: ClassifierNet
    at_once: int = MOST_AT_ONCE

    def probabilities(self, pixels: Pixels) -> Floats:
        """Softmax of the logits, `at_once` pictures at a time, on the device where the weights are."""
        import torch

        device = self.module.mean.device
        parts: list[Floats] = []
        with torch.inference_mode():
            for start in range(0, len(pixels), self.at_once):
                chunk = torch.from_numpy(np.array(pixels[start : start + self.at_once])).to(device)
                parts.append(torch.softmax(self.module(chunk).double(), 1).cpu().numpy())
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)))


@dataclass(frozen=True, eq=False)
class EnsemblePredictor:
    """Several predictors of the same classes: the mean of their probabilities, or the share of their votes."""

    members: tuple[Predictor, ...]
    vote: bool

    @property
    def classes(self) -> tuple[str, ...]:
        """Those of every member."""
        return self.members[0].classes

    @property
    def side(self) -> int:
        """That of every member."""
        return self.members[0].side

    def probabilities(self, pixels: Pixels) -> Floats:
        """Ties of a vote are split by the mean, which adds less than half a vote."""
        each = np.stack([member.probabilities(pixels) for member in self.members])
        return combined(each, self.vote)


def combined(each: Floats, vote: bool) -> Floats:
    """Probabilities (members, n, classes) of several models as one (n, classes)."""
    mean = each.mean(0)
    if not vote:
        return np.asarray(mean)
    votes = np.eye(each.shape[2])[each.argmax(2)].sum(0)
    return np.asarray((votes + 0.5 * mean) / (len(each) + 0.5))


def load_predictor(run: Run) -> Predictor:
    """The model of a run, ready to be asked. Raises LabError where its file is missing or does not fit."""
    if run.kind == "network":
        at_once = judged_at_once(int(run.facts["batch"]))  # the halved one, where memory ended
        return NetworkPredictor(run.classes, run.side, load_network(run), at_once)
    if run.kind == "classical":
        from .classical import ClassicalPredictor

        return ClassicalPredictor.read(run.folder / ONNX_FILE, run.classes, run.side, run.plan.classical)
    assert run.plan.ensemble is not None, "an ensemble has members"
    members = tuple(load_predictor(load_run(folder)) for folder in run.plan.ensemble.members)
    return EnsemblePredictor(members, run.plan.ensemble.combine == "vote")


def load_network(run: Run) -> ClassifierNet:
    """The network of a run in evaluation mode. Raises LabError where the weights are missing or do not fit."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from .zoo import build

    path = run.folder / WEIGHTS_FILE
    net = build(run.plan.classifier, len(run.classes), run.side, fill=False)
    try:
        net.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise LabError(f"The weights {path} do not load: {error}.", "Train again with --fresh.") from error
    return net.eval()


def predict(predictor: Predictor, prepared: PreparedSet, rows: Indices) -> Iterator[Floats]:
    """Probabilities of `rows` of a set, CHUNK at a time, so that a bar can follow."""
    if prepared.side != predictor.side:
        raise LabError(
            f"The model takes pictures of {predictor.side} px, {prepared.folder} has {prepared.side} px.",
            f"Prepare them again with --size {predictor.side}.",
        )
    for start in range(0, len(rows), CHUNK):
        yield predictor.probabilities(prepared.pixels[rows[start : start + CHUNK]])


@dataclass(frozen=True)
class Predicted:
    """What was said of one picture. `label` is human or ai; `probabilities` by class, in the order of the file."""

    id: str
    label: str
    generator: str
    source: str
    probabilities: tuple[float, ...]


Predictions: TypeAlias = tuple[tuple[str, ...], tuple[Predicted, ...]]
"""The names of the classes, and the rows."""


def write_predictions(
    path: Path, prepared: PreparedSet, rows: Indices, classes: Sequence[str], probabilities: Floats
) -> None:
    """Keep the probabilities (n, classes) of `rows` of a set as CSV."""
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow([*ABOUT, *classes])
        for index, said in zip(rows, probabilities, strict=True):
            row = prepared.rows[int(index)]
            writer.writerow([row.id, CLASSES[row.label], row.generator, row.source, *(f"{p:.9g}" for p in said)])


def read_predictions(path: Path) -> Predictions:
    """Read what `write_predictions` kept. Raises LabError where the file is missing or damaged."""
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            head, *rows = list(csv.reader(lines))
        if tuple(head[: len(ABOUT)]) != ABOUT:
            raise ValueError(f"its columns are {', '.join(head)}")
        found = tuple(Predicted(r[0], r[1], r[2], r[3], tuple(map(float, r[len(ABOUT) :]))) for r in rows)
    except (OSError, ValueError, IndexError) as error:
        raise LabError(f"{path} cannot be read as predictions: {error}.", "Make them again.") from error
    return tuple(head[len(ABOUT) :]), found
