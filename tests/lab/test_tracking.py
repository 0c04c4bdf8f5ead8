"""Runs in one SQLite file: what they were made of, how they went, and nothing over the network (S3-25)."""

from __future__ import annotations

import sqlite3

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)
mlflow = pytest.importorskip("mlflow", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.tracking import ARTIFACTS, RUN_ID, STORE, flattened, tracking  # noqa: E402


def test_a_killed_run_goes_on_under_its_id_and_every_setting_is_kept(tmp_path):
    out = tmp_path / "runs" / "one"
    with pytest.raises(KeyboardInterrupt), tracking(out, "drawn") as told:
        told.params({"train": {"epochs": 3, "weights": [1, 2]}, "name": "tiny"})
        told.metrics({"loss": 0.5, "held_auc": float("nan")}, step=0)
        raise KeyboardInterrupt
    (tmp_path / "note.txt").write_text("x")
    with tracking(out, "drawn") as again:
        again.params({"train": {"epochs": 4}})
        again.metrics({"loss": 0.25}, step=1)
        again.artifact(tmp_path / "note.txt")
    assert again.run_id == told.run_id == (out / RUN_ID).read_text()
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'runs' / STORE}")
    run = client.get_run(told.run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "one"
    assert run.data.params == {"train.epochs": "3", "train.weights": "[1, 2]", "name": "tiny"}
    assert run.data.tags["resumed with train.epochs"] == "4"
    assert [m.value for m in client.get_metric_history(told.run_id, "loss")] == [0.5, 0.25]
    assert "held_auc" not in run.data.metrics
    assert list((tmp_path / "runs" / ARTIFACTS).rglob("note.txt"))


def test_an_error_marks_the_run_as_failed(tmp_path):
    with pytest.raises(LabError, match="broken"), tracking(tmp_path / "a", "drawn"):
        raise LabError("broken", "mend it")
    with sqlite3.connect(tmp_path / STORE) as store:
        assert store.execute("select status from runs").fetchall() == [("FAILED",)]


def test_a_store_that_is_none_is_named_with_what_helps(tmp_path):
    (tmp_path / STORE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(LabError, match=r"mlflow\.db cannot be used") as raised, tracking(tmp_path / "a", "drawn"):
        pytest.fail("never opened")
    assert "move the file away" in raised.value.advice


def test_nothing_is_told_to_anyone(tmp_path, monkeypatch):
    import os

    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    with tracking(tmp_path / "a", "drawn"):
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_settings_get_dotted_names():
    assert dict(flattened({"a": {"b": 1}, "c": (1, 2)})) == {"a.b": 1, "c": "[1, 2]"}
