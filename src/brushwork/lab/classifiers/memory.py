"""What a classical model takes of memory at most, reckoned before anything is read; held to by a test that measures.

The figures of single steps were measured generously: `tests/lab/classifiers/test_memory.py` compares their sum with the
peak of a process that trains.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from ...errors import LabError
from .descriptors import COUNT
from .plan import ClassicalPlan

MEGA: Final = 1 << 20
BLOCK: Final = 512
"""Pictures that stand in memory at once, at most."""
BLOCK_BYTES: Final = 32 * MEGA
"""Of a block's pixels and features together: pictures of 240 px come 38 at a time."""
SVM_CACHE: Final = 256
"""MB of the kernel that an SVM keeps."""
LEAF: Final = 2
"""Fewest training pictures of a leaf, which also bounds how large a tree grows."""
NODE_BYTES: Final = 640
"""Of a node while a tree is fitted and converted."""
NUMBER_BYTES: Final = 128
"""Of a number of the table while an SVM is fitted in folds and its support vectors are converted."""
CONVERTED: Final = 12
"""Copies of the components, in single precision, while they are written and opened."""
DESCRIBED: Final = 12
"""Pictures in double precision that describing one takes."""
AROUND: Final = 96 * MEGA
"""What libraries take for themselves."""
LEAST_SIDE: Final = 8
"""The smallest side that a recipe takes."""
FEWEST: Final = 50
"""Training pictures below which a limit is no advice."""


def width_of(plan: ClassicalPlan, side: int) -> int:
    """Numbers that a picture of `side` pixels is told by, before components are taken."""
    return 3 * min(plan.side, side) ** 2 if plan.features == "pixels" else COUNT


def block_of(plan: ClassicalPlan, side: int) -> int:
    """Pictures of a block: as many as BLOCK_BYTES hold, at least one and at most BLOCK."""
    return max(1, min(BLOCK, BLOCK_BYTES // (3 * side**2 + 4 * width_of(plan, side))))


def memory_need(model: str, plan: ClassicalPlan, rows: int, side: int) -> float:
    """MB that data and model take at most: the larger of reading pictures and of fitting and writing the model.

    The file of pixels is mapped: what the system holds of it goes when memory is wanted, and is not counted.
    """
    width, block = width_of(plan, side), block_of(plan, side)
    read = 2 * block * (3 * side**2 + 4 * width)
    if plan.features == "pixels":
        kept, parts = plan.components, plan.components * width
        read += (2 * plan.components + block + 1) * width * 8
    else:
        kept, parts = width, 0
        read += DESCRIBED * 3 * side**2 * 8
    table = rows * kept * 4 * 2
    nodes = 2 * rows / LEAF * NODE_BYTES
    own = {
        "svm": rows * kept * NUMBER_BYTES + SVM_CACHE * MEGA,
        "knn": rows * kept * 4 * 4 + block * rows * 4 * 4,
        "decision_tree": nodes,
        "random_forest": nodes * plan.trees,
    }
    return (AROUND + max(read + table, CONVERTED * parts * 4 + table + own[model])) / MEGA


def refuse_beyond(model: str, plan: ClassicalPlan, rows: int, side: int) -> float:
    """The need in MB. Raises LabError where it is above the recipe's bound, with each change that alone would do."""
    need = memory_need(model, plan, rows, side)
    if need > plan.memory_mb:
        ways = " or ".join(_ways(model, plan, rows, side))
        raise LabError(
            f"{rows:,} pictures would need {need:.0f} MB, the recipe allows memory_mb = {plan.memory_mb}.",
            f"Set {ways}.",
        )
    return need


def _ways(model: str, plan: ClassicalPlan, rows: int, side: int) -> list[str]:
    """Settings that each bring the need below the bound; a higher bound always does."""

    def fits(count: int = rows, **changes: int) -> bool:
        return memory_need(model, plan.model_copy(update=changes), count, side) <= plan.memory_mb

    found = [("[data] limit", _most(rows, fits), FEWEST)]
    if plan.features == "pixels":
        found.append(("[classical] side", _most(min(plan.side, side), lambda s: fits(side=s)), LEAST_SIDE))
    if model == "random_forest":
        found.append(("[classical] trees", _most(plan.trees, lambda t: fits(trees=t)), 1))
    ways = [f"{name} to {value} or less" for name, value, least in found if value >= least]
    return [*ways, f"[classical] memory_mb to {math.ceil(memory_need(model, plan, rows, side))}"]


def _most(below: int, fits: Callable[[int], bool]) -> int:
    """The largest number below `below` that fits, where all smaller ones do too; -1 where none does."""
    return bisect_left(range(below), True, key=lambda n: not fits(n)) - 1
