"""A scan that was cut off goes on where it stopped: nothing lost, nothing twice, whatever the kill left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from brushwork.cli.exits import ExitCode
from brushwork.cli.inputs import Chosen
from brushwork.cli.resume import ScanState, Stamp
from brushwork.errors import PictureEmpty
from brushwork.failures import failed
from brushwork.verdict import Answer, Verdict
from tests.unit.cli.conftest import COMMAND, Draw, Run, wait_for

OPTIONS: dict[str, Any] = {"model": "abc", "set of options": {"explain": False}}


def _verdict(name: str) -> Verdict:
    return Verdict(id=name, created_at=datetime(2026, 1, 1, tzinfo=UTC), answer=Answer.CANNOT_TELL, probability=0.5)


@pytest.fixture
def picture(tmp_path: Path) -> Chosen:
    (tmp_path / "a.png").write_bytes(b"x")
    return Chosen(str(tmp_path / "a.png"))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_what_was_recorded_is_found_again(state: Path, picture: Chosen) -> None:
    with ScanState(state, OPTIONS) as first:
        assert first.find(Stamp.of(picture)) is None
        first.record(Stamp.of(picture), _verdict("one"))
    with ScanState(state, OPTIONS) as second:
        assert second.find(Stamp.of(picture)) == _verdict("one")


def test_a_changed_file_and_a_failed_one_are_not_done(state: Path, picture: Chosen) -> None:
    with ScanState(state, OPTIONS) as first:
        first.record(Stamp.of(picture), failed(PictureEmpty("a.png has no bytes.")))
        assert first.find(Stamp.of(picture)) is None
        first.record(Stamp.of(picture), _verdict("one"))
    Path(picture.path).write_bytes(b"yz")
    with ScanState(state, OPTIONS) as second:
        assert second.find(Stamp.of(picture)) is None


def test_neither_standard_input_nor_a_missing_file_has_a_stamp(tmp_path: Path) -> None:
    assert Stamp.of(Chosen("-")) is None
    assert Stamp.of(Chosen(str(tmp_path / "missing"))) is None
    assert Stamp.of(Chosen("a\0b")) is None


def test_paths_with_undecodable_bytes_are_recorded_exactly(state: Path, tmp_path: Path) -> None:
    picture = Chosen(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.png"))
    Path(picture.path).write_bytes(b"x")
    with ScanState(state, OPTIONS) as first:
        first.record(Stamp.of(picture), _verdict("odd"))
    with ScanState(state, OPTIONS) as second:
        assert second.find(Stamp.of(picture)) == _verdict("odd")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.99])
def test_a_half_written_last_line_is_cut_off_and_the_state_goes_on(state: Path, picture: Chosen, kept: float) -> None:
    with ScanState(state, OPTIONS) as first:
        first.record(Stamp.of(picture), _verdict("one"))
        whole = state.read_bytes()
        first.record(Stamp.of(picture), _verdict("two"))
    rest = state.read_bytes()[len(whole) :]
    state.write_bytes(whole + rest[: int(len(rest) * kept)])
    with ScanState(state, OPTIONS) as second:
        assert second.find(Stamp.of(picture)) == _verdict("one")
        second.record(Stamp.of(picture), _verdict("three"))
    with ScanState(state, OPTIONS) as third:
        assert third.find(Stamp.of(picture)) == _verdict("three")
        assert third.unreadable == 0


def test_a_half_written_heading_is_begun_again(state: Path, picture: Chosen) -> None:
    with ScanState(state, OPTIONS):
        heading = state.read_bytes()
    state.write_bytes(heading[: len(heading) // 2])
    with ScanState(state, OPTIONS) as second:
        second.record(Stamp.of(picture), _verdict("one"))
    assert state.read_bytes().startswith(heading)


def test_a_damaged_line_costs_only_its_own_picture(state: Path, picture: Chosen, tmp_path: Path) -> None:
    other = Chosen(str(tmp_path / "b.png"))
    Path(other.path).write_bytes(b"x")
    with ScanState(state, OPTIONS) as first:
        first.record(Stamp.of(picture), _verdict("one"))
        first.record(Stamp.of(other), _verdict("two"))
    heading, one, two = state.read_bytes().splitlines(keepends=True)
    state.write_bytes(heading + b"\x00\xff" + one[2:] + two)
    with ScanState(state, OPTIONS) as second:
        assert second.find(Stamp.of(picture)) is None
        assert second.find(Stamp.of(other)) == _verdict("two")
        assert second.unreadable == 1


def test_a_recorded_verdict_that_is_none_is_examined_again_and_told(brushwork: Run, art: Path) -> None:
    scan = ("scan", "art/flat.png", "art/tiny.jpg", "--resume", "scan.state")
    brushwork(*scan)
    state = art.parent / "scan.state"
    state.write_text(state.read_text().replace("too_flat", "no_such_reason"))
    done = brushwork(*scan)
    assert done.returncode == ExitCode.DONE
    assert "1 of them known from an earlier run" in done.stderr
    assert "1 lines of scan.state could not be read" in done.stderr


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b'{"path": "a.png"}\n', b"[]\n", b"words"])
def test_a_file_that_is_no_state_is_refused_and_left_as_it_is(state: Path, content: bytes) -> None:
    state.write_bytes(content)
    with pytest.raises(typer.BadParameter, match="no state"):
        ScanState(state, OPTIONS)
    assert state.read_bytes() == content


def test_other_options_or_another_model_are_refused(state: Path) -> None:
    ScanState(state, OPTIONS).__exit__(None, None, None)
    with pytest.raises(typer.BadParameter, match="another model"):
        ScanState(state, OPTIONS | {"model": "def"})
    with pytest.raises(typer.BadParameter, match="another set of options"):
        ScanState(state, OPTIONS | {"set of options": {"explain": True}})


def test_two_runs_cannot_share_a_state(state: Path) -> None:
    with ScanState(state, OPTIONS), pytest.raises(typer.BadParameter, match="in use"):
        ScanState(state, OPTIONS)


def test_a_second_run_examines_only_the_rest_and_reports_the_whole(brushwork: Run, art: Path, draw: Draw) -> None:
    scan = ("scan", "art", "--format", "jsonl", "-o", "report.jsonl", "--resume", "scan.state")
    brushwork(*scan)
    before = (art.parent / "report.jsonl").read_text().splitlines()
    draw(art / "between.png")
    done = brushwork(*scan)
    after = (art.parent / "report.jsonl").read_text().splitlines()
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "4 pictures" in done.stderr
    assert "3 of them known from an earlier run" in done.stderr
    assert after[1:] == before  # not examined again: same ids, same times
    assert json.loads(after[0])["path"] == "art/between.png"
    table = brushwork("scan", "art", "--format", "csv", "--resume", "scan.state", "--fail-on", "made_with_ai")
    assert len(table.stdout.splitlines()) == 5
    assert table.returncode == ExitCode.POLICY  # what was found earlier counts


def test_a_failed_picture_is_tried_again(brushwork: Run, art: Path) -> None:
    scan = ("scan", "art/words.txt", "--resume", "scan.state")
    assert brushwork(*scan).returncode == ExitCode.SOME_FAILED
    (art / "flat.png").rename(art / "words.txt")
    assert brushwork(*scan).returncode == ExitCode.DONE


def test_the_state_cannot_be_a_picture_or_the_report(brushwork: Run, art: Path) -> None:
    assert brushwork("scan", "art", "--resume", "art/flat.png").returncode == ExitCode.USAGE
    assert brushwork("scan", "art", "--resume", "x", "-o", "x").returncode == ExitCode.USAGE
    assert (art / "flat.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_that_is_killed_loses_no_picture_and_does_none_twice(brushwork: Run, tmp_path: Path, draw: Draw) -> None:
    names = [f"many/{number:03}.png" for number in range(80)]
    draw(tmp_path / names[0], side=900)
    for name in names[1:]:
        os.link(tmp_path / names[0], tmp_path / name)
    report, state = tmp_path / "report.jsonl", tmp_path / "scan.state"
    scan = ("scan", "many", "--jobs", "2", "--format", "jsonl", "-o", str(report), "--resume", str(state))
    run = subprocess.Popen([*COMMAND, *scan], cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_for(lambda: report.exists() and report.read_bytes().count(b"\n") >= 5)
    workers = _children(run.pid)
    run.send_signal(signal.SIGKILL)
    assert run.wait(timeout=60) == -signal.SIGKILL, "it was finished before it could be killed"
    early = report.read_text().splitlines()
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))

    done = brushwork(*scan)
    assert done.returncode == ExitCode.DONE, done.stderr
    lines = report.read_text().splitlines()
    assert [json.loads(line)["path"] for line in lines] == names
    whole = [line for line in early if line.endswith("}")]
    assert len(whole) >= 5
    assert lines[: len(whole)] == whole
    recorded = [json.loads(line)["path"] for line in state.read_text().splitlines()[1:]]
    assert recorded == [str(tmp_path / name) for name in names]


def _children(pid: int) -> list[str]:
    """The processes that `pid` started; none where the system has no /proc."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return path.read_text().split() if path.exists() else []
