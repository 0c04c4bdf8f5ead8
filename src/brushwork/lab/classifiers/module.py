"""What Lightning trains: a network of the zoo on a prepared set, judged after every epoch."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from ..keeping import CHECKPOINTS, Reached, diverged, newest_checkpoint
from ..networks import follow
from ..torchvision_shim import ensure_torchvision

ensure_torchvision()

import lightning.pytorch as pl  # noqa: E402  (the shim must come first)

from .augment import augment, mix_up  # noqa: E402
from .batches import Batch, Draws, JudgedBatches, Share, TrainBatches, limited  # noqa: E402
from .figures import judged_figures  # noqa: E402
from .optimising import loss_of, optimiser_of, rate_share, targets_of  # noqa: E402
from .plan import ModelPlan, judged_at_once  # noqa: E402
from .sets import open_set  # noqa: E402
from .zoo import ClassifierNet, build, freeze  # noqa: E402

SCORE: Final = "val_score"
"""The recipe's metric on the validation split, turned so that higher is better."""
START: Final = Reached(0, 0)
YOUNG: Final = 10
"""Steps after which a moving average trusts its past: min(ema, (1 + step) / (YOUNG + step))."""


class Outcome(NamedTuple):
    """Sums over the batches of an epoch."""

    loss: float
    right: float
    seen: int


class ClassifierModule(pl.LightningModule):
    """A network of the zoo; `averaged` is its moving average where the recipe has one, and what is judged and kept."""

    def __init__(self, plan: ModelPlan, reached: Reached = START) -> None:
        super().__init__()
        self.plan, self.settings, self.reached = plan, plan.classifier, reached
        self.prepared = prepared = open_set(plan)
        self.classes, self.side = prepared.classes(self.settings.task), prepared.side
        self.net = build(self.settings, len(self.classes), self.side)
        if self.settings.frozen_epochs:
            freeze(self.net, True)
        if self.settings.channels_last:
            self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.net).requires_grad_(False) if self.settings.ema else None
        self.outcome = Outcome(0.0, 0.0, 0)
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []

    @property
    def kept(self) -> ClassifierNet:
        """The network that is judged and kept."""
        return self.net if self.averaged is None else self.averaged

    def _share(self) -> Share:
        return Share(self.trainer.global_rank, self.trainer.world_size)

    def train_dataloader(self) -> Any:
        """Batches of the training split, from where a run goes on."""
        task = self.settings.task
        rows = self.prepared.indices("train", task)
        rows = limited(rows, self.prepared.labels(task), self.plan.data.limit, self.plan.seed)
        draws = Draws(self.settings.batch, self.plan.seed, self.settings.balanced, *self.reached)
        return TrainBatches(self.prepared, rows, task, draws, self._share())

    def val_dataloader(self) -> Any:
        """The validation split."""
        rows = self.prepared.indices("val", self.settings.task)
        return JudgedBatches(
            self.prepared, rows, self.settings.task, judged_at_once(self.settings.batch), self._share()
        )

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """Loss of one changed batch."""
        pictures, labels, draw = batch
        rng = torch.Generator().manual_seed(self.plan.seed * 1_000_003 + draw)
        scaled = augment(pictures.permute(0, 3, 1, 2).float() / 255, self.settings.augment, rng)
        targets = targets_of(labels, len(self.classes), self.settings.smoothing)
        scaled, targets = mix_up(scaled, targets, self.settings.augment, rng)
        logits = self.net.logits(scaled).float()
        loss = loss_of(logits, targets, self.settings)
        if not torch.isfinite(loss):
            raise diverged(self.global_step, newest_checkpoint(Path(self.trainer.default_root_dir) / CHECKPOINTS))
        right = float((logits.detach().argmax(1) == targets.argmax(1)).sum())
        done = self.outcome
        self.outcome = Outcome(
            done.loss + float(loss.detach()) * len(labels), done.right + right, done.seen + len(labels)
        )
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """The moving average follows; a young one moves faster, so that the start does not linger in it."""
        if self.averaged is not None:
            step = self.global_step
            follow(self.averaged, self.net, min(self.settings.ema, (1 + step) / (YOUNG + step)))

    def on_train_start(self) -> None:
        """The modes are set here too: a run that goes on within an epoch has no start of the epoch."""
        self._set_modes()

    def on_train_epoch_start(self) -> None:
        """Sums begin anew, and the backbone is let go where it is time."""
        self.outcome = Outcome(0.0, 0.0, 0)
        self._set_modes()

    def _set_modes(self) -> None:
        """Batch norms of a frozen backbone keep their statistics although the network trains."""
        frozen = self.current_epoch < self.settings.frozen_epochs
        freeze(self.net, frozen)
        if self.averaged is not None:
            self.averaged.eval()
        for module in self.net.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.train(not frozen)

    def validation_step(self, batch: Batch, _: int) -> None:
        """Logits of the kept network, in memory until the end of the epoch."""
        pictures, labels, _start = batch
        self._seen.append((self.kept(pictures).float().cpu().numpy(), labels.cpu().numpy()))

    def on_validation_epoch_end(self) -> None:
        """The figures of the whole split, the same in every process."""
        parts = _gathered(self._seen, self.trainer.world_size)
        self._seen.clear()
        logits, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
        figures = judged_figures(logits.astype(np.float64), labels, self.settings.metric)
        self.log_dict({f"val_{name}": value for name, value in figures._asdict().items()}, rank_zero_only=False)

    def configure_optimizers(self) -> Any:
        """The recipe's optimiser and schedule, by the step."""
        optimiser = optimiser_of(self.net, self.settings)
        steps = -(-len(self.train_dataloader()) // self.settings.accumulate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: rate_share(self.settings, s, steps))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _gathered(seen: list[tuple[np.ndarray, np.ndarray]], world: int) -> list[tuple[np.ndarray, np.ndarray]]:
    if world == 1:
        return list(seen)
    everyone: list[Any] = [None] * world
    torch.distributed.all_gather_object(everyone, seen)
    return cast("list[tuple[np.ndarray, np.ndarray]]", [part for parts in everyone for part in parts])
