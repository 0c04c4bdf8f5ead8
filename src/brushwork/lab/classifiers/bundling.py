"""An exported classifier as a bundle that `scan` and `serve` take: thresholds, reference scores and a card."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import LabError
from ...forensics.bundle import CARD_FILE, MODEL_FILE, load_bundle
from ...forensics.patches import shrunk
from ...forensics.recipe import KnownRange, PatchPlan
from ...forensics.scorer import Session, open_session, run_session
from ..calibrate import FITTED_UNDER, FOLDS, Fit, fit_and_rate, reference_set
from ..datasets import AI, HUMAN
from ..evaluate import Scored, under
from ..export import Head, origin_of, write_bundle
from ..metrics import auc
from ..tables import Table
from ..weather import degrade, stream
from .prepared import PreparedRow, PreparedSet

MOST: Final = 5000
"""Pictures of the validation split that thresholds are fitted on at most, drawn by seed."""
BATCH: Final = 64
LEAST_SIDE: Final = 32
MIN_CONTRAST: Final = 4.0
MIN_QUALITY: Final = 30
Tick = Callable[[Sequence[int]], Iterable[int]]


@dataclass(frozen=True)
class Wrapped:
    """What a bundle of a classifier is made from: its ONNX file, the set that it was trained on, and its name."""

    name: str
    version: str
    seed: int
    model: str
    onnx: Path
    prepared: PreparedSet
    sections: tuple[tuple[str, str], ...] = ()


def make_bundle(made: Wrapped, folder: Path, tick: Tick = iter) -> Path:
    """Fit thresholds on the validation split and write the bundle; the folder, which was loaded once.

    Raises LabError without a validation split, or where it is too small to fit on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made.onnx, folder / MODEL_FILE)
    scored = score_split(open_session(folder / MODEL_FILE), made.prepared, "val", made.seed, tick)
    scored, unit = dealt(scored)
    fitted = fit_and_rate(scored)
    set_name = f"{made.prepared.folder.name}, val (human works, clean)"
    reference = reference_set(scored, fitted.calibration, set_name)
    side = made.prepared.side
    head = Head(
        made.name, made.version, PatchPlan(size=side, grid=0, whole=True),
        KnownRange(min_side=max(LEAST_SIDE, side), min_contrast=MIN_CONTRAST, min_jpeg_quality=MIN_QUALITY),
    )  # fmt: skip
    origin = origin_of(made.seed, made.prepared.sha256, f"classifier {made.model} on whole pictures")
    write_bundle(folder, head, fitted, reference, origin, {CARD_FILE: _card(made, fitted, scored, unit)})
    return load_bundle(folder).folder


def score_split(session: Session, prepared: PreparedSet, split: str, seed: int, tick: Tick = iter) -> list[Scored]:
    """The log-odds of each picture of a split under the weathers that thresholds hold for; MOST pictures at most."""
    indices = prepared.indices(split)
    first = {prepared.rows[i].id: int(i) for i in reversed(indices)}
    chosen = np.array(sorted(first.values()))
    if len(chosen) > MOST:
        chosen = np.sort(stream("thresholds", seed).permutation(chosen)[:MOST])
    out: list[Scored] = []
    for start in tick(range(0, len(chosen), BATCH)):
        rows = [prepared.rows[i] for i in chosen[start : start + BATCH]]
        pixels = prepared.pixels[chosen[start : start + BATCH]]
        for weather in FITTED_UNDER:
            seen = [
                degrade(p, weather, stream("weather", seed, weather, r.id)) for p, r in zip(pixels, rows, strict=True)
            ]
            batch = np.stack([p if p.shape == pixels.shape[1:] else shrunk(p, prepared.side) for p in seen])
            logits = run_session(session, batch)
            out += [_scored(row, weather, float(logit)) for row, logit in zip(rows, logits, strict=True)]
    return out


def _scored(row: PreparedRow, weather: str, logit: float) -> Scored:
    return Scored(row.id, row.label, row.source, row.kind, row.generator, "", weather, logit)


def dealt(scored: Sequence[Scored]) -> tuple[list[Scored], str]:
    """The scores, with pictures as sources where a class has too few sources to leave some out; what was dealt.

    Raises LabError where there are too few pictures too.
    """
    clean = under(scored, FITTED_UNDER[0])
    sources = {label: {s.source for s in clean if s.label == label} for label in (HUMAN, AI)}
    if all(len(found) >= FOLDS for found in sources.values()):
        return list(scored), "sources"
    fewest = min(sum(s.label == label for s in clean) for label in (HUMAN, AI))
    if fewest < FOLDS:
        raise LabError(
            f"The validation split has a class of {fewest} pictures; thresholds need {FOLDS} of each.",
            "Prepare a larger set, or one with a larger share for validation.",
        )
    return [replace(s, source=s.id) for s in scored], "pictures (the set names too few sources)"


def _card(made: Wrapped, fitted: Fit, scored: Sequence[Scored], unit: str) -> str:
    fits = fitted.thresholds
    named = (("clear", fits.clear), ("balanced", fits.balanced), ("strict", fits.strict))
    limits = Table(
        ("threshold", "probability", "fitted so that", "human above", "upper 95 %", "AI above", "n human", "n AI"),
        tuple((n, t.probability, t.fitted_for, t.fpr, t.fpr_upper95, t.recall, t.n_human, t.n_ai) for n, t in named),
    )
    found = []
    for weather in FITTED_UNDER:
        part = under(scored, weather)
        score = auc(np.array([s.logit for s in part]), np.array([s.label == AI for s in part]))
        found.append((weather, len(part), f"{score:.4f}"))
    weathers = Table(("weather", "pictures", "AUC on the validation split"), tuple(found))
    more = "\n".join(f"## {title}\n{text}\n" for title, text in made.sections)
    return f"""# {made.name} {made.version}
A classifier ({made.model}) that looks at the whole picture, pressed to {made.prepared.side} x {made.prepared.side}
pixels. Trained in the lab on the prepared set {made.prepared.folder.name}.

## Intended use
A second look at pictures like those it was trained on: one piece of evidence beside what the file says of itself.

## Not for
- Accusing a person: a score is no proof, and no human work is ever proved human by it.
- Pictures of other kinds, or of other generators, than the set holds: nothing was measured there.
- Pictures smaller than {made.prepared.side} pixels a side, flat ones, heavily compressed ones: outside its range.

## Training data
The prepared set `{made.prepared.sha256}`: {len(made.prepared.rows):,} rows of {made.prepared.side} pixels.

## Thresholds
Fitted on the validation split under clean and web weather; the rates are cross-fitted by {unit}. The best epoch was
chosen on the same split, which makes them somewhat favourable; the test split took no part.

{limits.markdown}

## By weather
{weathers.markdown}

{more}"""
