"""`brushwork report` as people run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.made.drawings import drawn, encoded


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "brushwork.cli", "report", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    (made / "picture.png").write_bytes(encoded(drawn("painterly", (400, 300), 1)))
    done = _run(made, "make", "picture.png", "--note", "Entry 17")
    assert done.returncode == 0, done.stderr
    assert (made / "picture-case.html").is_file()
    return made


def test_a_case_file_is_made_and_holds(folder: Path) -> None:
    done = _run(folder, "verify", "picture-case.html", "--picture", "picture.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("holds ") == 5
    assert "this machine's own key" in done.stdout


def test_a_changed_one_ends_with_1_and_says_so(folder: Path) -> None:
    page = (folder / "picture-case.html").read_bytes().replace(b"Entry 17", b"Entry 18")
    (folder / "changed.html").write_bytes(page)
    done = _run(folder, "verify", "changed.html")
    assert done.returncode == 1
    assert "DIFFERS  file" in done.stdout
    assert "could not be" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "picture.png"), "not a whole case file"),
        (("verify", "nowhere.html"), "no such file"),
        (("verify", "picture-case.html", "--picture", "nowhere.png"), "no such file"),
        (("compare", "picture.png", "picture-case.html"), "not a picture"),
        (("batch", "picture.png", "-o", "out.html"), "Line 1"),
        (("make", "nowhere.png"), "no such file"),
        (("text", "nowhere.png"), "no such file"),
    ],
)
def test_what_cannot_be_read_ends_with_3(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = _run(folder, *words)
    assert done.returncode == 3, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [("make", "picture.png", "-o", "case.txt"), ("make", "picture.png", "-o", "nowhere/case.html"), ("batch",)]
)
def test_wrong_use_ends_with_2(folder: Path, words: tuple[str, ...]) -> None:
    assert _run(folder, *words).returncode == 2


def test_a_key_that_was_given_must_be_the_one(folder: Path) -> None:
    other = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrb="
    assert _run(folder, "verify", "picture-case.html", "--key", other).returncode == 4
    (folder / "key").write_text("A" * 43 + "=")
    done = _run(folder, "verify", "picture-case.html", "--key", "key")
    assert done.returncode == 1
    assert "another key than the one that was given" in done.stdout


def test_two_pictures_are_compared_for_people_and_for_programs(folder: Path) -> None:
    (folder / "small.jpg").write_bytes(encoded(drawn("painterly", (400, 300), 1).resize((200, 150)), "JPEG"))
    told = _run(folder, "compare", "picture.png", "small.jpg")
    assert "at another size" in told.stdout
    found = json.loads(_run(folder, "compare", "picture.png", "small.jpg", "--format", "json").stdout)
    assert found["likeness"]["relation"] == "resized"


def test_the_text_is_that_of_the_verdict(folder: Path) -> None:
    done = _run(folder, "text", "picture.png")
    assert done.stdout.startswith("picture.png: ")
    assert "SHA-256 of the file" in done.stdout


def test_a_scan_becomes_one_page(folder: Path) -> None:
    command = [sys.executable, "-m", "brushwork.cli", "scan", "picture.png", "--format", "jsonl", "-o", "results.jsonl"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    done = _run(folder, "batch", "results.jsonl", "-o", "report.html", "--title", "Spring contest")
    assert done.returncode == 0, done.stderr
    assert "Spring contest" in (folder / "report.html").read_text("utf-8")
