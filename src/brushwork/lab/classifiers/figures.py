"""The figures of a split after an epoch."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..datasets import AI, HUMAN
from ..metrics import Floats, auc
from .plan import Metric

Labels = NDArray[np.int64]
TIE: Final = 1e-6
"""How much of the loss is taken off a score: of epochs with an AUC of 1, that with the lowest loss is the best."""


class Figures(NamedTuple):
    """Cross-entropy, accuracy, AUC (of several classes: the mean of one against the rest), and the score to choose by:
    the recipe's metric, turned so that higher is better, less TIE of the loss."""

    loss: float
    accuracy: float
    auc: float
    score: float


def judged_figures(logits: Floats, labels: Labels, metric: Metric) -> Figures:
    """The figures of logits (n, classes) against labels (n,)."""
    top = logits.max(1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))
    loss = float(-log_p[np.arange(len(labels)), labels].mean())
    guesses = logits.argmax(1)
    accuracy = float((guesses == labels).mean())
    area = mean_auc(log_p, labels)
    return Figures(loss, accuracy, area, _score(metric, guesses, labels, accuracy, area) - TIE * loss)


def mean_auc(scores: Floats, labels: Labels) -> float:
    """AUC of two classes; of more, the mean of one against the rest over the classes that are there."""
    if scores.shape[1] == 2:
        return auc(scores[:, AI] - scores[:, HUMAN], labels == AI)
    return float(np.nanmean([auc(scores[:, c], labels == c) for c in np.unique(labels)]))


def _score(metric: Metric, guesses: Labels, labels: Labels, accuracy: float, area: float) -> float:
    """precision, recall, f1 and fpr are those of AI works; of several classes they are means over the classes."""
    if metric == "auc":
        return area
    if metric == "accuracy":
        return accuracy
    if metric == "fpr":
        return 1 - float((guesses[labels == HUMAN] == AI).mean())
    classes = np.unique(labels) if metric == "macro_f1" or labels.max() > 1 else np.array([AI])
    hits = np.array([((guesses == c) & (labels == c)).sum() for c in classes])
    said = np.array([(guesses == c).sum() for c in classes])
    there = np.array([(labels == c).sum() for c in classes])
    figures = {"precision": hits / np.maximum(said, 1), "recall": hits / np.maximum(there, 1)}
    found = figures.get(metric, 2 * hits / np.maximum(said + there, 1))
    return float(found.mean())
