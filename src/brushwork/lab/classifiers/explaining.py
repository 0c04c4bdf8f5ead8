"""Explain single pictures: the map of a run (Grad-CAM) or of a bundle (its regions), and whether it means anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from ...errors import LabError
from ...forensics.bundle import Bundle, load_bundle
from ...forensics.calibration import probability
from ...forensics.patches import Place, shrunk
from ...forensics.scorer import PatchScores, Scorer
from ...picture import open_picture
from ..crops import LIMITS
from ..metrics import Floats
from ..report import Figure, Section, write_report
from ..tables import Table
from ..weather import Pixels
from .faithful import Faithfulness, faithfulness, grid_cells
from .gradcam import enlarged, grad_cam
from .overlays import in_words, write_overlay

BATCH: Final = 32
COARSE: Final = 8
"""Cells to a side under a map of overlapping patches."""
NOTE: Final = (
    "A map shows which places raise the score, not where AI was used, and it is no proof of anything. A network may "
    "look at what goes with a class in its training set and not at what makes a picture generated. Each map is put to "
    "a test: its highest places are blurred first (deletion: the score should fall fast) and brought back first "
    "(insertion: it should rise fast), against maps of chance. Where a map does no better than chance, that is said, "
    "and it should not be read."
)


@dataclass(frozen=True)
class Explained:
    """One picture: its name, what was said of it, the map (height, width) over it, and how faithful that is.

    `score` is the probability of `answer`. `faithful` is None where there is no map to judge.
    """

    name: str
    answer: str
    score: float
    picture: Pixels
    map: Floats
    faithful: Faithfulness | None
    words: str


def explain_with_network(
    net: nn.Module, classes: Sequence[str], side: int, pictures: Iterable[Path]
) -> Iterator[Explained]:
    """Grad-CAM of each picture for the class that the network answers.

    Raises PictureError for a picture that does not open.
    """
    net.eval()
    for path in pictures:
        rgb = open_picture(path, LIMITS, name=path.name).rgb
        seen = shrunk(rgb, side)
        shares = _shares(net, iter([seen]))[0]
        answer = int(shares.argmax())
        found = grad_cam(net, seen, answer)
        cells = grid_cells(side, side, *found.shape)

        def ask(views: Iterator[Pixels], answer: int = answer) -> Floats:
            return _shares(net, views)[:, answer]

        judged = faithfulness(seen, cells, found.reshape(-1), ask)
        shown = enlarged(found, *rgb.shape[:2])
        yield Explained(path.name, classes[answer], float(shares[answer]), rgb, shown, judged, in_words(shown))


def _shares(net: nn.Module, views: Iterator[Pixels]) -> Floats:
    """Softmax (n, k) of pictures."""
    parts = []
    with torch.inference_mode():
        while batch := list(islice(views, BATCH)):
            parts.append(net(torch.from_numpy(np.stack(batch))).float().softmax(1).double().numpy())
    return np.concatenate(parts)


def explain_with_bundle(bundle: Bundle, pictures: Iterable[Path]) -> Iterator[Explained]:
    """The region map of a bundle: each patch with the probability that it has alone, averaged where patches overlap.

    Raises PictureError for a picture that does not open.
    """
    scorer = Scorer(bundle)
    calibration = bundle.recipe.calibration
    for path in pictures:
        rgb = open_picture(path, LIMITS, name=path.name).rgb
        scores = scorer.score(rgb)
        said = probability(scores.pooled, calibration)
        answer, score = ("ai", said) if said >= bundle.recipe.thresholds.balanced.probability else ("human", 1 - said)
        if len(scores.places) < 2:
            words = "The model looked at one piece of this picture: there is no map. Explain the run that it came from."
            yield Explained(path.name, answer, score, rgb, np.zeros(rgb.shape[:2]), None, words)
            continue
        found = _coarse(scores, calibration_of(bundle), *rgb.shape[:2])
        raising = found if answer == "ai" else np.where(found > 0, 1 - found, 0)

        def ask(views: Iterator[Pixels], sign: int = 1 if answer == "ai" else -1) -> Floats:
            return np.array([sign * scorer.score(view).pooled for view in views])

        cells = grid_cells(*rgb.shape[:2], *found.shape)
        judged = faithfulness(rgb, cells, raising.reshape(-1), ask)
        shown = enlarged(found, *rgb.shape[:2])
        yield Explained(path.name, answer, score, rgb, shown, judged, in_words(shown))


def calibration_of(bundle: Bundle) -> Callable[[float], float]:
    """From a logit to the probability that a verdict would show."""
    return lambda logit: probability(logit, bundle.recipe.calibration)


def _coarse(scores: PatchScores, shown: Callable[[float], float], height: int, width: int) -> Floats:
    """The mean probability of the patches over each of COARSE x COARSE cells; 0 where none lies."""
    total, count = np.zeros((COARSE, COARSE)), np.zeros((COARSE, COARSE))
    y, x = ((np.arange(COARSE) + 0.5) * length / COARSE for length in (height, width))
    for place, logit in zip(scores.places, scores.logits, strict=True):
        inside = np.outer(*(_within(place, axis, values) for axis, values in (("y", y), ("x", x))))
        total += inside * shown(float(logit))
        count += inside
    return np.asarray(total / np.maximum(count, 1))


def _within(place: Place, axis: str, values: Floats) -> Floats:
    start, length = (place.y, place.height) if axis == "y" else (place.x, place.width)
    return ((values >= start) & (values < start + length)).astype(np.float64)


def explain_pictures(pictures: Iterable[Path], run: Path | None, bundle: str | None, out: Path) -> tuple[Table, Path]:
    """Explain pictures with a run or a bundle and write the page; the table of it, and its path.

    Raises PictureError for a picture that does not open, LabError for a run that is no single network.
    """
    if run is not None:
        from .runs import load_run
        from .subjects import subject_of

        loaded = load_run(run)
        if loaded.plan.ensemble is not None:
            names = ", ".join(str(folder) for folder in loaded.plan.ensemble.members)
            raise LabError(f"{run} is an ensemble: each member looks elsewhere.", f"Explain one of them: {names}.")
        subject = subject_of(loaded, pictures=False)
        found = explain_with_network(subject.module, subject.classes, subject.side, pictures)
        return write_explanations(f"{subject.name}: Grad-CAM", found, out)
    shipped = load_bundle(bundle or "default")
    return write_explanations(f"{shipped.recipe.name}: regions", explain_with_bundle(shipped, pictures), out)


def write_explanations(title: str, found: Iterable[Explained], out: Path) -> tuple[Table, Path]:
    """Write an overlay for each picture and one page into `out`; the table of it, and its path."""
    parts = [Section("How to read this", note=NOTE)]
    rows: list[tuple[object, ...]] = []
    for number, one in enumerate(found, 1):
        path = write_overlay(one.picture, one.map, out / f"{number:03d}-{Path(one.name).stem}.png")
        judged = one.faithful.words if one.faithful else ""
        words = f"{one.name}: said {one.answer} ({one.score:.2f}). {one.words}"
        tables = (_table(one.faithful),) if one.faithful else ()
        parts.append(Section(one.name, tables, judged, (Figure(path, words),)))
        rows.append((one.name, one.answer, f"{one.score:.3f}", _means(one.faithful)))
    listed = Table(("picture", "said", "probability", "map means something"), tuple(rows))
    parts.insert(1, Section("Pictures", (listed,)))
    return listed, write_report(title, parts, {}, out)


def _means(judged: Faithfulness | None) -> str:
    return "no map" if judged is None else "yes" if judged.meaningful else "no"


def _table(f: Faithfulness) -> Table:
    rows = (
        ("deletion (lower is better)", f"{f.deletion:.4f}", f"{f.chance_deletion:.4f}"),
        ("insertion (higher is better)", f"{f.insertion:.4f}", f"{f.chance_insertion:.4f}"),
    )
    return Table(("mean score", "this map", "maps of chance"), rows)
