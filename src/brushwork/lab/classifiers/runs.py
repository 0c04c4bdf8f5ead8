"""A run's folder: what it was made by, how it went, what came out, and what it says of pictures.

plan.json             the resolved recipe
weights.safetensors   the best epoch of a network, as the state of its `ClassifierNet`; model.onnx of a classical
history.csv           one row per epoch: HISTORY_COLUMNS
facts.json            written last: a folder without it is no finished run
checkpoints/          to go on from
data.sha256           digest of the prepared set that it was begun on
halved.json           batch and accumulation of a run whose memory ended
predictions-SPLIT.csv what it said of a prepared set's split
evaluation/, exports/, bundle/, left-out-generators.csv   what was made of it
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from ...errors import LabError
from .plan import Kind, ModelPlan, model_plan_from

PLAN_FILE: Final = "plan.json"
WEIGHTS_FILE: Final = "weights.safetensors"
ONNX_FILE: Final = "model.onnx"
HISTORY_FILE: Final = "history.csv"
FACTS_FILE: Final = "facts.json"
DATA_FILE: Final = "data.sha256"
HALVED_FILE: Final = "halved.json"
"""Batch and accumulation of a run whose memory ended, so that it goes on with them."""
PREDICTIONS: Final = "predictions-{split}.csv"
LEFT_OUT_FILE: Final = "left-out-generators.csv"
"""What its recipe is worth on generators that are left out of training."""
EVALUATION: Final = "evaluation"
"""Folder of a run with its report, plots and sheets of pictures."""
EXPORTS: Final = "exports"
BUNDLE: Final = "bundle"


class Epoch(NamedTuple):
    """One row of history.csv; losses are means per picture, `seconds` hold training and validation."""

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    val_auc: float
    seconds: float


HISTORY_COLUMNS: Final = Epoch._fields


@dataclass(frozen=True)
class Run:
    """A finished run. `facts`: classes, side, parameters, bytes, seconds, epochs, best_epoch, best_score,
    peak_memory_mb, data_sha256, mean, std, git, versions, machine, stopped."""

    folder: Path
    plan: ModelPlan
    facts: Mapping[str, Any]
    history: tuple[Epoch, ...]

    @property
    def kind(self) -> Kind:
        """network, classical or ensemble."""
        return self.plan.kind

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, by label."""
        return tuple(self.facts["classes"])

    @property
    def stopped(self) -> str:
        """Where training diverged, in words; empty where it ended in its time."""
        return str(self.facts.get("stopped") or "")

    @property
    def side(self) -> int:
        """Pixels of the pictures that it was trained on."""
        return int(self.facts["side"])


def load_run(folder: Path) -> Run:
    """Read a finished run. Raises LabError where a file is missing, damaged, or the run did not end."""
    plan = read_plan_of(folder)
    facts = _json(folder / FACTS_FILE, "It did not end: start the same command again, and it goes on.")
    return Run(folder, plan, facts, tuple(read_history(folder / HISTORY_FILE)))


def read_plan_of(folder: Path) -> ModelPlan:
    """The recipe of a run, finished or not."""
    raw = _json(folder / PLAN_FILE, "Give the --out of a `brushwork train` with a recipe that has [classifier].")
    return model_plan_from(raw, f"{folder.name}/{PLAN_FILE}")


def _json(path: Path, advice: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LabError(f"{path.parent} is no finished run: {path.name} cannot be read ({error}).", advice) from error
    if not isinstance(found, dict):
        raise LabError(f"{path} does not hold what a run keeps there.", advice)
    return found


def read_history(path: Path) -> list[Epoch]:
    """The rows of a history.csv; none where there is no such file. Raises LabError for a damaged one."""
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return [Epoch(int(r["epoch"]), *(float(r[c]) for c in HISTORY_COLUMNS[1:])) for r in csv.DictReader(lines)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{path} cannot be read: {error!r}.", "Train again with --fresh.") from error
