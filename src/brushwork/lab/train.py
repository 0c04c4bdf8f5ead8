"""Training with Lightning: seeds, averaged weights, a checkpoint after every epoch, going on after a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from ..errors import LabError
from .torchvision_shim import ensure_torchvision

ensure_torchvision()

import lightning.pytorch as pl  # noqa: E402  (the shim must come first)
from lightning.pytorch.callbacks import Callback, TQDMProgressBar  # noqa: E402
from lightning.pytorch.loggers import CSVLogger  # noqa: E402

from .crops import RegionCache  # noqa: E402
from .keeping import (  # noqa: E402
    BEST,
    CHECKPOINTS,
    LOAD_ERRORS,
    Keeper,
    Patience,
    diverged,
    newest_checkpoint,
    reached,
    saved_whole,
)
from .loading import held_loader, loader_of, parted  # noqa: E402
from .metrics import auc  # noqa: E402
from .networks import PatchNet, follow, load_backbone, unfold_norms  # noqa: E402
from .plan import LabPlan, TrainPlan  # noqa: E402
from .writing import disk_explained  # noqa: E402

SECONDS: Final = "brushwork_seconds"
START: Final = "start.pt"
"""The weights that a run began with, in its folder."""
CALIBRATION_PATCHES: Final = 256
"""Patches from which the batch norms of a folded backbone take their statistics."""
HELD_AUC: Final = "held_auc"
"""AUC on patches of the sources that were held out of training, which early stopping looks at."""


class PatchModule(pl.LightningModule):
    """One logit per patch against its picture's label; `averaged` is the moving average that gets exported."""

    def __init__(self, plan: TrainPlan) -> None:
        super().__init__()
        self.plan = plan
        self.net = PatchNet(plan.architecture, dropout=plan.dropout)
        self.averaged = PatchNet(plan.architecture, dropout=plan.dropout).requires_grad_(False)
        self.follow(0.0)
        self.seconds, self._since = 0.0, time.monotonic()
        self._held: list[tuple[Tensor, Tensor]] = []

    def forward(self, patches: Tensor) -> Tensor:
        """Logits (n,) of the averaged network for uint8 patches (n, size, size, 3)."""
        return self.averaged(patches)  # type: ignore[no-any-return]

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Binary cross-entropy with smoothed labels."""
        patches, labels = batch
        logits = self.net(patches).float()
        target = labels.float() * (1 - 2 * self.plan.smoothing) + self.plan.smoothing
        loss = nn.functional.binary_cross_entropy_with_logits(logits, target)
        if not torch.isfinite(loss):
            raise diverged(self.global_step, newest_checkpoint(Path(self.trainer.default_root_dir) / CHECKPOINTS))
        right = ((logits.detach() > 0) == (labels > 0.5)).float().mean()
        self.log_dict({"loss": loss.detach(), "accuracy": right}, prog_bar=True, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        """Logits of the averaged network on held-out sources, kept for the end of the epoch."""
        patches, labels = batch
        self._held.append((self.averaged(patches).float().cpu(), labels.cpu()))

    def on_validation_epoch_end(self) -> None:
        """One AUC over all of them."""
        logits, labels = (torch.cat(part).double().numpy() for part in zip(*self._held, strict=True))
        self._held.clear()
        self.log(HELD_AUC, auc(logits, labels > 0.5), prog_bar=True)

    def on_train_start(self) -> None:
        """The modes are set here too: a run that goes on within an epoch has no start of the epoch."""
        self.on_train_epoch_start()

    def on_train_epoch_start(self) -> None:
        """Frozen batch norms stay in evaluation mode although the network trains."""
        self._since = time.monotonic()
        self.averaged.eval()
        if self.plan.freeze_norms:
            for module in self.net.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep how long the epochs took, over all the runs that a killed training consists of."""
        now = time.monotonic()
        self.seconds, self._since = self.seconds + now - self._since, now
        checkpoint[SECONDS] = self.seconds

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on counting from there."""
        self.seconds = float(checkpoint.get(SECONDS, 0.0))

    def follow(self, keep: float) -> None:
        """averaged = keep * averaged + (1 - keep) * net."""
        follow(self.averaged, self.net, keep)

    def configure_optimizers(self) -> Any:
        """AdamW without decay on biases and norms, cosine schedule with a short rise."""
        weights = [p for p in self.net.parameters() if p.ndim > 1]
        others = [p for p in self.net.parameters() if p.ndim <= 1]
        groups = [{"params": weights, "weight_decay": self.plan.weight_decay}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=self.plan.learning_rate)
        total = self.plan.steps_per_epoch * self.plan.epochs
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: _share(s, total, self.plan.warmup))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Averaging(Callback):
    """Moves the average after every batch; before the Keeper, so that a checkpoint within an epoch has it too."""

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        """Young averages move faster, so that the start does not linger in them."""
        assert isinstance(module, PatchModule), "made for it"
        step = trainer.global_step
        module.follow(min(module.plan.ema, (1 + step) / (10 + step)))


def _share(step: int, total: int, warmup: float) -> float:
    rise = max(1, round(total * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, total - rise))))


def train(
    plan: LabPlan,
    caches: Sequence[RegionCache],
    out: Path,
    resume: bool = True,
    progress: bool = True,
    watchers: Sequence[Callback] = (),
) -> Path:
    """Train by `plan` on cached regions; the path of the checkpoint in `out` to export: the last, or the best one.

    A run that was killed goes on from its newest whole checkpoint: `checkpoint_minutes` are lost at most; without
    `resume` its checkpoints are removed. With `held_out`, whole sources are left out of training, and it ends when the
    AUC on them no longer rises. `watchers` see every epoch. Raises LabError where the disk is full, or the loss is no
    number any more.
    """
    pl.seed_everything(plan.seed, workers=True, verbose=False)
    torch.set_num_threads(plan.train.threads)
    used, held = parted(plan, caches)
    if not resume:
        _forget(out / CHECKPOINTS)
    found = newest_checkpoint(out / CHECKPOINTS)
    module = PatchModule(plan.train)
    loader = loader_of(plan, used, *(reached(found) if found else (0, 0)))
    keeper = Keeper(out / CHECKPOINTS, plan.train.checkpoint_minutes, HELD_AUC if held else None)
    trainer = _trainer(plan.train, out, [Averaging(), *watchers, keeper], bool(held), progress)
    with disk_explained():
        if found is None:
            start_from_backbone(module, loader_of(plan, used))
            _keep_start(module, out)
        trainer.fit(module, loader, held_loader(plan, held) if held else None, ckpt_path=found, weights_only=False)
    best = keeper.folder / BEST
    last = keeper.last or found
    assert last is not None, "a training of at least one epoch keeps a checkpoint"
    return best if held and best.is_file() else last


def _forget(checkpoints: Path) -> None:
    """Those of a former run count further than the first ones of a new run, which would go as the older ones."""
    for path in checkpoints.glob("*.ckpt"):
        path.unlink()


def _trainer(plan: TrainPlan, out: Path, callbacks: Sequence[Callback], held: bool, progress: bool) -> pl.Trainer:
    patience = [Patience(HELD_AUC, plan.patience)] if held else []
    bar: list[Callback] = [TQDMProgressBar()] if progress else []
    return pl.Trainer(
        max_epochs=plan.epochs, accelerator="cpu", devices=1, precision=plan.precision,  # type: ignore[arg-type]
        default_root_dir=out, callbacks=[*patience, *callbacks, *bar], logger=CSVLogger(out, name="log"),
        enable_progress_bar=progress, enable_model_summary=False, enable_checkpointing=False, gradient_clip_val=5.0,
        log_every_n_steps=10, num_sanity_val_steps=0,
    )  # fmt: skip


def start_from_backbone(module: PatchModule, loader: DataLoader[tuple[Tensor, float]]) -> None:
    """Fill the network from the recipe's backbone, its batch norms from a few batches; nothing without a backbone."""
    if module.plan.backbone is None:
        return
    load_backbone(module.net, module.plan.backbone)
    patches: list[Tensor] = []
    for batch, _ in loader:
        patches.append(batch)
        if sum(len(p) for p in patches) >= CALIBRATION_PATCHES:
            break
    unfold_norms(module.net, torch.cat(patches))
    module.follow(0.0)


