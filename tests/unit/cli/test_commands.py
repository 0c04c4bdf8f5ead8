"""The other commands, the help of all, and that none loads more than it needs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from brushwork import __version__
from brushwork.cli import main
from brushwork.cli.app import COMMANDS
from brushwork.cli.exits import ExitCode, code_of
from brushwork.cli.inputs import choose
from brushwork.cli.run import annotated_name
from brushwork.errors import BundleDamaged, PictureCorrupt, SettingsError, StoreError
from brushwork.forensics.bundle import DEFAULT, MODEL_FILE, RECIPE_FILE, load_bundle
from tests.unit.cli.conftest import Draw, Run

NAMES = [entry.name for entry in COMMANDS]


def _main(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process: exit code, stdout, stderr."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_every_command_is_listed_once(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _main(capsys, "--help")
    assert code == ExitCode.DONE
    assert len(NAMES) == len(set(NAMES))
    assert [line.split()[0] for line in out.split("Commands:\n")[1].splitlines()] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_examples(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = _main(capsys, name, "--help")
    assert code == ExitCode.DONE
    if "Commands:" in out:
        inner = out.split("Commands:\n")[1].split()[0]
        _, out, _ = _main(capsys, name, inner, "--help")
    assert f"brushwork {name}" in out.split("Examples:")[1]


def test_the_options_in_the_examples_exist() -> None:
    for entry in COMMANDS:
        home = Path(str(import_module(f"brushwork.cli.{entry.module}").__file__))
        parts = (home, *home.parent.glob(f"{entry.module}_*.py"))  # a large group keeps its commands in files beside it
        source = "\n".join(part.read_text() for part in parts)
        examples = re.findall(rf"brushwork {entry.name} [^\n\"]*", source.replace("\\n", "\n"))
        options = {word for line in examples for word in shlex.split(line.split("|")[0].rstrip("'`.)"), posix=False)}
        for option in filter(lambda word: word.startswith("--"), options):
            assert f'"{option}"' in source or option[2:].replace("-", "_") in source, (entry.name, option)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert _main(capsys, "--version")[1] == f"brushwork {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scann"], "Did you mean 'scan'?"),
        (["scan"], "Nothing to examine."),
        (["scan", "x.png", "-0"], "-0 says how --files-from is separated."),
        (["scan", "-", "--files-from", "-"], "Standard input is either a picture or a list."),
        (["scan", "--files-from", "no-such-list"], "no-such-list cannot be read: No such file or directory."),
        (["scan", "x.png", "--format", "xml"], "'xml'"),
        (["scan", "x.png", "--jobs", "0"], "--jobs"),
        (["scan", "x.png", "--fail-on", "look_ai"], "look_ai is no answer to fail on. Did you mean looks_ai?"),
        (["scan", "x.png", "--fail-on", "zzz"], "One of looks_ai, made_with_ai, partly_ai, cannot_tell, error."),
        (["scan", "x.png", "-o", "x.png"], "x.png is one of the pictures to examine."),
        (["scan", "x.png", "-o", "no/such/folder/x"], "no/such/folder/x cannot be written"),
        (["bench", "no*match"], "None of the pictures could be examined."),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_right(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = _main(capsys, *arguments)
    assert code == ExitCode.USAGE, err
    assert words in err
    assert out == ""


def test_an_empty_folder_is_wrong_use_with_the_next_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "art" / "inner").mkdir(parents=True)
    code, _, err = _main(capsys, "scan", "art")
    assert code == ExitCode.USAGE
    assert "No pictures found. There are folders inside; add -r to look into them." in err


def test_errors_have_their_exit_codes() -> None:
    assert code_of(PictureCorrupt("x")) is ExitCode.SOME_FAILED
    for error in (BundleDamaged("x"), SettingsError("x"), StoreError("x")):
        assert code_of(error) is ExitCode.UNUSABLE


def test_a_full_disk_is_no_policy_hit(brushwork: Run, art: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which only Linux has")
    done = brushwork("scan", "art", "--format", "jsonl", "-o", "/dev/full")
    assert done.returncode == ExitCode.UNUSABLE
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_models_are_listed_verified_and_have_a_card(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _main(capsys, "models", "list", "--format", "json")
    (row,) = [row for row in json.loads(out) if row["default"]]
    assert (row["name"], row["sha256"]) == (DEFAULT, load_bundle().sha256)
    assert DEFAULT in _main(capsys, "models", "list")[1]
    code, out, _ = _main(capsys, "models", "verify")
    assert code == ExitCode.DONE
    assert f"{DEFAULT}: " in out
    assert _main(capsys, "models", "card")[1].strip() == load_bundle().card.strip()


def test_two_models_are_compared_picture_by_picture(
    capsys: pytest.CaptureFixture[str], draw: Draw, tmp_path: Path
) -> None:
    """Which pictures change answer between two bundles (INTERFACES: `models diff`)."""
    shown = draw(tmp_path / "art" / "one.png")
    (tmp_path / "art" / "two.png").write_bytes(b"no picture")
    stricter = Path(shutil.copytree(load_bundle().folder, tmp_path / "stricter"))
    recipe = json.loads((stricter / RECIPE_FILE).read_text())
    for name in ("clear", "balanced", "strict"):
        recipe["thresholds"][name]["probability"] = 0.001
    (stricter / RECIPE_FILE).write_text(json.dumps(recipe))
    code, out, err = _main(capsys, "models", "diff", DEFAULT, str(stricter), str(shown))
    assert code == ExitCode.DONE
    assert f"{shown}: " in out
    assert "-> looks_ai" in out
    assert "1 of 1 pictures get another answer" in out
    code, out, err = _main(capsys, "models", "diff", DEFAULT, str(stricter), str(tmp_path / "art"), "--format", "json")
    assert code == ExitCode.SOME_FAILED
    (row,) = json.loads(out)
    assert row["after"] == {"answer": "looks_ai", "probability": row["before"]["probability"]}
    assert "two.png" in err
    assert "0 of 1 pictures" in _main(capsys, "models", "diff", DEFAULT, DEFAULT, str(shown))[1]


def test_a_damaged_model_fails_verification(capsys: pytest.CaptureFixture[str], broken_bundle: Path) -> None:
    code, _, err = _main(capsys, "models", "verify", str(broken_bundle), DEFAULT)
    assert code == ExitCode.UNUSABLE
    assert "does not load in ONNX Runtime" in err
    with (broken_bundle / MODEL_FILE).open("ab") as model:
        model.write(b"more")
    code, _, err = _main(capsys, "models", "verify", str(broken_bundle))
    assert code == ExitCode.UNUSABLE
    assert "is not the recorded file" in err


def test_the_doctor_finds_this_machine_usable_and_writes_nothing(brushwork: Run, tmp_path: Path) -> None:
    done = brushwork("doctor", "--format", "json")
    assert done.returncode == ExitCode.DONE, done.stdout
    findings = {row["subject"]: row for row in json.loads(done.stdout)}
    assert load_bundle().sha256[:12] in findings["model"]["detail"]
    assert "match their hashes" in findings["model files"]["detail"]
    assert findings["examination"]["health"] == "ok"
    assert findings["numpy"]["health"] == "ok"
    assert {"extra heic", "extra lab", "extra scale"} <= set(findings)
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_names_what_is_wrong_and_ends_with_4(brushwork: Run, broken_bundle: Path) -> None:
    done = brushwork("doctor", BRUSHWORK_MODEL=str(broken_bundle), BRUSHWORK_TIMELIMIT="3")
    assert done.returncode == ExitCode.UNUSABLE
    assert re.search(r"^bad +examination +The model of bundle .* does not load", done.stdout, re.MULTILINE)
    assert "BRUSHWORK_TIMELIMIT is set and means nothing" in done.stdout
    assert "Did you mean BRUSHWORK_TIME_LIMIT?" in done.stdout
    assert done.stdout.splitlines()[-1] == "Not usable: examination."


def test_the_doctor_tries_the_database_and_never_shows_its_password(brushwork: Run) -> None:
    url = "postgresql+psycopg://me:secret@127.0.0.1:1/brushwork"
    done = brushwork("doctor", BRUSHWORK_DATABASE_URL=url)
    assert done.returncode == ExitCode.UNUSABLE
    assert re.search(r"^bad +database +The database could not be reached", done.stdout, re.MULTILINE)
    assert "secret" not in done.stdout + done.stderr
    assert brushwork("db", "upgrade").returncode == ExitCode.DONE
    assert re.search(r"^ok +database +sqlite:.* at version", brushwork("doctor").stdout, re.MULTILINE)


def test_bench_measures_every_stage_on_drawn_and_on_given_pictures(brushwork: Run, art: Path) -> None:
    drawn = json.loads(brushwork("bench", "--drawn", "2", "--format", "json").stdout)
    assert drawn["pictures"] == 2
    assert set(drawn["milliseconds"]) == {"total", "decode", "provenance", "forensics", "weigh"}
    done = brushwork("bench", "art", "art/words.txt")
    assert done.returncode == ExitCode.SOME_FAILED
    assert "3 pictures" in done.stdout
    assert "pictures per second" in done.stdout


def test_annotated_names_are_safe_and_never_the_same() -> None:
    paths = ["a/x.png", "b/x.png", "../../x.png", "x\n\x1b.png", "..", "-", "é" * 200 + ".png", "\udcff.png"]
    names = [annotated_name(item) for item in choose([], paths).items]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[\w.-]{1,100}\.png", name, re.ASCII)
        assert not name.startswith(".")


def test_scanning_loads_neither_the_model_runtime_nor_the_lab_into_the_command() -> None:
    script = (
        "import sys\n"
        "from brushwork.cli import main\n"
        "try:\n main(['scan', sys.argv[1], '--format', 'csv'])\n"
        "except SystemExit:\n pass\n"
        "print(sorted({'torch', 'numpy', 'onnxruntime', 'c2pa', 'PIL', 'sqlalchemy', 'fastapi'} & set(sys.modules)))"
    )
    guard = f"if __name__ == '__main__':\n {script.replace(chr(10), chr(10) + ' ')}"
    done = subprocess.run(
        [sys.executable, "-c", guard, __file__], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "unsupported-media-type" in done.stdout
