"""Scores of many pictures: a kill costs the picture that was looked at, and no score of another model is taken."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.lab.datasets import read_manifest  # noqa: E402
from brushwork.lab.evaluate import WEATHERS, ScoreLog, read_scores, score, write_scores  # noqa: E402


class Looks:
    """The mean of the pixels as a logit; counts how often it was asked, and may end the process at one of them."""

    def __init__(self, deadly: int = 0) -> None:
        self.count, self.deadly = 0, deadly

    def __call__(self, rgb):
        self.count += 1
        if self.count == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return float(np.mean(rgb, dtype=np.float64)) / 3


def test_a_scoring_that_was_killed_goes_on_with_the_picture_it_was_at(drawn_set, tmp_path):
    rows = read_manifest(drawn_set("dev", sources=2, each=2))
    straight = score(rows, Looks())
    path = tmp_path / "scores.jsonl"
    child = os.fork()
    if not child:
        score(rows, Looks(deadly=3 * len(WEATHERS) + 2), log=ScoreLog(path, "a model"))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    with path.open("a") as half:
        half.write('{"name": "cut o')
    looks = Looks()
    assert score(rows, looks, log=ScoreLog(path, "a model")) == straight
    assert looks.count == (len(rows) - 3) * len(WEATHERS)
    again = Looks()
    assert score(rows, again, log=ScoreLog(path, "a model")) == straight
    assert again.count == 0


def test_scores_of_another_model_are_not_taken_for_these(drawn_set, tmp_path):
    rows = read_manifest(drawn_set("dev", sources=1, each=1))
    path = tmp_path / "scores.jsonl"
    first = score(rows, Looks(), log=ScoreLog(path, "a model"))
    other = score(rows, lambda rgb: -1.0, log=ScoreLog(path, "another"))
    assert {s.logit for s in other} == {-1.0}
    looks = Looks()
    assert score(rows, looks, log=ScoreLog(path, "a model")) == first
    assert looks.count == len(rows) * len(WEATHERS), "the other's log took the place of the first"


def test_scores_are_written_whole(drawn_set, tmp_path):
    rows = read_manifest(drawn_set("dev", sources=1, each=1))
    scored = score(rows, Looks(), stability=True)
    write_scores(scored, tmp_path / "scores.csv")
    assert read_scores(tmp_path / "scores.csv") == scored
    assert [p.name for p in tmp_path.glob("scores*")] == ["scores.csv"]
