"""Ablation: one base recipe, one change at a time, several seeds, the same crops for each, judged on held-out sources.

A file of changes is TOML:

    seeds = [0, 1, 2]
    folds = 5            # of the training sources; seed number i is judged on fold i
    epochs = 6           # optional, of every cell
    pictures = 300       # of each class, judged in a cell
    [[change]]
    name = "no JPEG history"
    set = { "regions.history" = 0.0 }
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import LabError
from .cells import Cell, run_cell, spread
from .datasets import HUMAN, Row
from .evaluate import WEATHERS, Scored, logits_of, positive_of, under
from .folds import deal
from .gather import cache_of, gather
from .holdout import Budget, with_budget
from .kinds import kind_of
from .metrics import auc, recall_at_fpr, threshold_at_fpr
from .plan import LabPlan, plan_from
from .tables import Table

BASE: Final = "base"
SHARE: Final = 0.01
"""False positives, over all human works of a cell, at which kinds are compared."""
Grid = dict[str, list[list[Scored]]]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Strict):
    """One change of the base recipe: dotted keys with their new values."""

    name: str = Field(pattern=r"^[\w .,+-]+$")
    set: dict[str, Any] = Field(min_length=1)


class Ablation(_Strict):
    """What is compared and at what expense; see the head of this file."""

    change: tuple[Change, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)
    folds: int = Field(5, ge=2)
    epochs: int | None = Field(None, ge=1)
    pictures: int = Field(300, ge=1)


def read_ablation(path: Path) -> Ablation:
    """Read a file of changes. Raises LabError that names the key."""
    try:
        return Ablation.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LabError(f"{path} cannot be read: {error}.", "Give a TOML file of changes.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise LabError(f"{path.name}: {where}: {first['msg']}.", "Correct the key and start again.") from error


def changed(base: LabPlan, change: Change) -> LabPlan:
    """The base recipe with the change. Raises LabError for an unknown key, or where it changes how much is trained."""
    raw = base.model_dump(mode="json", exclude_unset=True)  # a default that is written out would count as asked for
    for dotted, value in change.set.items():
        *path, last = dotted.split(".")
        part = raw
        for name in path:
            part = part.setdefault(name, {})
        part[last] = value
    if any(key.split(".")[0] in ("data", "regions") or key == "train.size" for key in change.set):
        raw["name"] = f"{base.name}-{_slug(change.name)}"  # other regions: a cache of its own
    plan = plan_from(raw, f"the change {change.name!r}")
    if plan.crops != base.crops:
        raise LabError(
            f"The change {change.name!r} trains on {plan.crops:,} crops, the base on {base.crops:,}.",
            "Compare at equal expense: change batch and the number of steps together.",
        )
    return plan


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def ablate(
    base: LabPlan, wanted: Ablation, out: Path, say: Callable[[str], None] = lambda _: None
) -> tuple[Table, Table]:
    """Run every cell that is not done yet, in this process; the table of figures and that of false positives by kind.

    Each seed is judged on another fold of sources, the same one for every change, so that differences are paired.
    """
    budget = Budget(folds=wanted.folds, epochs=wanted.epochs, pictures=wanted.pictures)
    start = with_budget(base, budget, base.seed)
    plans = {BASE: start, **{change.name: changed(start, change) for change in wanted.change}}
    rows = gather(base).train
    fold = deal(((r.label, r.source) for r in rows), budget.folds)
    grid: Grid = {name: [] for name in plans}
    for name, plan in plans.items():
        cache = cache_of(plan, gather(plan))
        for number, seed in enumerate(wanted.seeds):
            held = frozenset(source for source, k in fold.items() if k == number % budget.folds)
            judged = spread((r for r in rows if r.source in held and r.id not in cache.left_out), budget.pictures)
            cell = Cell(f"{_slug(name)}-seed{seed}", with_budget(plan, budget, seed), partial(_outside, held), judged)
            grid[name].append(run_cell(cell, cache, out))
            say(f"{cell.name}: AUC {_auc(grid[name][-1], 'clean'):.3f} clean")
    return figures_table(grid), kinds_table(grid)


def _outside(held: frozenset[str], row: Row) -> bool:
    return row.source not in held


def figures_table(grid: Grid) -> Table:
    """Mean and spread (lowest to highest) over the seeds, and the paired difference of the clean AUC to the base."""
    base = [_auc(cell, "clean") for cell in grid[BASE]]
    rows = []
    for name, cells in grid.items():
        aucs = [_over([_auc(cell, weather) for cell in cells]) for weather in WEATHERS]
        recalls = _over([_recall(cell) for cell in cells])
        gains = _over([_auc(cell, "clean") - b for cell, b in zip(cells, base, strict=True)], "+")
        rows.append((name, *aucs, recalls, "" if name == BASE else gains))
    head = ("change", *(f"AUC, {w}" for w in WEATHERS), "recall at 1 % FPR, clean", "AUC, clean, less that of the base")
    return Table(head, tuple(rows))


def kinds_table(grid: Grid) -> Table:
    """False positives by kind of human works, at the threshold that SHARE of all human works of the cell reach."""
    kinds = sorted({kind_of(s.kind) for cells in grid.values() for cell in cells for s in cell if s.label == HUMAN})
    rows = []
    for name, cells in grid.items():
        rates = [_rates(cell) for cell in cells]
        rows.append((name, *(_over([r[kind] for r in rates if kind in r]) for kind in kinds)))
    return Table(("change", *kinds), tuple(rows))


def _rates(cell: Sequence[Scored]) -> dict[str, float]:
    human = [s for s in under(cell, "clean") if s.label == HUMAN]
    limit = threshold_at_fpr(logits_of(human), SHARE)
    by_kind: dict[str, list[bool]] = {}
    for s in human:
        by_kind.setdefault(kind_of(s.kind), []).append(s.logit >= limit)
    return {kind: float(np.mean(flags)) for kind, flags in by_kind.items()}


def _over(values: Sequence[float], sign: str = "") -> str:
    return f"{mean(values):{sign}.3f} ({min(values):{sign}.3f} to {max(values):{sign}.3f})"


def _recall(cell: Sequence[Scored]) -> float:
    return _figure(partial(recall_at_fpr, share=SHARE), cell, "clean")


def _auc(cell: Sequence[Scored], weather: str) -> float:
    return _figure(auc, cell, weather)


def _figure(figure: Callable[..., float], cell: Sequence[Scored], weather: str) -> float:
    part = under(cell, weather)
    return figure(logits_of(part), positive_of(part))
