"""The lab's steps as the command line calls them: audit, train, export, evaluate, calibrate, bundle."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ..errors import LabError
from ..forensics.bundle import MODEL_FILE, load_bundle
from ..forensics.scorer import open_session
from .audit import Audit, audit
from .calibrate import fit_and_rate, reference_set
from .card import CardFacts, Effort, card
from .crops import RegionCache
from .datasets import Row, manifest_sha256
from .evaluate import Scored, read_scores, score, write_scores
from .export import NOTICE_FILE, export_onnx, origin_of, write_bundle
from .gather import Gathered, cache_of, gather
from .plan import LabPlan

Tick = Callable[[Sequence[Row]], Iterable[Row]]
RUN_FILE: Final = "run.json"
SCORES_FILE: Final = "scores.csv"
DRAFT: Final = "bundle"
"""Folder of a run in which its bundle grows: the model first, then scores beside it, then recipe and card."""
NOTICE: Final = """This bundle's model was fine-tuned from MobileNetV2 (1.0, 224) weights trained on ImageNet:
Copyright the TensorFlow Authors, Apache License 2.0, published as tf2_mobilenet_v2_1.0_224_ptq.tflite
among the test data of Coral (google-coral/test_data). The weights were changed by training.
"""


def quiet(rows: Sequence[Row]) -> Iterable[Row]:
    """No progress bar."""
    return rows


def run_audit(plan: LabPlan, tick: Tick = quiet) -> tuple[Gathered, RegionCache, Audit]:
    """Gather, build the cache of regions, and look for what could spoil the training."""
    gathered = gather(plan)
    cache = cache_of(plan, gathered, tick)
    return gathered, cache, audit(gathered.train, gathered.dev, cache, plan.train.size, plan.data.near, plan.seed)


def run_training(plan: LabPlan, out: Path, resume: bool = True, progress: bool = True, tick: Tick = quiet) -> Path:
    """Audit, train, and export the averaged network to out/bundle/model.onnx; the path of the last checkpoint.

    Raises LabError where the audit finds a shortcut, or where the data or the disk fail.
    """
    from .train import seconds_of, train

    gathered, cache, found = run_audit(plan, tick)
    found.refuse_shortcuts()
    checkpoint = train(plan, (cache,), out, resume, progress)
    used = {cache.rows[region.row] for region in cache.regions}
    facts = {
        "seconds": seconds_of(checkpoint), "crops": plan.train.batch * plan.train.steps_per_epoch * plan.train.epochs,
        "audit": asdict(found), "left_out": [*gathered.left_out, *_dropped(cache)],
        "rows": [asdict(r) for r in sorted(used)],
    }  # fmt: skip
    facts["parity"] = run_export(plan, checkpoint, out)
    (out / RUN_FILE).write_text(json.dumps(facts), encoding="utf-8")
    return checkpoint


def _dropped(cache: RegionCache) -> list[str]:
    reasons = sorted(set(cache.left_out.values()))
    return [f"{sum(v == reason for v in cache.left_out.values()):,} pictures: {reason}" for reason in reasons]


def run_export(plan: LabPlan, checkpoint: Path, out: Path) -> float:
    """Export a checkpoint to out/bundle/model.onnx; the largest difference between torch and ONNX Runtime."""
    from .train import load_network

    net = load_network(checkpoint, plan.train)
    return export_onnx(net, plan.patches.size, out / DRAFT / MODEL_FILE)


def run_evaluation(plan: LabPlan, out: Path, tick: Tick = quiet) -> list[Scored]:
    """Score the recipe's dev set with out/bundle/model.onnx under every weather; kept in out/scores.csv."""
    model = out / DRAFT / MODEL_FILE
    if not model.is_file():
        raise LabError(f"There is no model in {out}.", "Run `brushwork train` or `brushwork export` first.")
    dev = gather(plan).dev
    session = open_session(model, plan.train.threads)
    scored = score(tick(dev), session, plan.patches, seed=plan.seed)
    write_scores(scored, out / SCORES_FILE)
    return scored


def run_calibration(plan: LabPlan, out: Path) -> Path:
    """Fit calibration and thresholds on out/scores.csv and finish out/bundle: recipe, reference, card, notice.

    Returns the folder, which was loaded once to prove that it does load.
    """
    scored = read_scores(out / SCORES_FILE)
    facts = _run_facts(out)
    rows = tuple(Row(**r) for r in facts["rows"])
    fitted = fit_and_rate(scored)
    origin = origin_of(plan, manifest_sha256(rows), plan.bundle.notes)
    reference = reference_set(scored, fitted.calibration, f"{plan.data.dev.stem} (human works, clean)")
    effort = Effort(facts["crops"], facts["seconds"], hardware(plan.train.threads))
    texts = {NOTICE_FILE: NOTICE} if plan.train.backbone else {}
    about = CardFacts(
        plan.name, plan.version, plan.bundle.summary, rows, tuple(facts["left_out"]), scored, fitted, origin,
        effort, float(facts["parity"]), (float(facts["audit"]["before"]), float(facts["audit"]["after"])),
    )  # fmt: skip
    write_bundle(out / DRAFT, plan, fitted, reference, origin, {**texts, "CARD.md": card(about, out / DRAFT)})
    return load_bundle(out / DRAFT).folder


def _run_facts(out: Path) -> dict[str, Any]:
    try:
        stored: dict[str, Any] = json.loads((out / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LabError(f"{out} is no finished run: {error}.", "Run `brushwork train` first.") from error
    return stored


def hardware(threads: int) -> str:
    """The processor in words, and how many threads were used."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        models = [x.split(":", 1)[1].strip() for x in cpuinfo.read_text().splitlines() if x.startswith("model name")]
        name = models[0] if models else name
    return f"{threads} thread{'s' if threads > 1 else ''} of {name}"
