"""Scores of pictures under each weather, and what they say: per weather, per kind, per source, per generator."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from .journal import Journal
from .metrics import Bools, Floats
from .weather import Pixels, Weather, degrade, stream
from .writing import written_whole

WEATHERS: Final[tuple[Weather, ...]] = ("clean", "web", "hard")
VIEW: Final = "view: "
LOG: Final = "scores.jsonl"
"""What a scoring that is not finished came to, beside where its scores will be."""


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
    log: ScoreLog | None = None,
) -> list[Scored]:
    """Score every row under every weather; the weather of a picture depends on its id alone.

    With `stability` also under the eight harmless re-encodings, as weathers named VIEW and the name of the view. What
    `log` knows is not looked at again, and what is new goes there. Raises PictureError for a picture that does not
    open: a set that is measured on has none.
    """
    out: list[Scored] = []
    for row in rows:
        logits = log.known(row) if log else None
        if logits is None:
            rgb = open_picture(row.data(), LIMITS, name=row.id).rgb
            logits = {name: look(seen) for name, seen in _seen(rgb, row.id, weathers, seed, stability)}
            if log:
                log.add(row, logits)
        about = (row.id, row.label, row.source, row.kind, row.generator, row.date)
        out += [Scored(*about, name, logit) for name, logit in logits.items()]
    return out


class ScoreLog:
    """What was scored so far, a picture a line, so that a kill costs one picture.

    `of` names all that scores depend on but the picture itself, and heads the file; one with another head begins anew.
    """

    def __init__(self, path: Path, of: str) -> None:
        self._path, self._journal = path, Journal(path)
        head, *lines = [*self._journal.lines()] or [{}]
        if head != {"of": of}:
            lines = []
            self.remove()
            self._journal.add({"of": of})
        self._known: dict[str, dict[str, float]] = {line["name"]: line["logits"] for line in lines}

    def known(self, row: Row) -> dict[str, float] | None:
        """The logits of a picture by weather, None where it was not scored yet."""
        return self._known.get(_name(row))

    def add(self, row: Row, logits: Mapping[str, float]) -> None:
        """Keep what was scored. Raises OSError on a full disk."""
        self._journal.add({"name": _name(row), "logits": dict(logits)})

    def remove(self) -> None:
        """The scores stand elsewhere now."""
        self._path.unlink(missing_ok=True)


def _name(row: Row) -> str:
    return f"{row.id} {row.crop}".strip()


def _seen(
    rgb: Pixels, name: str, weathers: Sequence[Weather], seed: int, stability: bool
) -> Iterator[tuple[str, Pixels]]:
    for weather in weathers:
        yield weather, degrade(rgb, weather, stream("weather", seed, weather, name))
    if stability:
        for view, again in zip(VIEWS, views(rgb), strict=True):
            yield VIEW + view.name, again


def write_scores(scored: Sequence[Scored], path: Path) -> None:
    """Keep scores as a whole file of CSV, so that every figure can be computed again without the pictures."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [f.name for f in fields(Scored)])
    writer.writeheader()
    writer.writerows(asdict(s) for s in scored)
    written_whole(path, lambda part: part.write_text(text.getvalue(), encoding="utf-8", newline=""))


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
