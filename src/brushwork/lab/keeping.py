"""Checkpoints that a kill cannot hurt: by the clock, whole or not at all, and only while the weights are sound."""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import LabError
from .torchvision_shim import ensure_torchvision
from .writing import HALF_WRITTEN, take_name, written_whole

ensure_torchvision()

import lightning.pytorch as pl  # noqa: E402  (the shim must come first)
from lightning.pytorch.callbacks import Callback  # noqa: E402

CHECKPOINTS: Final = "checkpoints"
BEST: Final = "best.ckpt"
"""The checkpoint with the highest AUC on held-out sources, where a recipe holds some out."""
LOAD_ERRORS: Final = (RuntimeError, EOFError, OSError, ValueError, pickle.UnpicklingError)
"""What torch.load raises on files that are no whole checkpoint."""
log = logging.getLogger(__name__)


class Reached(NamedTuple):
    """How far a checkpoint is: whole epochs behind it, and batches of the next one."""

    epochs: int
    batches: int


def reached(checkpoint: Path) -> Reached:
    """Read from its name: `epoch003.ckpt` has four epochs behind it, `epoch003-00120.ckpt` three and 120 batches."""
    epoch, _, batches = checkpoint.stem.removeprefix("epoch").partition("-")
    return Reached(int(epoch), int(batches)) if batches else Reached(int(epoch) + 1, 0)


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that loads, None without one. A half-written one (killed while saving) is passed over."""
    for path in sorted(folder.glob("epoch*.ckpt"), reverse=True):
        try:
            torch.load(path, map_location="cpu", weights_only=False)
        except LOAD_ERRORS as error:
            log.warning("%s does not load (%s); going back to the one before it", path.name, error)
            continue
        return path
    return None


class Keeper(Callback):
    """Writes a checkpoint after every epoch, and within one whenever `minutes` have passed; the last two stay.

    With `monitor` (a metric that is better when higher) the best one is kept beside them as BEST.
    """

    def __init__(
        self, folder: Path, minutes: float, monitor: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder, self.seconds, self.monitor, self._clock = folder, 60 * minutes, monitor, clock
        self.last: Path | None = None
        self.best = float("-inf")
        self._since = clock()

    def state_dict(self) -> dict[str, Any]:
        """What is the best so far travels with the checkpoints."""
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.best = float(state_dict["best"])

    def on_train_start(self, *_: Any) -> None:
        """The clock starts here, not where the data were gathered."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._since = self._clock()

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *about: Any) -> None:
        """Save where it is time, but not at the last batch: the end of the epoch saves anyway."""
        batches = int(about[2]) + 1  # after the outputs and the batch comes its number
        if self._clock() - self._since >= self.seconds and batches < trainer.num_training_batches:
            self._save(trainer, module, f"epoch{trainer.current_epoch:03d}-{batches:05d}.ckpt")

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Save the epoch, and keep it as the best where it is."""
        figure = float(trainer.callback_metrics[self.monitor]) if self.monitor else None
        better = figure is not None and figure > self.best
        if better and figure is not None:
            self.best = figure
        self._save(trainer, module, f"epoch{trainer.current_epoch:03d}.ckpt", best=better)

    def _save(self, trainer: pl.Trainer, module: pl.LightningModule, name: str, *, best: bool = False) -> None:
        """The best stands before the checkpoint that knows of it: one that goes on from there would never write it."""
        refuse_unsound(module, trainer.global_step, self.last)
        path = self.folder / name
        part = path.with_name(path.name + HALF_WRITTEN)
        trainer.save_checkpoint(part)  # every process of several takes part, and the first one writes
        self.last, self._since = path, self._clock()
        if not trainer.is_global_zero:
            return
        if best:
            written_whole(self.folder / BEST, lambda copy: copy.write_bytes(part.read_bytes()))
        take_name(part, path)
        for old in sorted(self.folder.glob("epoch*.ckpt"))[:-2]:
            old.unlink()


class Patience(Callback):
    """Ends a training after so many `epochs` without a higher `monitor`.

    It stands before the Keeper, so that a checkpoint knows of its own epoch too. Lightning's EarlyStopping comes after
    all others, wherever it stands: what went on from a checkpoint waited an epoch longer.
    """

    def __init__(self, monitor: str, epochs: int) -> None:
        self.monitor, self.epochs = monitor, epochs
        self.highest, self.waited = float("-inf"), 0

    def state_dict(self) -> dict[str, Any]:
        """What was waited for travels with the checkpoints."""
        return {"highest": self.highest, "waited": self.waited}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.highest, self.waited = float(state_dict["highest"]), int(state_dict["waited"])

    def on_train_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """A run that was killed after its last epoch is over."""
        self._end(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Count the epoch; the figure is the same in every process of several."""
        figure = float(trainer.callback_metrics[self.monitor])
        self.waited = 0 if figure > self.highest else self.waited + 1
        self.highest = max(self.highest, figure)
        self._end(trainer)

    def _end(self, trainer: pl.Trainer) -> None:
        if self.waited >= self.epochs:
            trainer.should_stop = True


def saved_whole(state: Mapping[str, Tensor], path: Path) -> None:
    """Keep weights as a whole file. Raises OSError on a full disk, which torch's own writer of files does not name."""
    stored = io.BytesIO()
    torch.save(dict(state), stored)
    written_whole(path, lambda part: part.write_bytes(stored.getvalue()))


def weights_digest(net: nn.Module) -> str:
    """A digest of every weight of a network and its name."""
    digest = hashlib.sha256()
    for name, weight in sorted(net.state_dict().items()):
        digest.update(name.encode() + weight.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


def refuse_unsound(module: nn.Module, step: int, last: Path | None) -> None:
    """Raise LabError where a weight is no finite number: such weights are never saved."""
    if not all(torch.isfinite(p).all() for p in module.parameters()):
        raise diverged(step, last)


NO_ROOM: Final = "Memory ends"


def is_memory(error: LabError) -> bool:
    """Whether a training ended because its batches do not fit into memory."""
    return error.detail.startswith(NO_ROOM)


DIVERGED: Final = "Training diverged"
GENTLER: Final = (
    "Lower `learning_rate`, or give a longer `warmup`, and start anew, with --fresh or another --out: "
    "what goes on from a checkpoint keeps the rate that it was begun with."
)


def is_divergence(error: LabError) -> bool:
    """Whether a training ended because its loss or weights were no numbers any more."""
    return error.detail.startswith(DIVERGED)


def diverged(step: int, last: Path | None) -> LabError:
    """The error of a training whose loss or weights are no numbers any more, with its last good checkpoint."""
    where = f"The last good checkpoint is {last.name}." if last else "There is no checkpoint from before it."
    return divergence(f"step {step}", where, GENTLER)


def divergence_in(text: str) -> LabError | None:
    """The divergence that the last words of another process tell of; None where they tell of something else."""
    _, found, rest = text.partition(DIVERGED)
    return LabError((found + rest).removesuffix(GENTLER).strip(), GENTLER) if found else None


def divergence(place: str, kept: str, hint: str) -> LabError:
    """The error of a training whose loss or weights are no numbers any more: where, what is kept, what to do."""
    return LabError(f"{DIVERGED} at {place}: the loss or the weights are no finite numbers. {kept}", hint)
