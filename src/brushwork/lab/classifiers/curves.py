"""The plots of a comparison: learning curves, ROC overlay, confusions, and accuracy against size and time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..datasets import AI
from ..plots import AI_COLOUR, HUMAN_COLOUR, INK, finish_roc, roc_points, saved, styled
from .board import MIB, Contender, ranking, task_of

COLOURS: Final = (HUMAN_COLOUR, AI_COLOUR, "#009e73", "#cc79a7", "#56b4e9", "#d55e00", INK, "#999999")
"""Okabe and Ito's colours, which people of all kinds of sight tell apart; marks differ too."""
MARKS: Final = "osD^vPX*"
MOST_POINTS: Final = 400


def draw_comparison(runs: Sequence[Contender], metric: str, folder: Path) -> dict[str, Path]:
    """Every plot that the runs allow, as SVG and PNG in `folder`; the SVG files by title."""
    folder.mkdir(parents=True, exist_ok=True)
    ranked = ranking(runs, metric)
    drawn: dict[str, Path] = {}
    with styled() as plt:
        if task_of(runs) == "ai":
            drawn["ROC curves"] = saved(plt, _roc(plt, ranked), folder / "roc")
        drawn["Accuracy and other figures"] = saved(plt, _scores(plt, ranked, metric), folder / "scores")
        drawn["Confusion"] = saved(plt, _confusions(plt, ranked), folder / "confusion")
        if any(run.history for run in ranked):
            drawn["Loss by epoch"] = saved(plt, _curves(plt, ranked, "loss"), folder / "loss")
            drawn["Accuracy by epoch"] = saved(plt, _curves(plt, ranked, "accuracy"), folder / "accuracy")
        drawn["Accuracy against size"] = saved(plt, _size(plt, ranked), folder / "size")
        if any(run.latency for run in ranked):
            drawn["Accuracy against time"] = saved(plt, _time(plt, ranked), folder / "time")
    return drawn


def _look(number: int) -> tuple[str, str]:
    return COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]


def _roc(plt: Any, runs: Sequence[Contender]) -> Any:
    figure, axes = plt.subplots()
    for number, run in enumerate(runs):
        human, ai = roc_points(run.judgement.positive, run.judgement.truth == AI)
        step = max(1, len(human) // MOST_POINTS)
        keep = np.unique(np.append(np.arange(0, len(human), step), len(human) - 1))
        label = f"{run.name}: {run.figures.value('auc'):.4f}"
        axes.plot(
            human[keep], ai[keep], color=_look(number)[0], linestyle=("-", "--", ":", "-.")[number % 4], label=label
        )
    finish_roc(axes)
    return figure


def _scores(plt: Any, runs: Sequence[Contender], metric: str) -> Any:
    """Accuracy and the chosen metric of every run, with intervals."""
    names = list(dict.fromkeys(("accuracy", metric)))
    figure, axes = plt.subplots(1, len(names), sharey=True, figsize=(6, 1 + 0.35 * len(runs)), squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        for number, run in enumerate(runs):
            found = run.figures.interval(name)
            colour, mark = _look(number)
            axis.plot([found.low, found.high], [number, number], color=colour)
            axis.plot([found.value], [number], mark, color=colour)
        axis.set_title(name.replace("_", " "))
        axis.set_yticks(range(len(runs)), [run.name for run in runs])
    axes[0, 0].invert_yaxis()
    return figure


def _confusions(plt: Any, runs: Sequence[Contender]) -> Any:
    columns = min(3, len(runs))
    lines = math.ceil(len(runs) / columns)
    side = 2.2 if len(runs[0].judgement.classes) == 2 else 3.4
    figure, axes = plt.subplots(lines, columns, figsize=(side * columns + 0.8, side * lines + 0.5), squeeze=False)
    for axis in axes.flat[len(runs) :]:
        axis.axis("off")
    for axis, run in zip(axes.flat, runs, strict=False):
        cells = run.figures.confusion().astype(float)
        part = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
        axis.imshow(part, cmap="Blues", vmin=0, vmax=2)
        for (y, x), count in np.ndenumerate(cells):
            axis.text(x, y, f"{count:.0f}\n{part[y, x]:.1%}", ha="center", va="center", color=INK, fontsize=8)
        names = run.judgement.classes
        axis.set_xticks(range(len(names)), names, rotation=0 if len(names) == 2 else 60, fontsize=8)
        axis.set_yticks(range(len(names)), names, fontsize=8)
        axis.grid(visible=False)
        axis.set_title(run.name, fontsize=9)
    return figure


def _curves(plt: Any, runs: Sequence[Contender], what: str) -> Any:
    """Training (dotted) and validation (drawn through) by epoch."""
    figure, axes = plt.subplots()
    for number, run in enumerate(runs):
        colour, mark = _look(number)
        for part, line in (("train", ":"), ("val", "-")):
            points = [(row["epoch"], row[f"{part}_{what}"]) for row in run.history if f"{part}_{what}" in row]
            if points:
                axes.plot(*zip(*points, strict=True), line, marker=mark, markersize=4, color=colour,
                          label=f"{run.name}, {part}")  # fmt: skip
    axes.set(xlabel="epoch", ylabel=what, title=f"{what.capitalize()} by epoch")
    axes.legend(fontsize=7)
    return figure


def _size(plt: Any, runs: Sequence[Contender]) -> Any:
    return _against(plt, runs, [run.bytes / MIB for run in runs], "size of the weights (MiB)")


def _time(plt: Any, runs: Sequence[Contender]) -> Any:
    timed = [run for run in runs if run.latency]
    return _against(plt, timed, [run.latency.ms for run in timed if run.latency], "milliseconds a picture, one thread")


def _against(plt: Any, runs: Sequence[Contender], places: Sequence[float], words: str) -> Any:
    figure, axes = plt.subplots()
    for number, (run, place) in enumerate(zip(runs, places, strict=True)):
        colour, mark = _look(number)
        found = run.figures.interval("accuracy")
        axes.plot([place, place], [found.low, found.high], color=colour)
        axes.plot([place], [found.value], mark, color=colour, label=run.name)
    axes.set_xscale("log")
    axes.set(xlabel=words, ylabel="accuracy", title=f"Accuracy against {words}")
    axes.legend(fontsize=7)
    return figure
