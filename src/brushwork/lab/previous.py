"""Pictures whose answer changed since the last bundle, by id, for the card."""

from __future__ import annotations

from collections.abc import Sequence

from ..forensics.bundle import load_bundle
from ..forensics.calibration import probability
from ..forensics.recipe import Calibration
from ..forensics.scorer import open_session
from ..verdict import Thresholds
from .calibrate import Fit
from .datasets import Row
from .evaluate import Scored, look_with, score, under
from .tables import Table


def changed_since(name: str, rows: Sequence[Row], scored: Sequence[Scored], fit: Fit) -> str:
    """Markdown on the `rows` whose clean answer is another than that of the bundle `name` (or folder): how often each
    change happens, and the ids. Raises BundleError where that bundle cannot be used."""
    last = load_bundle(name)
    before = score(rows, look_with(open_session(last.model_path), last.recipe.patches), weathers=("clean",))
    said = {s.id: answer_of(s, last.recipe.calibration, last.recipe.thresholds.values()) for s in before}
    changes: dict[tuple[str, str, str], list[str]] = {}
    for s in under(scored, "clean"):
        now = answer_of(s, fit.calibration, fit.thresholds.values())
        if now != said[s.id]:
            changes.setdefault((("human", "AI")[s.label], said[s.id], now), []).append(s.id[:10])
    lines = [(*key, len(ids), " ".join(sorted(ids))) for key, ids in sorted(changes.items())]
    changed = sum(len(ids) for ids in changes.values())
    table = Table(("class", "before", "now", "pictures", "files"), tuple(lines))
    told = f"Of {len(said)} pictures, {changed} get another answer than from {last.recipe.name} {last.recipe.version}."
    return f"{told}\n\n{table.markdown}" if lines else told


def answer_of(scored: Scored, calibration: Calibration, limits: Thresholds) -> str:
    """What the pixels alone would answer."""
    p = probability(scored.logit, calibration)
    return "looks_ai" if p >= limits.strict else "no_sign_of_ai" if p <= limits.clear else "cannot_tell"
