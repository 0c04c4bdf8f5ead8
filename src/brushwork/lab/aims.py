"""What a detector of art should reach on sources that its training never saw, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from .calibrate import Judged
from .datasets import HUMAN
from .evaluate import WEATHERS
from .kinds import kind_of
from .tables import Table, flips, headlines, looks_rate, under

ECE: Final = 0.05
"""Calibration error that a probability may have to be called one."""
FLIPS: Final = 0.01
KIND_FPR: Final = 0.03
KIND_LEAST: Final = 100
"""Works of a kind from which its false positives count as measured."""


class Aim(NamedTuple):
    """A figure of `tables.headlines` and the least that it should be."""

    figure: str
    least: float


AIMS: Final = (
    Aim("auc.art.clean", 0.95), Aim("auc.art.web", 0.92), Aim("auc.art.hard", 0.86),
    Aim("auc.photographs.clean", 0.85), Aim("recall_at_1.art.clean", 0.60),
)  # fmt: skip


def checks(judged: Sequence[Judged]) -> Table:
    """Each aim with the figure that was found, and whether it is met; what cannot be said is left out."""
    found = dict(headlines(judged))
    rows: list[tuple[object, ...]] = [
        (aim.figure, f"at least {aim.least}", f"{found[aim.figure]:.3f}", _word(found[aim.figure] >= aim.least))
        for aim in AIMS
        if aim.figure in found
    ]
    errors = {weather: found[f"ece.all.{weather}"] for weather in WEATHERS}
    rows += [(f"ece.all.{w}", f"at most {ECE}", f"{e:.3f}", _word(e <= ECE)) for w, e in errors.items()]
    for between, _, opposite, _ in flips(judged).rows:
        share = float(getattr(opposite, "value", 0.0))
        rows.append((f"opposite answers between {between}", f"at most {FLIPS}", opposite, _word(share <= FLIPS)))
    clean = under(judged, "clean")
    for kind in sorted({kind_of(j.scored.kind) for j in clean if j.scored.label == HUMAN}):
        rate = looks_rate([j for j in clean if kind_of(j.scored.kind) == kind], HUMAN)
        if rate.n >= KIND_LEAST:
            rows.append((f"false positives, {kind}", f"at most {KIND_FPR}", rate, _word(rate.value <= KIND_FPR)))
    return Table(("aim", "wanted", "found", "met"), tuple(rows))


def _word(met: bool) -> str:
    return "yes" if met else "no"
