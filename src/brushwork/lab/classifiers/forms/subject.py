"""What is exported, and what a form of it is: a name, how it is written, how it is opened again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from ...datasets import AI, HUMAN
from ...metrics import Floats, Indices
from ...weather import Pixels
from ..latency import Latency
from ..prepared import Task

MOST: Final = 4096
"""Pictures that a batch may have in the forms that name a limit."""
Look = Callable[[Pixels], Floats]
"""Logits of pictures uint8 (n, side, side, 3): float64 (n,), the log-odds of AI, or (n, k) for the task `generator`."""


class LogOdds(nn.Module):
    """A classifier of human and AI with one logit: that of AI less that of human, which is the log-odds of AI."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> Tensor:
        """Log-odds (n,) of pictures uint8 (n, side, side, 3)."""
        logits = self.net(pixels)
        return cast("Tensor", logits[:, AI] - logits[:, HUMAN])


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained network: `module` takes uint8 (n, side, side, 3), gives logits (n, k).

    `pictures` uint8 (m, side, side, 3) are real ones with their `labels` int64 (m,), of the validation split: on them
    forms are compared and ranges of int8 are taken. `facts` go into the files.
    """

    name: str
    model: str
    module: nn.Module
    side: int
    task: Task
    classes: tuple[str, ...]
    pictures: Pixels
    labels: Indices
    facts: dict[str, str]

    @property
    def about(self) -> dict[str, str]:
        """The facts with the model, its side, and its classes in the order of the logits, for the metadata of files."""
        return {**self.facts, "model": self.model, "classes": ",".join(self.classes), "side": str(self.side)}

    @property
    def served(self) -> nn.Module:
        """The network as ONNX and the bundle have it: one logit for the task `ai`, k otherwise."""
        return (LogOdds(self.module) if self.task == "ai" else self.module).eval()

    def folded(self, logits: Any) -> Floats:
        """Logits (n, k) or (n,) as every form is compared: the log-odds of AI for the task `ai`."""
        found = np.asarray(logits, dtype=np.float64)
        return found[:, AI] - found[:, HUMAN] if self.task == "ai" and found.ndim == 2 else found

    def look_with(self, net: Callable[[Tensor], Any]) -> Look:
        """How a form that takes and gives tensors looks at pictures."""

        def look(pixels: Pixels) -> Floats:
            with torch.inference_mode():
                return self.folded(net(torch.from_numpy(np.ascontiguousarray(pixels))).float().numpy())

        return look


class Form(NamedTuple):
    """One form: what the command line calls it, the end of its file's name, what it is in words.

    `exact` says whether it must compute what the network does; int8 must not. `write` raises LabError where the form
    does not exist for a subject. `clock` measures one picture where `open` gives nothing that can be timed.
    """

    name: str
    suffix: str
    words: str
    exact: bool
    write: Callable[[Subject, Path], None]
    open: Callable[[Subject, Path], Look]
    clock: Callable[[Subject, Path], Latency] | None = None
