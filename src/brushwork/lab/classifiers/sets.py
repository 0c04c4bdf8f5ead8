"""The set that a recipe names: every part of the lab that trains or judges opens it here."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...errors import LabError
from .plan import ModelPlan
from .prepared import PreparedSet, open_prepared

LEFT_OUT: Final = "left out"
"""The split of works whose generator the recipe leaves out; no training and no figure asks for it."""


def open_set(plan: ModelPlan) -> PreparedSet:
    """Open the recipe's prepared set, without the works of the generators that it leaves out.

    Raises LabError as `open_prepared` does, and for a generator of which the set has no works.
    """
    prepared = open_prepared(plan.data.prepared)
    gone = set(plan.data.without)
    if not gone:
        return prepared
    unknown = sorted(gone - {row.generator for row in prepared.rows})
    if unknown:
        raise LabError(
            f"{prepared.folder} has no works of {', '.join(unknown)}.",
            "Correct `without` in [data]; the column generator of its manifest.csv has the names.",
        )
    rows = (replace(row, split=LEFT_OUT) if row.generator in gone else row for row in prepared.rows)
    return replace(prepared, rows=tuple(rows))
