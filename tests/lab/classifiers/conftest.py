"""One drawn set and one trained run for all tests of the classifiers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.drawn_sets import drawn_set


def recipe(prepared: Path, **changes):
    """A recipe that trains in seconds, with keys of [classifier] changed; returns the checked plan."""
    from brushwork.lab.classifiers.plan import model_plan_from

    settings = {
        "model": "small_cnn", "epochs": 5, "batch": 8, "learning_rate": 0.002, "precision": "32-true",
        "accelerator": "cpu", "schedule": "constant",
    }  # fmt: skip
    tables = {name: changes.pop(name) for name in ("classical", "ensemble", "data") if name in changes}
    data = {"prepared": str(prepared), **tables.pop("data", {})}
    raw = {"name": "tiny", "seed": 3, "data": data, "classifier": {**settings, **changes}, **tables}
    return model_plan_from(raw, "tiny.toml")


@pytest.fixture(scope="session")
def drawn32(tmp_path_factory):
    """160 drawn pictures of 32 px; see tests/made/drawn_sets.py."""
    return drawn_set(tmp_path_factory.mktemp("sets") / "drawn32")


@pytest.fixture(scope="session")
def trained(drawn32, tmp_path_factory):
    """A small CNN trained on them: (run)."""
    from brushwork.lab.classifiers.training import train_classifier

    return train_classifier(recipe(drawn32.folder), tmp_path_factory.mktemp("runs") / "tiny")
