"""One network trained by its recipe: going on after a kill, smaller batches where memory ends, the best epoch kept."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from torch.multiprocessing.spawn import ProcessException, spawn

from ...errors import LabError
from ..keeping import BEST, CHECKPOINTS, NO_ROOM, Reached, divergence_in, is_divergence, newest_checkpoint, reached
from ..machine import half_is_fast
from ..networks import unfold_norms
from ..torchvision_shim import ensure_torchvision
from ..writing import written_whole

ensure_torchvision()

import lightning.pytorch as pl  # noqa: E402  (the shim must come first)
from lightning.fabric.utilities.exceptions import MisconfigurationException  # noqa: E402
from lightning.pytorch.strategies import DDPStrategy  # noqa: E402

from .callbacks import OnEpoch, callbacks_of, told_values  # noqa: E402
from .module import SCORE, ClassifierModule  # noqa: E402
from .outcome import Outcome  # noqa: E402
from .plan import ModelPlan  # noqa: E402
from .runs import HALVED_FILE, HISTORY_FILE, WEIGHTS_FILE, read_history  # noqa: E402
from .sets import open_set  # noqa: E402

NO_MEMORY: Final = re.compile(r"out of memory|can't allocate memory|std::bad_alloc", re.IGNORECASE)
NORM_PICTURES: Final = 256
"""Pictures from which the batch norms of a folded backbone take their statistics."""


def fit_network(
    plan: ModelPlan, out: Path, progress: bool, on_epoch: OnEpoch | None, say: Callable[[str], None]
) -> Outcome:
    """Train, and write the weights of the best epoch. Where memory ends, the batch is halved once, and `say` says so.

    Raises LabError where it ends again, or where the loss is no number before any epoch was kept.
    """
    if plan.classifier.precision == "bf16-mixed" and _on_cpu(plan) and not half_is_fast():
        say("bf16-mixed is slow on this processor, which has no bfloat16: --precision 32-true is several times as fast")
    pl.seed_everything(plan.seed, workers=True, verbose=False)
    stopped = None
    try:
        _fit_in_memory(plan, out, progress, on_epoch, say)
    except LabError as error:
        if not is_divergence(error) or not (out / CHECKPOINTS / BEST).is_file():
            raise
        stopped = error
    if plan.classifier.devices > 1 and on_epoch is not None:
        _tell_afterwards(out, on_epoch)
    return _kept(_with_halved(plan, out), out, stopped)


def _fit_in_memory(
    plan: ModelPlan, out: Path, progress: bool, on_epoch: OnEpoch | None, say: Callable[[str], None]
) -> None:
    used = _with_halved(plan, out)
    try:
        _fit(used, out, progress, on_epoch)
        return
    except (RuntimeError, MemoryError) as error:
        used = _halved(plan, used, out, error)
    say(f"memory ended: going on with batches of {used.classifier.batch}, {used.classifier.accumulate} to a step")
    try:
        _fit(used, out, progress, on_epoch)
    except (RuntimeError, MemoryError) as error:
        _halved(plan, used, out, error)


def _fit(plan: ModelPlan, out: Path, progress: bool, on_epoch: OnEpoch | None) -> None:
    """Train in this process, or in as many as the recipe names; those cannot call back, and are told of afterwards."""
    count = plan.classifier.devices
    if count == 1:
        _fit_here(plan, out, progress, on_epoch)
        return
    try:
        spawn(_one_of_several, (plan, out, progress, _free_port()), count)  # type: ignore[no-untyped-call]
    except ProcessException as error:
        last = str(error).strip().splitlines()[-1]
        if NO_MEMORY.search(last):
            raise MemoryError(last) from error
        if (diverged := divergence_in(last)) is not None:
            raise diverged from error
        raise LabError(f"One of the {count} processes stopped: {last}", "Try with `devices = 1`.") from error


def _one_of_several(rank: int, plan: ModelPlan, out: Path, progress: bool, port: int) -> None:
    """One process of DDP. Lightning could start them, but would load torchvision in them before our shim is there."""
    os.environ |= {"LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    pl.seed_everything(plan.seed, workers=True, verbose=False)
    _fit_here(plan, out, progress and rank == 0, None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fit_here(plan: ModelPlan, out: Path, progress: bool, on_epoch: OnEpoch | None) -> None:
    settings = plan.classifier
    torch.set_num_threads(settings.threads)
    found = newest_checkpoint(out / CHECKPOINTS)
    if found is not None and reached(found).epochs >= settings.epochs:
        return
    module = ClassifierModule(plan, reached(found) if found else Reached(0, 0))
    if found is None:
        _settle_norms(module)
    for name in ("lightning.pytorch", "lightning.fabric"):  # what they tell of themselves would hide what we say
        logging.getLogger(name).setLevel(logging.WARNING)
    trainer = _trainer(plan, out, callbacks_of(settings, out, on_epoch, progress), progress)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*treespec", FutureWarning)  # of Lightning about its own use of torch
        trainer.fit(module, ckpt_path=found, weights_only=False)


def _on_cpu(plan: ModelPlan) -> bool:
    wanted = plan.classifier.accelerator
    return wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available())


def _trainer(plan: ModelPlan, out: Path, callbacks: list[Any], progress: bool) -> pl.Trainer:
    settings = plan.classifier
    on_cpu = _on_cpu(plan)
    together = DDPStrategy(process_group_backend="gloo" if on_cpu else "nccl")
    try:
        return pl.Trainer(
            max_epochs=settings.epochs, accelerator="cpu" if on_cpu else "gpu", devices=settings.devices,
            strategy=together if settings.devices > 1 else "auto", precision=settings.precision,
            accumulate_grad_batches=settings.accumulate, gradient_clip_val=settings.clip or None,
            default_root_dir=out, callbacks=callbacks, logger=False, enable_progress_bar=progress,
            enable_model_summary=False, enable_checkpointing=False, num_sanity_val_steps=0,
            use_distributed_sampler=False,
        )  # fmt: skip
    except MisconfigurationException as error:
        raise LabError(f"This machine cannot train so: {error}", "Change `accelerator` or `devices`.") from error


def _settle_norms(module: ClassifierModule) -> None:
    """A folded backbone has no statistics: its batch norms take those of some training pictures."""
    backbone = module.settings.backbone
    if backbone is None or backbone.suffix != ".npz":
        return
    rows = module.prepared.indices("train", module.settings.task)
    spread = rows[:: max(1, len(rows) // NORM_PICTURES)][:NORM_PICTURES]
    unfold_norms(module.net, torch.from_numpy(module.prepared.pixels[spread]))
    if module.averaged is not None:
        module.averaged.load_state_dict(module.net.state_dict())


def _with_halved(plan: ModelPlan, out: Path) -> ModelPlan:
    path = out / HALVED_FILE
    return _changed(plan, json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else plan


def _changed(plan: ModelPlan, update: dict[str, Any]) -> ModelPlan:
    return plan.model_copy(update={"classifier": plan.classifier.model_copy(update=update)})


def _halved(plan: ModelPlan, used: ModelPlan, out: Path, error: Exception) -> ModelPlan:
    """The plan with half the batch and twice the accumulation, which makes the same steps; where it was halved before,
    LabError, and any error that is not of memory again. Checkpoints within an epoch are dropped: they count in batches.
    """
    if not (isinstance(error, MemoryError) or NO_MEMORY.search(str(error))):
        raise error
    settings = plan.classifier
    if used is not plan or settings.batch < 4:
        raise LabError(
            f"{NO_ROOM} also with batches of {used.classifier.batch}.",
            "Lower `batch`, `side` or the model's size, and start anew with --fresh.",
        ) from error
    update = {"batch": settings.batch // 2, "accumulate": settings.accumulate * 2}
    for within in (out / CHECKPOINTS).glob("epoch*-*.ckpt"):
        within.unlink()
    out.mkdir(parents=True, exist_ok=True)
    written_whole(out / HALVED_FILE, lambda part: part.write_text(json.dumps(update), encoding="utf-8"))
    return _changed(plan, update)


def _tell_afterwards(out: Path, on_epoch: OnEpoch) -> None:
    for row in read_history(out / HISTORY_FILE):
        on_epoch(row.epoch, told_values(row))


def _kept(plan: ModelPlan, out: Path, stopped: LabError | None) -> Outcome:
    """Write the best epoch's network as weights.safetensors."""
    best = out / CHECKPOINTS / BEST
    stored = torch.load(best, map_location="cpu", weights_only=False)
    module = ClassifierModule(plan)
    module.load_state_dict(stored["state_dict"])
    net = module.kept.eval()
    weights = {name: value.contiguous() for name, value in net.state_dict().items()}
    written_whole(out / WEIGHTS_FILE, lambda part: save_file(weights, part))
    history = read_history(out / HISTORY_FILE)
    facts = {
        "epochs": len(history), "best_epoch": int(stored["epoch"]), "best_score": _best_score(stored),
        "mean": net.mean.flatten().tolist(), "std": net.std.flatten().tolist(),
        "batch": plan.classifier.batch, "accumulate": plan.classifier.accumulate,
    }  # fmt: skip
    seconds = sum(row.seconds for row in history)
    parameters = sum(p.numel() for p in net.parameters())
    return Outcome(open_set(plan), out / WEIGHTS_FILE, parameters, seconds, facts, stopped)


def _best_score(stored: dict[str, Any]) -> float:
    """The score that made the checkpoint the best; it is the Keeper's state."""
    found = [s["best"] for s in stored["callbacks"].values() if isinstance(s, dict) and "best" in s]
    assert found, f"a checkpoint without a best {SCORE} is not one of ours"
    return float(found[0])
