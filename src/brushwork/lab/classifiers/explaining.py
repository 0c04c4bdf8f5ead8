"""Explain single pictures: the map of a run (Grad-CAM) or of a bundle (its regions), and whether it means anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import nn

from ...errors import PictureError
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
from .forms.subject import Subject
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


class LeftOut(NamedTuple):
    """A picture that could not be read, and why."""

    name: str
    error: PictureError


class Explanations(NamedTuple):
    """What was written: the table, the page, and the pictures that were left out."""

    table: Table
    page: Path
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, eq=False)
class Looking:
    """A network that is asked; `by` is put behind the name of a picture where several are."""

    subject: Subject
    by: str = ""


class Opened:
    """Pictures by name and pixels, one at a time; those that do not open are left out, and kept in `failed`."""

    def __init__(self, pictures: Iterable[Path]) -> None:
        self._pictures = pictures
        self.failed: list[LeftOut] = []

    def __iter__(self) -> Iterator[tuple[str, Pixels]]:
        for path in self._pictures:
            try:
                yield path.name, open_picture(path, LIMITS, name=path.name).rgb
            except PictureError as error:
                self.failed.append(LeftOut(path.name, error))


def explain_with_networks(looks: Sequence[Looking], pictures: Iterable[tuple[str, Pixels]]) -> Iterator[Explained]:
    """Grad-CAM of each picture by each network, for the class that this network answers."""
    for name, rgb in pictures:
        for look in looks:
            yield _by_network(look, f"{name}{look.by}", rgb)


def _by_network(look: Looking, name: str, rgb: Pixels) -> Explained:
    net, side = look.subject.module.eval(), look.subject.side
    seen = shrunk(rgb, side)
    shares = _shares(net, iter([seen]))[0]
    answer = int(shares.argmax())
    found = grad_cam(net, seen, answer)
    cells = grid_cells(side, side, *found.shape)
    judged = faithfulness(seen, cells, found.reshape(-1), lambda views: _shares(net, views)[:, answer])
    shown = enlarged(found, *rgb.shape[:2])
    return Explained(name, look.subject.classes[answer], float(shares[answer]), rgb, shown, judged, in_words(shown))


def _shares(net: nn.Module, views: Iterator[Pixels]) -> Floats:
    """Softmax (n, k) of pictures."""
    parts = []
    with torch.inference_mode():
        while batch := list(islice(views, BATCH)):
            parts.append(net(torch.from_numpy(np.stack(batch))).float().softmax(1).double().numpy())
    return np.concatenate(parts)


def explain_with_bundle(bundle: Bundle, pictures: Iterable[tuple[str, Pixels]]) -> Iterator[Explained]:
    """The region map of a bundle: each patch with the probability that it has alone, averaged where patches overlap."""
    scorer = Scorer(bundle)
    calibration = bundle.recipe.calibration
    for name, rgb in pictures:
        scores = scorer.score(rgb)
        said = probability(scores.pooled, calibration)
        answer, score = ("ai", said) if said >= bundle.recipe.thresholds.balanced.probability else ("human", 1 - said)
        if len(scores.places) < 2:
            words = "The model looked at one piece of this picture: there is no map. Explain the run that it came from."
            yield Explained(name, answer, score, rgb, np.zeros(rgb.shape[:2]), None, words)
            continue
        found = _coarse(scores, calibration_of(bundle), *rgb.shape[:2])
        raising = found if answer == "ai" else np.where(found > 0, 1 - found, 0)

        def ask(views: Iterator[Pixels], sign: int = 1 if answer == "ai" else -1) -> Floats:
            return np.array([sign * scorer.score(view).pooled for view in views])

        cells = grid_cells(*rgb.shape[:2], *found.shape)
        judged = faithfulness(rgb, cells, raising.reshape(-1), ask)
        shown = enlarged(found, *rgb.shape[:2])
        yield Explained(name, answer, score, rgb, shown, judged, in_words(shown))


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


def explain_pictures(pictures: Iterable[Path], run: Path | None, bundle: str | None, out: Path) -> Explanations:
    """Explain pictures with a run or a bundle and write the page; an ensemble is explained member by member.

    Pictures that do not open are left out and told. Raises PictureError where none opens, LabError for a run that is
    no network and has a member that is none.
    """
    opened = Opened(pictures)
    if run is not None:
        looks = _looks(run)
        return write_explanations(f"{run.name}: Grad-CAM", explain_with_networks(looks, opened), opened.failed, out)
    shipped = load_bundle(bundle or "default")
    found = explain_with_bundle(shipped, opened)
    return write_explanations(f"{shipped.recipe.name}: regions", found, opened.failed, out)


def _looks(folder: Path) -> list[Looking]:
    """The network of a run, or those of the members of an ensemble. Raises LabError where one is no network."""
    from .runs import load_run
    from .subjects import subject_of

    run = load_run(folder)
    if run.plan.ensemble is None:
        return [Looking(subject_of(run, pictures=False))]
    named = enumerate(run.plan.ensemble.members, 1)
    return [replace(look, by=f" by member {i}, {at.name}{look.by}") for i, at in named for look in _looks(at)]


def write_explanations(title: str, found: Iterable[Explained], failed: Sequence[LeftOut], out: Path) -> Explanations:
    """Write an overlay for each picture and one page into `out`, with those that failed while `found` was read.

    Raises PictureError where there is nothing to show.
    """
    parts = [Section("How to read this", note=NOTE)]
    rows: list[tuple[object, ...]] = []
    for number, one in enumerate(found, 1):
        path = write_overlay(one.picture, one.map, out / f"{number:03d}-{Path(one.name).stem}.png")
        judged = one.faithful.words if one.faithful else ""
        words = f"{one.name}: said {one.answer} ({one.score:.2f}). {one.words}"
        tables = (_table(one.faithful),) if one.faithful else ()
        parts.append(Section(one.name, tables, judged, (Figure(path, words),)))
        rows.append((one.name, one.answer, f"{one.score:.3f}", _means(one.faithful)))
    if not rows:
        raise _none_left(failed)
    listed = Table(("picture", "said", "probability", "map means something"), tuple(rows))
    parts.insert(1, Section("Pictures", (listed,)))
    if failed:
        why = Table(("picture", "why"), tuple((one.name, one.error.detail) for one in failed))
        parts.insert(2, Section(f"Left out: {len(failed)}", (why,), "These could not be read."))
    return Explanations(listed, write_report(title, parts, {}, out), tuple(failed))


def _none_left(failed: Sequence[LeftOut]) -> PictureError:
    if len(failed) == 1:
        return failed[0].error
    if not failed:
        return PictureError("There is no picture to explain.", "Name one or more.")
    first = failed[0].error
    return PictureError(f"None of {len(failed):,} pictures can be read; the first: {first.detail}", first.advice)


def _means(judged: Faithfulness | None) -> str:
    return "no map" if judged is None else "yes" if judged.meaningful else "no"


def _table(f: Faithfulness) -> Table:
    rows = (
        ("deletion (lower is better)", f"{f.deletion:.4f}", f"{f.chance_deletion:.4f}"),
        ("insertion (higher is better)", f"{f.insertion:.4f}", f"{f.chance_insertion:.4f}"),
    )
    return Table(("mean score", "this map", "maps of chance"), rows)
