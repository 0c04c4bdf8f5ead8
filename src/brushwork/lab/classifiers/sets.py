"""The set that a recipe names: every part of the lab that trains or judges opens it here."""

from __future__ import annotations

from .plan import ModelPlan
from .prepared import PreparedSet, open_prepared


def open_set(plan: ModelPlan) -> PreparedSet:
    """Open the recipe's prepared set. Raises LabError as `open_prepared` does."""
    return open_prepared(plan.data.prepared)
