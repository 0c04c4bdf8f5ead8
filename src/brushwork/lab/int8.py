"""Whether int8 ships: written beside fp32, measured on the same pictures, taken only where it loses next to nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..forensics.scorer import open_session
from .calibrate import fit
from .datasets import Row
from .evaluate import LOG, WEATHERS, Scored, ScoreLog, logits_of, look_with, positive_of, score, under
from .gather import Gathered, cache_of
from .loading import shares
from .metrics import auc
from .outputs import without_known
from .plan import LabPlan
from .quantize import MOST_LOST, is_int8, quantize
from .reference import as_trained
from .tables import Table
from .weather import Pixels, stream
from .writing import written_whole

INT8_FILE: Final = "int8.onnx"
FP32_FILE: Final = "fp32.onnx"
REPORT: Final = "int8.md"
MOST_MOVED: Final = 0.01
"""Probability by which a threshold may differ between the two and still count as the same."""
PICTURES: Final = 64
"""Pictures of the training set, drawn as training draws them, that the ranges of activations come from."""
NOT_TRIED: Final = "int8 was not tried: the recipe leaves it out."


@dataclass(frozen=True)
class Comparison:
    """fp32 and int8, in this order: AUC by weather, thresholds by name, bytes of the files."""

    aucs: dict[str, tuple[float, float]]
    thresholds: dict[str, tuple[float, float]]
    sizes: tuple[int, int]

    @property
    def lost(self) -> float:
        """AUC that int8 loses under the weather that costs it most."""
        return max(fp32 - int8 for fp32, int8 in self.aucs.values())

    @property
    def moved(self) -> float:
        """Probability by which the threshold that moves furthest does so."""
        return max(abs(fp32 - int8) for fp32, int8 in self.thresholds.values())

    @property
    def ships(self) -> bool:
        """Whether int8 is what goes into the bundle."""
        return self.lost < MOST_LOST and self.moved <= MOST_MOVED

    @property
    def words(self) -> str:
        """What was found, for the card."""
        rows = [(f"AUC, {weather}", f"{a:.4f}", f"{b:.4f}") for weather, (a, b) in self.aucs.items()]
        rows += [(f"threshold {name}", f"{a:.4f}", f"{b:.4f}") for name, (a, b) in self.thresholds.items()]
        rows.append(("bytes", f"{self.sizes[0]:,}", f"{self.sizes[1]:,}"))
        return (
            f"{'int8' if self.ships else 'fp32'} ships. int8 loses {self.lost:.4f} of AUC at most (it must be under "
            f"{MOST_LOST}), and its thresholds move by {self.moved:.4f} at most (up to {MOST_MOVED}).\n\n"
            f"{Table(('', 'fp32', 'int8'), tuple(rows)).markdown}"
        )


def compared(fp32: Sequence[Scored], int8: Sequence[Scored], sizes: tuple[int, int]) -> Comparison:
    """Compare scores of the same pictures under WEATHERS; thresholds are fitted on all of them."""
    aucs = {str(weather): (_auc(fp32, weather), _auc(int8, weather)) for weather in WEATHERS}
    ours, theirs = (fit(scored).thresholds.values() for scored in (fp32, int8))
    names = ("clear", "balanced", "strict")
    return Comparison(aucs, {name: (getattr(ours, name), getattr(theirs, name)) for name in names}, sizes)


def _auc(scored: Sequence[Scored], weather: str) -> float:
    part = under(scored, weather)
    return auc(logits_of(part), positive_of(part))


def settle(
    plan: LabPlan,
    gathered: Gathered,
    model: Path,
    out: Path,
    scored: Sequence[Scored],
    tick: Callable[[Sequence[Row]], Iterable[Row]],
) -> list[Scored]:
    """Write `model` as int8, compare its scores with `scored`, those of fp32, and put it in its place where it ships.

    Both stay in `out`, with what was found in int8.md. Returns the scores of what `model` now is. A model that is int8
    already was settled before. Raises OSError on a full disk.
    """
    if is_int8(model):
        return list(scored)
    fp32, int8 = out / FP32_FILE, out / INT8_FILE
    without_known(model, fp32)
    quantize(fp32, batches_of(plan, gathered), int8)
    look = look_with(open_session(int8, plan.train.threads), plan.patches)
    of = [hashlib.sha256(int8.read_bytes()).hexdigest(), plan.patches.model_dump(), plan.seed]

    def scores(*, stability: bool) -> list[Scored]:
        log = ScoreLog(out / f"int8-{LOG}", json.dumps([*of, stability]))
        found = score(tick(gathered.dev), look, seed=plan.seed, stability=stability, log=log)
        log.remove()
        return found

    found = compared(scored, scores(stability=False), (fp32.stat().st_size, int8.stat().st_size))
    written_whole(out / REPORT, lambda part: part.write_text(found.words + "\n", encoding="utf-8"))
    if not found.ships:
        return list(scored)
    again = scores(stability=True)
    written_whole(model, lambda part: part.write_bytes(int8.read_bytes()))
    return again


def batches_of(plan: LabPlan, gathered: Gathered) -> list[Pixels]:
    """Patches as training sees them, uint8 (n, size, size, 3), those of one picture in a batch."""
    cache = cache_of(plan, gathered)
    drawn = stream("ranges", plan.seed).choice(len(cache.regions), size=PICTURES, p=shares((cache,)))
    return [as_trained(cache, [cache.regions[int(i)]], plan.patches, plan.seed, n) for n, i in enumerate(drawn)]
