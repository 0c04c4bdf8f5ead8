"""The progress bar is for people who wait; scripts and short runs see nothing of it."""

from __future__ import annotations

import io
import re
import sys

import pytest

from brushwork.cli import main, progress
from brushwork.cli.exits import ExitCode
from brushwork.cli.progress import Progress


class _Window(io.StringIO):
    """A stderr that somebody watches."""

    def isatty(self) -> bool:
        return True


def _run(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, total: int = 3, wanted: bool = True) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(total, wanted=wanted) as bar:
        for number in range(total):
            bar.advance()
            if number == 1:
                bar.say("error: a.png is\x1b[2J broken")
    return stream.getvalue()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_a_long_run_shows_a_bar_and_messages_above_it(monkeypatch: pytest.MonkeyPatch, impatient: None) -> None:
    shown = _run(monkeypatch, _Window())
    assert "examining" in shown
    assert "error: a.png is [2J broken" in shown


def test_a_short_run_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, _Window()) == "error: a.png is [2J broken\n"


def test_no_window_no_bar(monkeypatch: pytest.MonkeyPatch, impatient: None) -> None:
    assert _run(monkeypatch, io.StringIO()) == "error: a.png is [2J broken\n"
    assert _run(monkeypatch, _Window(), wanted=False) == "error: a.png is [2J broken\n"
    assert _run(monkeypatch, _Window(), total=1) == ""


def test_no_color_means_no_colour(monkeypatch: pytest.MonkeyPatch, impatient: None) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert re.search(r"\x1b\[3\dm", _run(monkeypatch, _Window()))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[3\dm", _run(monkeypatch, _Window()))


def test_a_fault_of_our_own_is_neither_a_policy_hit_nor_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faulty() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("brushwork.cli.app.build", faulty)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == ExitCode.FAULT
    assert "ZeroDivisionError" in capsys.readouterr().err
