"""The folder of a run belongs to one recipe and one prepared set: claimed before training, forgotten to start anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..keeping import CHECKPOINTS
from ..writing import written_whole
from .plan import ModelPlan
from .runs import (
    BUNDLE,
    DATA_FILE,
    EVALUATION,
    EXPORTS,
    FACTS_FILE,
    HALVED_FILE,
    HISTORY_FILE,
    LEFT_OUT_FILE,
    ONNX_FILE,
    PLAN_FILE,
    PREDICTIONS,
    WEIGHTS_FILE,
    load_run,
    read_plan_of,
)

ANEW: Final = "Give another --out, or --fresh to start it anew."
FOLDERS: Final = (CHECKPOINTS, EVALUATION, EXPORTS, BUNDLE)
FILES: Final = (FACTS_FILE, HISTORY_FILE, HALVED_FILE, WEIGHTS_FILE, ONNX_FILE, LEFT_OUT_FILE, DATA_FILE)


def claim(plan: ModelPlan, data_sha256: str, out: Path, resume: bool) -> None:
    """Mark the folder as the recipe's on the set of that digest; without `resume` a run that lies there is forgotten.

    Raises LabError where another recipe was trained there, or the same on another set.
    """
    there = (out / PLAN_FILE).is_file()
    if there and not resume:
        forget(out)
    elif there and _begun(out):
        _refuse_others(plan, data_sha256, out)
        return
    elif there and (read_plan_of(out) != plan or _data_of(out) != data_sha256):
        forget(out)  # it came to nothing; what it wrote of its memory is of its recipe alone
    out.mkdir(parents=True, exist_ok=True)
    written_whole(out / DATA_FILE, lambda part: part.write_text(data_sha256 + "\n", encoding="utf-8"))
    text = json.dumps(plan.model_dump(mode="json"), indent=1) + "\n"
    written_whole(out / PLAN_FILE, lambda part: part.write_text(text, encoding="utf-8"))


def forget(out: Path) -> None:
    """Remove a run and what was made of its network. The recipe goes last: the folder is ours as long as it is there.

    Trainings without a generator stay: they are runs of their own, which know their recipe and set.
    """
    for name in FOLDERS:
        if (out / name).is_dir():
            shutil.rmtree(out / name)
    for path in (*(out / name for name in FILES), *out.glob(PREDICTIONS.format(split="*")), out / PLAN_FILE):
        path.unlink(missing_ok=True)


def _begun(out: Path) -> bool:
    """True where there is something that another recipe would spoil; a run refused at its start left none."""
    return (out / FACTS_FILE).is_file() or any((out / CHECKPOINTS).glob("*.ckpt"))


def _refuse_others(plan: ModelPlan, data_sha256: str, out: Path) -> None:
    changed = _differences(read_plan_of(out).model_dump(mode="json"), plan.model_dump(mode="json"))
    if changed:
        raise LabError(f"{out} holds a run with other settings: {', '.join(changed)}.", ANEW)
    if _data_of(out) != data_sha256:
        raise LabError(
            f"{out} was trained on other pictures: the set {plan.data.prepared} was made again since it began.", ANEW
        )


def _data_of(out: Path) -> str:
    """The digest of the set that a run was begun on; empty where it says none."""
    if (out / FACTS_FILE).is_file():
        return str(load_run(out).facts.get("data_sha256", ""))
    path = out / DATA_FILE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _differences(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, now in new.items():
        before = old.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            found += _differences(before, now, f"{prefix}{name}.")
        elif before != now:
            found.append(f"{prefix}{name} is {before} there and {now} here")
    return found
