"""The figures that runs can be ranked by, and which task has which."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final, NamedTuple

from ...errors import LabError
from .prepared import Task


class Metric(NamedTuple):
    """A figure that runs can be ranked by: its name, its words, whether more is better, and for which tasks it is."""

    name: str
    words: str
    more_is_better: bool
    tasks: tuple[Task, ...]


METRICS: Final = (
    Metric("accuracy", "accuracy", True, ("ai", "generator")),
    Metric("precision", "precision", True, ("ai",)),
    Metric("recall", "recall", True, ("ai",)),
    Metric("f1", "F1", True, ("ai",)),
    Metric("auc", "ROC-AUC", True, ("ai", "generator")),
    Metric("fpr", "FPR", False, ("ai",)),
    Metric("macro_f1", "macro-F1", True, ("generator",)),
)


def metrics_of(task: Task) -> list[Metric]:
    """By what a task can be judged: precision, recall and false positives are those of AI works among human ones."""
    return [m for m in METRICS if task in m.tasks]


def names_of(task: Task) -> list[str]:
    """The names of `metrics_of`."""
    return [m.name for m in metrics_of(task)]


def metric_named(name: str, task: Task) -> Metric:
    """The metric of that name. Raises LabError with the nearest spelling, or where it does not fit the task."""
    fitting = metrics_of(task)
    found = next((m for m in fitting if m.name == name), None)
    if found is None:
        near = get_close_matches(name, [m.name for m in fitting], n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(m.name for m in fitting)}."
        raise LabError(f"There is no metric {name} for the task {task}.", hint)
    return found
