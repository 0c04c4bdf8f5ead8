"""What a study tries, and what it is a study of: the grid, and the settings that must not change under one name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from typing import Any, Final

from ...errors import LabError
from ..tracking import flattened
from .plan import ModelPlan

GRID: Final[dict[str, tuple[Any, ...]]] = {
    "learning_rate": (1e-5, 5e-5, 1e-4, 5e-4, 1e-3),
    "batch": (16, 32, 64),
    "optimiser": ("adamw", "adam", "sgd"),
    "schedule": ("cosine", "one_cycle", "steps", "constant"),
}
"""Keys of [classifier] with the values that are tried."""
Choice = tuple[tuple[str, Any], ...]
"""One point of the grid: keys with their values, in the order of GRID."""


def choices() -> list[Choice]:
    """Every point of the grid."""
    return [tuple(zip(GRID, values, strict=True)) for values in product(*GRID.values())]


def choice_of(params: Mapping[str, Any]) -> Choice:
    """A point in the order of GRID."""
    return tuple((name, params[name]) for name in GRID)


def in_plan(plan: ModelPlan, choice: Choice, name: str) -> ModelPlan:
    """`plan` with the values of a point, under a name of its own."""
    classifier = plan.classifier.model_copy(update=dict(choice))
    return plan.model_copy(update={"name": name, "classifier": classifier})


def refuse_untunable(plan: ModelPlan) -> None:
    """Raise LabError for a recipe without what the grid changes, and for one that cannot tell how a training goes."""
    if plan.kind != "network":
        raise LabError(
            f"{plan.name} is {'an ensemble' if plan.kind == 'ensemble' else 'a classical model'}: it has no epochs.",
            "Tune a recipe whose model is a network.",
        )
    if plan.classifier.devices > 1:
        raise LabError(
            f"{plan.name} trains with {plan.classifier.devices} processes, which tell of their epochs at the end: "
            "no point could be ended early.",
            "Set `devices = 1` to tune, and train the best recipe with --devices.",
        )


def settings_of(plan: ModelPlan, data_sha256: str, pruner: str) -> str:
    """What a study is of, as JSON: the recipe without what the grid changes, the data, the grid, how it prunes."""
    fixed = plan.model_dump(mode="json")
    for name in GRID:
        fixed["classifier"].pop(name)
    fixed["data"]["prepared"] = data_sha256  # a set may move; what it holds counts
    return json.dumps({"recipe": fixed, "grid": GRID, "pruner": pruner}, sort_keys=True)


def refuse_others(name: str, stored: str | None, wanted: str) -> None:
    """Raise LabError, naming what differs, where a study was begun with other settings."""
    if stored is None or stored == wanted:
        return
    before, now = (dict(flattened(json.loads(text))) for text in (stored, wanted))
    changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
    listed = ", ".join(f"{key} was {before.get(key)!r} and is {now.get(key)!r}" for key in changed[:3])
    raise LabError(
        f"The study {name} was begun with other settings: {listed}.",
        "Give the recipe another name, give another --study file, or set them back.",
    )


def toml_text(raw: Mapping[str, Any], table: str = "") -> str:
    """Nested settings as TOML; keys without a value are left out."""
    plain = {k: v for k, v in raw.items() if not isinstance(v, Mapping) and v is not None}
    lines = [f"[{table}]"] if table and plain else []
    lines += [f"{key} = {_toml_value(value)}" for key, value in plain.items()]
    parts = ["\n".join(lines)] if lines else []
    for key, value in raw.items():
        if isinstance(value, Mapping):
            parts.append(toml_text(value, f"{table}.{key}" if table else key).rstrip("\n"))
    return "\n\n".join(part for part in parts if part) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml_value(v) for v in value)}]"
    if isinstance(value, float):
        return f"{value:.16g}" if "." in f"{value:.16g}" or "e" in f"{value:.16g}" else f"{value:.1f}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | str) else json.dumps(str(value))