def _keep_start(module: PatchModule, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    saved_whole(module.averaged.state_dict(), out / START)


def seconds_of(checkpoint: Path) -> float:
    """Seconds that the epochs of a checkpoint took."""
    return float(torch.load(checkpoint, map_location="cpu", weights_only=False)[SECONDS])


def load_network(checkpoint: Path, plan: TrainPlan) -> PatchNet:
    """The averaged network of a checkpoint, in evaluation mode. Raises LabError where it does not load.

    With `plan.blend` below one it is mixed with the weights that its run began with: between the two lie networks that
    know the new task and forget less of what the backbone knew (Wortsman et al., arXiv 2109.01903).
    """
    module = PatchModule(plan)
    try:
        module.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=False)["state_dict"])
        if plan.blend < 1:
            start = torch.load(checkpoint.parent.parent / START, map_location="cpu", weights_only=True)
            _mix(module.averaged, start, plan.blend)
    except (*LOAD_ERRORS, KeyError) as error:
        raise LabError(
            f"The checkpoint {checkpoint} does not load: {error}.", "Train again, or give another."
        ) from error
    return module.averaged.eval()


@torch.no_grad()
def _mix(net: PatchNet, start: dict[str, Tensor], share: float) -> None:
    for name, trained in net.state_dict().items():
        if trained.is_floating_point():
            trained.copy_(start[name].lerp(trained, share))
