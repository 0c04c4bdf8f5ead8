"""Scores of pictures under each weather, and what they say: per weather, per kind, per source, per generator."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import LabError
from ..forensics.patches import prepare
from ..forensics.recipe import PatchPlan
from ..forensics.scorer import Session, run_session
from ..forensics.stability import VIEWS, views
from ..picture import open_picture
from .crops import LIMITS
from .datasets import AI, Row
from .metrics import Bools, Floats
from .weather import Pixels, Weather, degrade, stream

WEATHERS: Final[tuple[Weather, ...]] = ("clean", "web", "hard")
VIEW: Final = "view: "


@dataclass(frozen=True)
class Scored:
    """One picture under one weather (or in one re-encoding); `logit` is the mean over its patches."""

    id: str
    label: int
    source: str
    kind: str
    generator: str
    date: str
    weather: str
    logit: float


Look = Callable[[Pixels], float]
"""The logit of an upright picture uint8 (height, width, 3): an exported model, a network in training, or a peer."""


def look_with(session: Session, plan: PatchPlan) -> Look:
    """What an exported model says of a picture: the mean over its patches."""
    return lambda rgb: float(np.mean(run_session(session, prepare(rgb, plan)[0]), dtype=np.float64))


def score(
    rows: Iterable[Row],
    look: Look,
    weathers: Sequence[Weather] = WEATHERS,
    seed: int = 0,
    stability: bool = False,
) -> list[Scored]:
    """Score every row under every weather; the weather of a picture depends on its id alone.

    With `stability` also under the eight harmless re-encodings, as weathers named VIEW and the name of the view.
    Raises PictureError for a picture that does not open: a set that is measured on has none.
    """
    out: list[Scored] = []
    for row in rows:
        rgb = open_picture(row.data(), LIMITS, name=row.id).rgb
        for name, seen in _seen(rgb, row.id, weathers, seed, stability):
            out.append(Scored(row.id, row.label, row.source, row.kind, row.generator, row.date, name, look(seen)))
    return out


def _seen(
    rgb: Pixels, name: str, weathers: Sequence[Weather], seed: int, stability: bool
) -> Iterator[tuple[str, Pixels]]:
    for weather in weathers:
        yield weather, degrade(rgb, weather, stream("weather", seed, weather, name))
    if stability:
        for view, again in zip(VIEWS, views(rgb), strict=True):
            yield VIEW + view.name, again


def write_scores(scored: Sequence[Scored], path: Path) -> None:
    """Keep scores as CSV, so that every figure can be computed again without the pictures."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, [f.name for f in fields(Scored)])
        writer.writeheader()
        writer.writerows(asdict(s) for s in scored)


def read_scores(path: Path) -> list[Scored]:
    """Read what `write_scores` wrote. Raises LabError where it is something else."""
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return [
                Scored(**{**r, "label": int(r["label"]), "logit": float(r["logit"])})  # type: ignore[arg-type]
                for r in csv.DictReader(lines)
            ]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise LabError(f"{path} holds no scores: {error}.", "Run `brushwork evaluate` to make it.") from error


def under(scored: Sequence[Scored], weather: str) -> list[Scored]:
    """The scores under one weather. Raises LabError where there are none."""
    found = [s for s in scored if s.weather == weather]
    if not found:
        raise LabError(f"No picture was scored under {weather} weather.", f"Score under {', '.join(WEATHERS)}.")
    return found


def logits_of(scored: Sequence[Scored]) -> Floats:
    """Logits in order."""
    return np.array([s.logit for s in scored], dtype=np.float64)


def positive_of(scored: Sequence[Scored]) -> Bools:
    """True for AI, in order."""
    return np.array([s.label == AI for s in scored], dtype=np.bool_)
