"""The plots of a judgement in one style: blue for human works, orange for AI ones, shapes beside colours."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np

from .calibrate import Judged
from .datasets import AI, HUMAN
from .evaluate import WEATHERS
from .generators import attributed_to
from .kinds import kind_of
from .metrics import Bools, Floats, auc
from .tables import UNTOLD, calibration, confusion, subjects, under

HUMAN_COLOUR: Final = "#0072b2"
AI_COLOUR: Final = "#e69f00"
INK: Final = "#222222"
STYLE: Final = {
    "figure.figsize": (6.0, 4.2), "figure.dpi": 100, "font.size": 10, "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": INK, "axes.grid": True, "grid.color": "#dddddd",
    "legend.frameon": False, "svg.fonttype": "none", "svg.hashsalt": "brushwork",
}  # fmt: skip
DASHES: Final = ("-", "--", ":")
BAR: Final = 20


def draw_all(judged: Sequence[Judged], folder: Path, log: Path | None = None) -> dict[str, Path]:
    """Every plot that the figures allow, as SVG and PNG in `folder`; the SVG files by title.

    `log` is a metrics.csv of training, for the curves of loss and accuracy: by epoch, or by step of each member.
    """
    drawn: dict[str, Path] = {}
    folder.mkdir(parents=True, exist_ok=True)
    with styled() as plt:
        for title, name, draw in (
            ("ROC curves", "roc", _roc), ("Calibration curve", "calibration", _calibration),
            ("Confusion at the strict threshold", "confusion", _confusion), ("Scores by kind", "scores", _scores),
        ):  # fmt: skip
            figure = draw(plt, judged)
            drawn[title] = saved(plt, figure, folder / name)
        if log is not None:
            drawn["Training"] = saved(plt, _training(plt, log), folder / "training")
    return drawn


@contextmanager
def styled() -> Iterator[Any]:
    """matplotlib.pyplot without a window, in the style of the reports."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    with plt.style.context(STYLE):
        yield plt


def saved(plt: Any, figure: Any, path: Path) -> Path:
    """Write `figure` beside `path` as PNG and SVG, without a date or a name of the program; the path of the SVG."""
    figure.tight_layout()
    figure.savefig(path.with_suffix(".png"))
    figure.savefig(path.with_suffix(".svg"), metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    plt.close(figure)
    return path.with_suffix(".svg")


def _roc(plt: Any, judged: Sequence[Judged]) -> Any:
    figure, axes = plt.subplots()
    for subject, colour in zip(("art", "photographs"), (HUMAN_COLOUR, AI_COLOUR), strict=True):
        part = subjects(judged).get(subject, [])
        for weather, dash in zip(WEATHERS, DASHES, strict=True):
            here = under(part, weather)
            if not here:
                continue
            scores = np.array([j.scored.logit for j in here])
            positive = np.array([j.scored.label == AI for j in here])
            label = f"{subject}, {weather}: {auc(scores, positive):.3f}"
            axes.plot(*roc_points(scores, positive), dash, color=colour, label=label)
    finish_roc(axes)
    return figure


def roc_points(scores: Floats, positive: Bools) -> tuple[Floats, Floats]:
    """Shares of human and of AI works at or above each score, from the highest down; equal scores are one point."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.concatenate([scores[order][1:] != scores[order][:-1], [True]]))
    human, ai = (np.concatenate([[0.0], np.cumsum(side[order])[last] / side.sum()]) for side in (~positive, positive))
    return human, ai


def finish_roc(axes: Any) -> None:
    """The diagonal of chance, the names of the axes and the legend."""
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    axes.set(xlabel="share of human works above", ylabel="share of AI works above", title="ROC curves (AUC)")
    axes.legend(loc="lower right", fontsize=8)


def _calibration(plt: Any, judged: Sequence[Judged]) -> Any:
    figure, axes = plt.subplots()
    for weather, dash in zip(WEATHERS, DASHES, strict=True):
        rows = calibration(judged, weather).rows
        said, true = ([float(str(row[i])) for row in rows] for i in (2, 3))
        axes.plot(said, true, dash, marker="o", color=HUMAN_COLOUR, label=weather)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    axes.set(
        xlabel="probability said", ylabel="share of AI, classes weighing equal", title="Calibration (cross-fitted)"
    )
    axes.legend()
    return figure


def _confusion(plt: Any, judged: Sequence[Judged]) -> Any:
    figure, axes = plt.subplots()
    strict = confusion(judged).rows[-1]
    cells = np.array([[int(str(c)) for c in strict[1:3]], [int(str(c)) for c in strict[3:5]]], dtype=float)
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=2)
    for (y, x), count in np.ndenumerate(cells):
        axes.text(x, y, f"{count:.0f}\n{shares[y, x]:.1%}", ha="center", va="center", color=INK)
    axes.set_xticks([0, 1], ["below strict", "looks_ai"])
    axes.set_yticks([0, 1], ["human", "AI"])
    axes.grid(visible=False)
    axes.set_title("Confusion at the strict threshold (clean)")
    return figure


def _scores(plt: Any, judged: Sequence[Judged]) -> Any:
    groups: dict[tuple[int, str], list[float]] = {}
    for j in under(judged, "clean"):
        name = kind_of(j.scored.kind) if j.scored.label == HUMAN else attributed_to(j.scored.generator) or UNTOLD
        groups.setdefault((j.scored.label, name), []).append(j.probability)
    figure, axes = plt.subplots(len(groups), 1, sharex=True, figsize=(6, 0.6 + 0.5 * len(groups)), squeeze=False)
    for axis, ((label, name), values) in zip(axes[:, 0], sorted(groups.items()), strict=True):
        axis.hist(values, bins=BAR, range=(0, 1), color=(HUMAN_COLOUR, AI_COLOUR)[label], hatch=("", "//")[label])
        axis.set_yticks([])
        axis.set_ylabel(
            f"{('human', 'AI')[label]}: {name} ({len(values)})", rotation=0, ha="right", va="center", fontsize=8
        )
    axes[-1, 0].set_xlabel("probability (clean)")
    return figure


def _training(plt: Any, log: Path) -> Any:
    with log.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        rows, along = list(reader), "epoch" if "epoch" in (reader.fieldnames or ()) else "step"
    members = [list(part) for _, part in groupby(rows, key=lambda r: r.get("member"))]
    figure, axes = plt.subplots()
    for name, dash, colour in (
        ("loss", "-", HUMAN_COLOUR), ("accuracy", "--", AI_COLOUR), ("held_auc", ":", INK)
    ):  # fmt: skip
        curves = [[(int(r[along]), float(r[name])) for r in part if r.get(name)] for part in members]
        for number, points in enumerate(curve for curve in curves if curve):
            label = None if number else name.replace("_", " ")
            axes.plot(*zip(*points, strict=True), dash, color=colour, marker=".", label=label)
    axes.set(xlabel=along, title="Training")
    axes.legend()
    return figure
