"""What a training gives back, and the facts that every kind of run keeps."""

from __future__ import annotations

import hashlib
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..machine import hardware
from .plan import ModelPlan
from .prepared import PreparedSet

LIBRARIES: Final = ("torch", "timm", "lightning", "scikit-learn", "onnxruntime", "numpy")


@dataclass(frozen=True)
class Outcome:
    """`model` is the file of the model, None for an ensemble; `more` are facts of its kind; `stopped` is the divergence
    that ended training before its time, where one did."""

    prepared: PreparedSet
    model: Path | None
    parameters: int
    seconds: float
    more: Mapping[str, Any] = field(default_factory=dict)
    stopped: LabError | None = None


def common_facts(plan: ModelPlan, done: Outcome) -> dict[str, Any]:
    """What facts.json holds for every kind of run."""
    task = plan.classifier.task
    return {
        "kind": plan.kind, "classes": list(done.prepared.classes(task)), "side": done.prepared.side,
        "parameters": done.parameters, "bytes": done.model.stat().st_size if done.model else 0,
        "seconds": done.seconds, "peak_memory_mb": peak_memory_mb(), "data_sha256": done.prepared.sha256,
        "data_made": dict(done.prepared.facts.get("how", {})), "model_sha256": _digest(done.model),
        "versions": {name: version(name) for name in LIBRARIES}, "python": sys.version.split()[0],
        "machine": hardware(plan.classifier.threads), "stopped": done.stopped.detail if done.stopped else None,
    } | dict(done.more)  # fmt: skip


def peak_memory_mb() -> float:
    """The most memory that this process ever held, in MB; it never falls, so runs in one process see the largest."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _digest(path: Path | None) -> str:
    if path is None:
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
