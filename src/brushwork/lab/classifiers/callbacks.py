"""What happens around training: the history of a run, word of every epoch, early stopping, the bar."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ..torchvision_shim import ensure_torchvision

ensure_torchvision()

import lightning.pytorch as pl  # noqa: E402  (the shim must come first)
from lightning.pytorch.callbacks import Callback, TQDMProgressBar  # noqa: E402

from ..keeping import CHECKPOINTS, Keeper, Patience  # noqa: E402
from ..writing import written_whole  # noqa: E402
from .module import SCORE, ClassifierModule  # noqa: E402
from .plan import ClassifierPlan  # noqa: E402
from .runs import HISTORY_COLUMNS, HISTORY_FILE, Epoch, read_history  # noqa: E402

OnEpoch = Callable[[int, Mapping[str, float]], None]
"""Told the number of an epoch and its row of the history. What it raises ends the run, which can go on later."""
NOT_LOGGED: Final = float("nan")


class History(Callback):
    """Writes history.csv after every epoch. A run that goes on drops the rows of epochs that it does again."""

    def __init__(self, out: Path) -> None:
        self._path = out / HISTORY_FILE
        self._spent, self._since = 0.0, time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        """Seconds of the epoch under way travel with the checkpoints."""
        return {"spent": self._spent + time.monotonic() - self._since}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self._spent = float(state_dict["spent"])

    def on_train_start(self, *_: Any) -> None:
        """The clock starts here, not where the data were gathered."""
        self._since = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """One row. The seconds hold training and validation."""
        assert isinstance(module, ClassifierModule), "made for it"
        now = time.monotonic()
        row = _epoch(trainer, module, self._spent + now - self._since)
        self._spent, self._since = 0.0, now
        if trainer.is_global_zero:
            rows = [r for r in read_history(self._path) if r.epoch < row.epoch]
            write_history(self._path, [*rows, row])


def _epoch(trainer: pl.Trainer, module: ClassifierModule, seconds: float) -> Epoch:
    logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
    done = module.outcome
    rate = float(trainer.optimizers[0].param_groups[0]["lr"])
    return Epoch(
        trainer.current_epoch, rate, done.loss / max(1, done.seen), done.right / max(1, done.seen),
        logged.get("val_loss", NOT_LOGGED), logged.get("val_accuracy", NOT_LOGGED),
        logged.get("val_auc", NOT_LOGGED), seconds,
    )  # fmt: skip


def write_history(path: Path, rows: list[Epoch]) -> None:
    """The whole file, or the one before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HISTORY_COLUMNS)
    writer.writerows([r.epoch, *(f"{v:.6g}" for v in r[1:])] for r in rows)
    written_whole(path, lambda part: part.write_text(text.getvalue(), encoding="utf-8"))


class Told(Callback):
    """Gives word of every epoch once it is kept."""

    def __init__(self, out: Path, on_epoch: OnEpoch) -> None:
        self._path, self._on_epoch = out / HISTORY_FILE, on_epoch

    def on_train_epoch_end(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """The row that History wrote, and the score to choose by."""
        row = read_history(self._path)[-1]
        self._on_epoch(row.epoch, told_values(row) | {SCORE: float(trainer.callback_metrics[SCORE])})


def told_values(row: Epoch) -> dict[str, float]:
    """A row of the history but for its number."""
    return {name: float(value) for name, value in row._asdict().items() if name != "epoch"}


def callbacks_of(settings: ClassifierPlan, out: Path, on_epoch: OnEpoch | None, progress: bool) -> list[Callback]:
    """The callbacks of a run, in the order in which they must see an epoch: written, ended, kept, told."""
    found: list[Callback] = [History(out)]
    if settings.patience:
        found.append(Patience(SCORE, settings.patience))
    found.append(Keeper(out / CHECKPOINTS, settings.checkpoint_minutes, SCORE))
    if on_epoch is not None:
        found.append(Told(out, on_epoch))
    if progress:
        found.append(TQDMProgressBar())
    return found
