"""The command line against names, pictures and metadata that want to do harm. Numbers are those of the list."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from brushwork.cli.exits import ExitCode
from brushwork.text import spreadsheet_safe
from tests.made.drawings import drawn, encoded
from tests.made.tagged import A1111, with_chunks

FORMS = ("table", "json", "jsonl", "csv", "md")
EVIL_NAME = "\x1b]0;owned\x07\x1b[2J\u202egnp\n<script>|`x`.png"


def _scan(folder: Path, *arguments: str, **env: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "brushwork.cli", *arguments],
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_sec_28_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(first: str) -> None:
    assert spreadsheet_safe(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"
    assert spreadsheet_safe(f"harmless {first}") == f"harmless {first}"


def test_sec_28_no_cell_of_a_csv_report_begins_like_a_formula(tmp_path: Path) -> None:
    names = ["=HYPERLINK(A1).png", "+1.png", "@SUM(A1).png", "\t=1.png", "\r=1.png"]
    for name in names:
        (tmp_path / name).write_bytes(with_chunks(drawn(), {"parameters": f"=1+1 {A1111}"}))
    _, report, _ = _scan(tmp_path, "scan", *names, "=broken.png", "--format", "csv")
    rows = list(csv.reader(io.StringIO(report)))
    assert len(rows) == 1 + len(names) + 1
    assert [row[0] for row in rows[1:4]] == ["'=HYPERLINK(A1).png", "'+1.png", "'@SUM(A1).png"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("form", FORMS)
def test_sec_09_no_name_and_no_metadata_reaches_the_terminal_raw(tmp_path: Path, form: str) -> None:
    text = f"\x1b[31mred\x9b31m\u202e {A1111}"
    (tmp_path / EVIL_NAME).write_bytes(with_chunks(drawn(), {"parameters": text, "Software": text}))
    (tmp_path / f"broken {EVIL_NAME}").write_text("x")
    _, out, err = _scan(tmp_path, "scan", ".", "--format", form, "--explain")
    hidden = {c for c in out + err if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")} - {"\n"}
    assert not hidden
    if form == "md":
        assert "<script>" not in out
    if form == "jsonl":
        assert {json.loads(line)["path"] for line in out.splitlines()} == {f"./{EVIL_NAME}", f"./broken {EVIL_NAME}"}


def test_sec_03_a_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(encoded(Image.new("1", (13_000, 13_000))))
    (tmp_path / "long.png").write_bytes(encoded(Image.new("1", (20_000, 2))))
    code, out, _ = _scan(tmp_path, "scan", ".", "--format", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == ExitCode.SOME_FAILED
    assert [row["error"]["type"] for row in rows] == ["too-many-pixels", "too-many-pixels"]


def test_sec_04_a_file_over_the_limit_is_not_read_further(tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(encoded(drawn()) + bytes(100_000))
    _, out, _ = _scan(tmp_path, "scan", "big.png", "--format", "jsonl", BRUSHWORK_MAX_BYTES="50000")
    assert json.loads(out)["error"]["type"] == "image-too-large"


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_AS, which only Linux keeps; run the tests there")
def test_sec_06_a_picture_that_needs_more_memory_than_allowed_stops_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "huge.png").write_bytes(encoded(Image.new("RGB", (12_000, 7_000), "teal")))
    (tmp_path / "small.png").write_bytes(encoded(drawn()))
    limits = {"BRUSHWORK_MEMORY_LIMIT": str(1024 * 2**20), "BRUSHWORK_MAX_PIXELS": "89000000"}
    code, out, err = _scan(tmp_path, "scan", ".", "--format", "jsonl", **limits)
    huge, small = (json.loads(line) for line in out.splitlines())
    assert code == ExitCode.SOME_FAILED
    assert "memory" in huge["error"]["detail"] + huge["error"]["advice"]
    assert small["error"] is None
    assert "Traceback" not in err


@pytest.mark.parametrize(("allowed", "said"), [("true", "Only the ports 80 and 443"), ("false", "is not fetched")])
def test_sec_13_scan_opens_no_connection_to_an_address_that_is_not_called(
    tmp_path: Path, allowed: str, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        code, _, err = _scan(
            tmp_path, "scan", f"http://127.0.0.1:{listener.getsockname()[1]}/a.png", BRUSHWORK_URL_FETCH=allowed
        )
        with pytest.raises(TimeoutError):
            listener.accept()
    assert code == ExitCode.SOME_FAILED
    assert said in err


def test_sec_24_serving_beyond_this_machine_needs_a_key(tmp_path: Path) -> None:
    code, _, err = _scan(tmp_path, "serve", "--host", "0.0.0.0")
    assert code == ExitCode.UNUSABLE
    assert len(err.splitlines()) == 1
    assert "brushwork keys create" in err and "BRUSHWORK_I_KNOW" in err


def test_a_dotfile_beside_the_pictures_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(drawn()))
    (tmp_path / ".env").write_text("BRUSHWORK_MODEL=no-such-model\nBRUSHWORK_MAX_BYTES=10\nBRUSHWORK_TRUST_LIST=.env\n")
    code, out, err = _scan(tmp_path, "scan", "a.png", "--format", "jsonl", BRUSHWORK_ENV_FILE="")
    assert code == ExitCode.DONE, err
    assert json.loads(out)["error"] is None
    code, _, err = _scan(tmp_path, "scan", "a.png", BRUSHWORK_ENV_FILE=".env")  # the same file, where it is asked for
    assert code == ExitCode.UNUSABLE
    assert "no-such-model" in err


@pytest.mark.parametrize("name", ["multiprocessing.py", "socket.py", "signal.py"])
def test_a_module_beside_the_pictures_is_not_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").write_bytes(encoded(drawn()))
    (tmp_path / name).write_text("open('was_run', 'w').close()\n")
    script = (
        "import sys; sys.path.remove(''); from brushwork.cli import main; main()"  # the path of an installed command
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "scan", "a.png"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == ExitCode.DONE, done.stderr
    assert not (tmp_path / "was_run").exists()
