"""`brushwork scan` as a process: every exit code, every form of report, and what goes to which stream."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from brushwork.cli.exits import ExitCode
from brushwork.cli.run import Tally
from brushwork.verdict import Answer, Verdict
from tests.unit.cli.conftest import COMMAND, Draw, Run, wait_for


def _rows(report: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.splitlines()]


def test_a_scan_that_works_ends_with_0_and_keeps_data_and_messages_apart(brushwork: Run, art: Path) -> None:
    done = brushwork("scan", "art", "--format", "jsonl")
    assert done.returncode == ExitCode.DONE, done.stderr
    rows = _rows(done.stdout)
    assert [row.pop("path") for row in rows] == ["art/declared.png", "art/flat.png", "art/tiny.jpg"]
    assert [row["answer"] for row in rows] == ["made_with_ai", "cannot_tell", "cannot_tell"]
    assert [row["reason"] for row in rows] == ["declared_ai", "too_flat", "too_small"]
    assert {Verdict.model_validate(row).channel for row in rows} == {"command_line"}
    passed_over, summary = done.stderr.splitlines()
    assert passed_over.startswith("Passed over, files without a picture's suffix: 1.")
    assert summary.startswith("3 pictures in ")
    assert "Cannot tell: 2" in done.stderr


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ({"looks_ai"}, ExitCode.SOME_FAILED),
        ({"looks_ai", "made_with_ai"}, ExitCode.POLICY),
        ({"partly_ai"}, ExitCode.SOME_FAILED),
        ({"error"}, ExitCode.POLICY),
        (set(), ExitCode.SOME_FAILED),
    ],
)
def test_a_policy_hit_goes_before_a_failed_input(policy: set[str], code: ExitCode) -> None:
    tally = Tally(Counter({Answer.MADE_WITH_AI: 2, Answer.NO_SIGN_OF_AI: 1}), failed=1)
    assert tally.code(frozenset(policy)) == code


def test_fail_on_ends_with_1_where_it_finds_what_it_names(brushwork: Run, art: Path) -> None:
    assert (
        brushwork("scan", "art", "--fail-on", "looks_ai,error", "--fail-on", "cannot_tell").returncode
        == ExitCode.POLICY
    )
    assert brushwork("scan", "art", "--fail-on", "looks_ai", "--fail-on", "error").returncode == ExitCode.DONE


def test_a_failed_input_ends_with_3_and_the_others_are_done(brushwork: Run, art: Path) -> None:
    done = brushwork("scan", "art/words.txt", "art/tiny.jpg", "art/missing.png", "--format", "jsonl")
    assert done.returncode == ExitCode.SOME_FAILED
    text, tiny, missing = _rows(done.stdout)
    assert (text["error"]["type"], tiny["error"], missing["error"]["type"]) == (
        "unsupported-media-type",
        None,
        "not-found",
    )
    assert text["answer"] is None
    assert "error: art/words.txt is not a picture" in done.stderr
    assert "error: art/missing.png: no such file. Check the spelling" in done.stderr
    assert "failed: 2" in done.stderr


def test_a_model_that_is_not_there_ends_with_4(brushwork: Run, art: Path) -> None:
    done = brushwork("scan", "art", BRUSHWORK_MODEL="no-such-model")
    assert done.returncode == ExitCode.UNUSABLE
    assert done.stdout == ""
    assert "No bundle named no-such-model" in done.stderr


def test_a_wrong_setting_ends_with_4_and_names_it(brushwork: Run, art: Path) -> None:
    for wrong in ({"BRUSHWORK_WORKERS": "many"}, {"BRUSHWORK_TRUST_LIST": "missing.pem"}):
        done = brushwork("scan", "art", **wrong)
        assert done.returncode == ExitCode.UNUSABLE
        assert next(iter(wrong)) in done.stderr


def test_a_model_that_onnx_runtime_refuses_ends_with_4(brushwork: Run, art: Path, broken_bundle: Path) -> None:
    done = brushwork("scan", "art", BRUSHWORK_MODEL=str(broken_bundle))
    assert done.returncode == ExitCode.UNUSABLE
    assert "does not load in ONNX Runtime" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_with_130_and_says_how_far_it_came(brushwork: Run, tmp_path: Path, draw: Draw) -> None:
    draw(tmp_path / "many" / "000.png", side=1200)
    for number in range(1, 200):
        os.link(tmp_path / "many" / "000.png", tmp_path / "many" / f"{number:03}.png")
    report = tmp_path / "report.json"
    run = subprocess.Popen(
        [*COMMAND, "scan", "many", "--format", "json", "-o", report],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: report.exists() and report.read_text().count("\n") > 3)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does it: the workers get it, too
    _, messages = run.communicate(timeout=60)
    assert run.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in messages
    assert re.search(r"interrupted after \d+ of 200 pictures; the report is incomplete", messages)
    assert 3 <= len(json.loads(report.read_text())) < 200


def test_a_reader_that_stops_ends_the_run_quietly(tmp_path: Path, draw: Draw) -> None:
    draw(tmp_path / "many" / "0.png")
    for number in range(1, 30):
        os.link(tmp_path / "many" / "0.png", tmp_path / "many" / f"{number}.png")
    run = subprocess.Popen(
        [*COMMAND, "scan", "many", "--format", "jsonl"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdout is not None
    run.stdout.close()
    assert run.wait(timeout=60) == ExitCode.READER_GONE
    assert run.stderr is not None
    assert b"Traceback" not in run.stderr.read()
    run.stderr.close()


def test_json_is_one_array_of_the_same_rows(brushwork: Run, art: Path) -> None:
    done = brushwork("scan", "art/tiny.jpg", "art/words.txt", "--format", "json")
    tiny, text = json.loads(done.stdout)
    assert tiny["path"] == "art/tiny.jpg"
    assert Verdict.model_validate({key: value for key, value in tiny.items() if key != "path"}).answer == "cannot_tell"
    assert text["error"]["advice"]


def test_csv_has_a_heading_and_a_line_for_each(brushwork: Run, art: Path) -> None:
    done = brushwork("scan", "art", "art/words.txt", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["path"] for row in rows] == ["art/declared.png", "art/flat.png", "art/tiny.jpg", "art/words.txt"]
    assert [row["answer"] for row in rows] == ["made_with_ai", "cannot_tell", "cannot_tell", ""]
    assert 0 < float(rows[0]["probability"]) < 1
    assert rows[0]["declared_by"]
    assert rows[3]["error"] == "unsupported-media-type"


def test_markdown_is_a_table(brushwork: Run, art: Path) -> None:
    lines = brushwork("scan", "art", "--format", "md").stdout.splitlines()
    assert lines[:2] == ["| picture | answer | probability | human works as high | why |", "|---|---|---:|---:|---|"]
    assert len(lines) == 5
    assert "The file says it was made with AI" in lines[2]


def test_the_table_shows_the_answer_in_words_wide_and_narrow(brushwork: Run, art: Path) -> None:
    wide, narrow = (brushwork("scan", "art", COLUMNS=width).stdout for width in ("120", "40"))
    for table in (wide, narrow):
        assert "art/flat.png" in table
        assert table.count("Cannot tell") == 2
    assert wide.startswith("Picture")
    assert len(re.findall(r"0\.\d\d +\d+ of 1000", wide)) == 1  # the flat and the small one have no score
    assert max(map(len, narrow.splitlines())) <= 40
    assert "\x1b" not in wide + narrow
    assert not [line for line in (wide + narrow).splitlines() if line != line.rstrip()]


def test_a_single_picture_is_told_in_full(brushwork: Run, art: Path) -> None:
    lines = brushwork("scan", "art/declared.png").stdout.splitlines()
    assert lines[0] == "art/declared.png"
    assert lines[1].startswith("  The file says it was made with AI (score 0.")
    assert lines[1].endswith(" of 1000)")
    told = " ".join(line.strip() for line in lines[2:])
    assert "brushTest_v1" in told  # what the file says
    assert "of 1000 human works score this high" in told  # how often that is so of human works
    assert "Ask the person who sent it" in told  # what helps


def test_a_report_goes_into_a_file(brushwork: Run, art: Path, tmp_path: Path) -> None:
    done = brushwork("scan", "art", "--format", "csv", "-o", "report.csv")
    assert done.stdout == ""
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 4
    again = brushwork("scan", "art/flat.png", "--format", "csv", "-o", "-")
    assert len(again.stdout.splitlines()) == 2
    assert not (tmp_path / "-").exists()


def test_a_closed_standard_input_is_wrong_use(tmp_path: Path) -> None:
    words = shlex.join([*COMMAND, "scan", "-"])
    done = subprocess.run(["sh", "-c", f"{words} <&-"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.USAGE
    assert "Standard input is closed" in done.stderr


def test_standard_input_is_a_picture_or_a_list(brushwork: Run, art: Path) -> None:
    done = brushwork("scan", "-", "--format", "jsonl", stdin=(art / "flat.png").read_bytes())
    (row,) = _rows(done.stdout)
    assert (row["path"], row["reason"]) == ("-", "too_flat")
    listed = b"art/tiny.jpg\0art/flat.png\0"
    done = brushwork("scan", "--files-from", "-", "-0", "--format", "jsonl", stdin=listed)
    assert [row["path"] for row in _rows(done.stdout)] == ["art/tiny.jpg", "art/flat.png"]
    broken = brushwork("scan", "-", stdin=b"")
    assert broken.returncode == ExitCode.SOME_FAILED
    assert "error: standard input has no bytes." in broken.stderr


def test_explanation_and_stability_are_in_the_row_and_in_the_words(brushwork: Run, art: Path, draw: Draw) -> None:
    draw(art / "grain.png", side=400)
    done = brushwork("scan", "art/grain.png", "--explain", "--stability", "--format", "jsonl")
    (row,) = _rows(done.stdout)
    assert row["stability"]["views"] == 8
    assert row["stability"]["min"] <= row["probability"] <= row["stability"]["max"]
    assert row["regions"]["words"] in brushwork("scan", "art/grain.png", "--explain", "--format", "md").stdout.replace(
        "\\", ""
    )


def test_annotated_pictures_are_written_under_safe_names(brushwork: Run, art: Path, tmp_path: Path) -> None:
    done = brushwork("scan", "art/flat.png", "art/../art/tiny.jpg", "--annotate", "out/put")
    assert done.returncode == ExitCode.DONE, done.stderr
    written = sorted((tmp_path / "out" / "put").iterdir())
    assert [path.name.rsplit("-", 1)[0] for path in written] == ["flat", "tiny"]
    with Image.open(written[0]) as sheet:
        assert sheet.width >= 400
        assert sheet.height > 400


def test_processes_do_not_change_the_order(brushwork: Run, tmp_path: Path, draw: Draw) -> None:
    for number, side in enumerate((1500, 40, 900, 30, 1200, 20)):
        draw(tmp_path / "mixed" / f"{number}.png", side=side)
    done = brushwork("scan", "mixed", "--jobs", "2", "--format", "jsonl")
    assert [row["path"] for row in _rows(done.stdout)] == [f"mixed/{number}.png" for number in range(6)]


def _other_names(tmp_path: Path) -> dict[str, str]:
    """Further names of art/flat.png, which a comparison of words does not see."""
    (tmp_path / "art" / "sub").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "art" / "flat.png")
    (tmp_path / "folder").symlink_to(tmp_path / "art")
    os.link(tmp_path / "art" / "flat.png", tmp_path / "hard.png")
    return {"dots": "art/sub/../flat.png", "link": "link.png", "folder": "folder/flat.png", "hard link": "hard.png"}


@pytest.mark.parametrize("option", ["--output", "--resume"])
@pytest.mark.parametrize("kind", ["dots", "link", "folder", "hard link"])
def test_no_name_of_a_picture_is_written_to(brushwork: Run, art: Path, tmp_path: Path, option: str, kind: str) -> None:
    before = (art / "flat.png").read_bytes()
    done = brushwork("scan", "art", option, _other_names(tmp_path)[kind])
    assert done.returncode == ExitCode.USAGE
    assert "is one of the pictures to examine" in done.stderr
    assert (art / "flat.png").read_bytes() == before


def test_a_file_that_is_not_there_yet_is_compared_by_where_it_leads(brushwork: Run, art: Path, tmp_path: Path) -> None:
    (tmp_path / "soon").symlink_to(tmp_path / "state")
    done = brushwork("scan", "art", "--resume", "state", "-o", "soon")
    assert done.returncode == ExitCode.USAGE
    assert "two files" in done.stderr
    (tmp_path / "list").write_bytes(b"no\0name.png\nart/flat.png\n")  # the first is no path at all
    assert brushwork("scan", "--files-from", "list", "-o", "report").returncode == ExitCode.SOME_FAILED


def test_what_stands_under_a_table_fits_its_answers(brushwork: Run, art: Path) -> None:
    forgeable = "A declaration without a trusted signature can be forged, also to frame someone."
    table = brushwork("scan", "art", COLUMNS="120").stdout
    n = int(re.search(r"at least this high \((\d+) were measured\)\.", table)[1])  # type: ignore[index]
    assert n > 100
    assert table.count(forgeable) == 1
    assert forgeable not in brushwork("scan", "art/flat.png", "art/tiny.jpg", COLUMNS="120").stdout
    narrow = brushwork("scan", "art", COLUMNS="60").stdout
    assert forgeable in " ".join(narrow.split())
