"""The app for Spaces gives the verdict of the same engine, and says in words why there is none (S2-12)."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from brushwork import Examiner
from tests.conftest import ROOT
from tests.made.drawings import drawn, encoded


@pytest.fixture(scope="module")
def app() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "deploy" / "spaces" / "app.py"))


def test_the_app_says_what_the_engine_says(app: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(drawn("painterly", (260, 240), 5)))
    card, text = app["answer"](str(path))
    told = Examiner.from_bundle("default").examine(path, explain=True)
    assert told.wording is not None
    assert told.wording.answer in card
    assert text.splitlines()[1:2] == told.to_text().splitlines()[1:2]
    assert told.wording.error_rate in text


def test_what_is_no_picture_is_told_in_words(app: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no picture")
    card, text = app["answer"](str(path))
    assert card == ""
    assert "read" in text
    assert app["answer"](None) == ("", "Choose a picture first.")
