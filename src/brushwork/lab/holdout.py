"""What a recipe is worth on sources and generators that it never saw: parts left out in turn, several seeds each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Final, Literal

from ..errors import LabError
from .cells import Cell, run_cell, spread
from .datasets import AI, HUMAN, Row
from .evaluate import WEATHERS, Scored, logits_of, positive_of, under
from .folds import deal
from .gather import cache_of, gather
from .generators import attributed_to
from .metrics import Interval, auc, bootstrap, recall_at_fpr
from .plan import LabPlan
from .tables import Table

LeaveOut = Literal["sources", "generators"]
FEWEST: Final = 8
"""Pictures that a family of generators must have to be left out: the figure of fewer would be noise."""
TOTAL: Final = "all together"


@dataclass(frozen=True)
class Budget:
    """How much is spent: folds of sources, seeds, epochs of each cell (None: the recipe's), pictures of a class."""

    folds: int = 5
    seeds: int = 1
    epochs: int | None = None
    pictures: int = 300


def leave_out(
    plan: LabPlan, what: LeaveOut, budget: Budget, out: Path, say: Callable[[str], None] = lambda _: None
) -> Table:
    """Train without each fold of sources, or each family of generators, and measure on what was left out.

    Every cell is kept in `out`, and a run that is started again goes on. Raises LabError where there are too few
    sources or no family to leave out.
    """
    gathered = gather(plan)
    cache = cache_of(plan, gathered)
    usable = tuple(r for r in gathered.train if r.id not in cache.left_out)
    parts = _folds(usable, budget) if what == "sources" else _families(usable, budget)
    found: dict[str, list[list[Scored]]] = defaultdict(list)
    for number in range(budget.seeds):
        settings = with_budget(plan, budget, plan.seed + number)
        for name, held in parts.items():
            judged = spread((r for r in usable if held(r)), budget.pictures)
            cell = Cell(f"{name}-seed{settings.seed}", settings, partial(_not, held), judged)
            found[name].append(run_cell(cell, cache, out))
            say(f"{cell.name}: AUC {_auc(found[name][-1], 'clean'):.3f} clean")
    return holdout_table(what, found)


def with_budget(plan: LabPlan, budget: Budget, seed: int) -> LabPlan:
    """The recipe with another seed, and with the budget's epochs where it names some.

    Raises LabError where a recipe has none.
    """
    if budget.epochs is not None and plan.levels is not None:
        raise LabError(
            f"{plan.name} has a table [levels], whose head is trained for `levels.steps`, not for epochs.",
            "Leave the epochs out, or change `levels.steps` in the recipe.",
        )
    train = plan.train if budget.epochs is None else plan.train.model_copy(update={"epochs": budget.epochs})
    return plan.model_copy(update={"seed": seed, "train": train})


def _not(held: Callable[[Row], bool], row: Row) -> bool:
    return not held(row)


def _folds(rows: Sequence[Row], budget: Budget) -> dict[str, Callable[[Row], bool]]:
    fold = deal(((r.label, r.source) for r in rows), budget.folds)
    return {f"fold{k + 1}": partial(lambda k, r: fold[r.source] == k, k) for k in range(budget.folds)}


def _families(rows: Sequence[Row], budget: Budget) -> dict[str, Callable[[Row], bool]]:
    """Each family beside one fold of the human sources, so that there is something to tell it from."""
    counts = Counter(attributed_to(r.generator) for r in rows if r.label == AI)
    names = sorted(name for name, n in counts.items() if name and n >= FEWEST)
    if len(names) < 2:
        raise LabError(
            f"There are {len(names)} families of generators with at least {FEWEST} pictures to leave out.",
            "Name the generators in the manifest (column generator), or leave out sources.",
        )
    fold = deal(((r.label, r.source) for r in rows if r.label == HUMAN), budget.folds, only=(HUMAN,))

    def held(name: str, k: int, row: Row) -> bool:
        return fold[row.source] == k if row.label == HUMAN else attributed_to(row.generator) == name

    return {name.replace(" ", "_"): partial(held, name, i % budget.folds) for i, name in enumerate(names)}


def holdout_table(what: str, found: dict[str, list[list[Scored]]]) -> Table:
    """AUC under each weather and recall at 1 % false positives of each part left out: the mean over the seeds.

    Intervals are of drawing sources, averaged over the seeds. The last line has all parts together, each picture
    scored by a network that did not see its part.
    """
    together = [[s for part in cells for s in part] for cells in zip(*found.values(), strict=True)]
    rows = []
    for name, cells in [*found.items(), (TOTAL, together)]:
        counts = Counter(s.label for s in under(cells[0], "clean"))
        figures = [_interval(cells, auc, weather) for weather in WEATHERS]
        recall = _interval(cells, partial(recall_at_fpr, share=0.01), "clean")
        rows.append((name, counts[HUMAN], counts[AI], *figures, recall, len(cells)))
    head = (f"left out ({what})", "human", "AI", *(f"AUC, {w}" for w in WEATHERS), "recall at 1 % FPR, clean", "seeds")
    return Table(head, tuple(rows))


def _interval(cells: Sequence[Sequence[Scored]], figure: Callable[..., float], weather: str) -> Interval:
    parts = [under(cell, weather) for cell in cells]
    each = [bootstrap(figure, logits_of(p), positive_of(p), [s.source for s in p]) for p in parts]
    return Interval(*(mean(values) for values in zip(*each, strict=True)))


def _auc(scored: Sequence[Scored], weather: str) -> float:
    part = under(scored, weather)
    return auc(logits_of(part), positive_of(part))
