"""What a run was made of and how it went, kept in MLflow: one SQLite file beside the runs, nothing over the network.

Look at it with `mlflow ui --backend-store-uri sqlite:///runs/mlflow.db` (the package `mlflow`; the lab needs only the
small `mlflow-skinny`).
"""

from __future__ import annotations

import json
import logging
import math
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from ..errors import LabError
from .torchvision_shim import ensure_torchvision

ensure_torchvision()

import lightning.pytorch as pl  # noqa: E402  (the shim must come first)
from lightning.pytorch.callbacks import Callback  # noqa: E402

STORE: Final = "mlflow.db"
ARTIFACTS: Final = "mlflow-artifacts"
RUN_ID: Final = "mlflow-run.txt"
"""In the folder of a run: its id, so that a killed run goes on under the same one."""
MOST: Final = 100
"""Parameters or figures that the store takes in one transaction."""
LONGEST: Final = 500
"""Characters of a parameter that are kept, so that a long list of sources does not fill the store."""


class Tracking:
    """One run in the store. Everything is written at once: a kill loses nothing that was told."""

    def __init__(self, client: Any, run_id: str) -> None:
        self._client, self.run_id = client, run_id

    def params(self, values: Mapping[str, Any]) -> None:
        """Nested settings, flattened to dotted names. A value that a resumed run changed is kept as a tag beside."""
        from mlflow.entities import Param

        known = self._client.get_run(self.run_id).data.params
        new = []
        for name, value in flattened(values):
            text = str(value)[:LONGEST]
            if known.get(name, text) != text:
                self._client.set_tag(self.run_id, f"resumed with {name}", text)
            elif name not in known:
                new.append(Param(name, text))
        for start in range(0, len(new), MOST):  # one by one, each would be a transaction of its own
            self._client.log_batch(self.run_id, params=new[start : start + MOST])

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Figures at a step (an epoch). Those that are no finite number are left out: the store takes none."""
        from mlflow.entities import Metric

        now = round(time.time() * 1000)
        told = [Metric(name, float(value), now, step) for name, value in values.items() if math.isfinite(value)]
        for start in range(0, len(told), MOST):
            self._client.log_batch(self.run_id, metrics=told[start : start + MOST])

    def artifact(self, path: Path) -> None:
        """A copy of a file."""
        self._client.log_artifact(self.run_id, str(path))


@contextmanager
def tracking(out: Path, experiment: str) -> Iterator[Tracking]:
    """Track the run whose folder is `out` in the store beside it; goes on where the folder names a run.

    The run ends as FINISHED, or as FAILED where an error passes. Raises LabError where the store cannot be used.
    """
    client, failures = _client(out.parent)
    try:
        run_id = _run_of(client, out, experiment)
    except failures as error:
        raise _unusable(out.parent / STORE, error) from error
    try:
        yield Tracking(client, run_id)
    except failures as error:
        raise _unusable(out.parent / STORE, error) from error
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def _unusable(store: Path, error: Exception) -> LabError:
    return LabError(
        f"The store of runs {store} cannot be used: {str(error).splitlines()[0]}",
        "Free some disk space, or move the file away: the next run makes a new one.",
    )


def _client(folder: Path) -> tuple[Any, tuple[type[Exception], ...]]:
    """A client of the store in `folder`, and what it raises."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when mlflow is imported
    os.environ["DO_NOT_TRACK"] = "true"
    import mlflow
    from sqlalchemy.exc import SQLAlchemyError

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_broken(folder / STORE)
    failures = (mlflow.exceptions.MlflowException, SQLAlchemyError)
    try:
        return mlflow.MlflowClient(f"sqlite:///{(folder / STORE).resolve()}"), failures
    except failures as error:
        raise _unusable(folder / STORE, error) from error


def _refuse_broken(store: Path) -> None:
    """MLflow tries a file that is no database again and again, for an hour."""
    try:
        with closing(sqlite3.connect(store)) as opened:
            opened.execute("pragma user_version")
    except sqlite3.Error as error:
        raise _unusable(store, error) from error


def _run_of(client: Any, out: Path, experiment: str) -> str:
    marker = out / RUN_ID
    if marker.is_file():
        run_id = marker.read_text(encoding="ascii").strip()
        client.set_terminated(run_id, "RUNNING")
        return run_id
    found = client.get_experiment_by_name(experiment)
    where = (out.parent / ARTIFACTS).resolve().as_uri()
    number = found.experiment_id if found else client.create_experiment(experiment, artifact_location=where)
    run_id = str(client.create_run(number, run_name=out.name).info.run_id)
    out.mkdir(parents=True, exist_ok=True)
    marker.write_text(run_id, encoding="ascii")
    return run_id


def flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names with their values; lists as JSON."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", json.dumps(value) if isinstance(value, list | tuple) else value


class EpochMetrics(Callback):
    """Tells the tracking what every epoch logged: loss, accuracy, AUC on held-out sources."""

    def __init__(self, told: Tracking) -> None:
        self._told = told

    def on_train_epoch_end(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """After the last batch, and after the look at held-out sources."""
        values = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self._told.metrics(values, trainer.current_epoch)
