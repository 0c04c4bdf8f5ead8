"""Runs that answer together. An ensemble trains nothing: it is a run that names others."""

from __future__ import annotations

from ...errors import LabError
from .outcome import Outcome
from .plan import ModelPlan
from .runs import Run, load_run
from .sets import open_set


def join_ensemble(plan: ModelPlan) -> Outcome:
    """Check that the members are finished runs of the same classes and side as the recipe's set.

    Raises LabError where one is not.
    """
    assert plan.ensemble is not None, "the plan was checked"
    prepared = open_set(plan)
    classes = prepared.classes(plan.classifier.task)
    members = [load_run(folder) for folder in plan.ensemble.members]
    for member in members:
        _refuse_other(member, classes, prepared.side)
    facts = {
        "members": [{"run": m.folder.absolute().name, "model_sha256": m.facts["model_sha256"]} for m in members],
        "bytes": sum(int(m.facts["bytes"]) for m in members),
    }  # fmt: skip
    return Outcome(prepared, None, sum(int(m.facts["parameters"]) for m in members), 0.0, facts)


def _refuse_other(member: Run, classes: tuple[str, ...], side: int) -> None:
    if member.classes != classes or member.side != side:
        raise LabError(
            f"{member.folder} answers {', '.join(member.classes)} on {member.side} px, "
            f"the set has {', '.join(classes)} on {side} px.",
            "Join runs of one task and one side, and name a set of that side.",
        )
