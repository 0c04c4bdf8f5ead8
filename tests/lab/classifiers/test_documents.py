"""docs/comparing.md and docs/exporting.md keep their word: their commands exist as they stand there, and run."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.lab import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from typer.testing import CliRunner  # noqa: E402

from brushwork.cli.app import build  # noqa: E402
from brushwork.lab.classifiers.grid import toml_text  # noqa: E402

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXT = "\n".join((DOCS / name).read_text(encoding="utf-8") for name in ("comparing.md", "exporting.md"))
FENCED = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
COMMANDS = sorted({*re.findall(r"`(brushwork [a-z]+ [^`]+)`", TEXT), *FENCED})
RUN = (
    "brushwork evaluate runs/resnet18",
    "brushwork compare runs/resnet18 runs/forest --out runs/comparison",
    "brushwork explain picture.png --run runs/resnet18 --out explained",
    "brushwork explain picture.png --bundle art-1 --out explained",
    "brushwork export runs/resnet18 --bundle runs/resnet18/bundle",
    "BRUSHWORK_MODEL=runs/resnet18/bundle brushwork scan pictures",
)


@pytest.fixture(scope="module")
def folder(trained, drawn32, tmp_path_factory):
    """A folder in which everything lies that the commands name."""
    place = tmp_path_factory.mktemp("documents")
    for name in ("resnet18", "forest"):
        shutil.copytree(trained.folder, place / "runs" / name, ignore=shutil.ignore_patterns("mlflow*", "checkpoints"))
    (place / "cifake.toml").write_text(toml_text(trained.plan.model_dump(mode="json")))
    (place / "pictures").mkdir()
    Image.fromarray(drawn32.pixels[0]).save(place / "picture.png")
    Image.fromarray(drawn32.pixels[1]).save(place / "pictures" / "one.png")
    return place


def called(command: str, *more: str):
    before, words = command.split("brushwork ", 1)
    env = dict(part.split("=", 1) for part in before.split())
    return CliRunner().invoke(build(), [*shlex.split(words.split("#")[0]), *more], env=env)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_pages_exists_with_its_options(command):
    found = called(command, "--help")
    assert found.exit_code == 0, found.output


def test_the_pages_name_what_is_run_here():
    assert set(RUN) <= set(COMMANDS)


@pytest.mark.parametrize("command", RUN)
def test_a_command_of_the_pages_runs(command, folder, monkeypatch):
    monkeypatch.chdir(folder)
    found = called(command)
    assert found.exit_code == 0, found.output + repr(found.exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("explain", "picture.png", "--out", "x"), "Name one model"),
        (("evaluate", "cifake.toml", "--leave-out", "sources"), "only generators are left out"),
        (("export",), "Name a run or a recipe"),
    ],
)
def test_wrong_usage_says_what_to_name(words, message, folder, monkeypatch):
    monkeypatch.chdir(folder)
    found = CliRunner().invoke(build(), list(words))
    assert found.exit_code == 2
    assert message in " ".join(re.sub(r"[│╭╰╮╯─]", " ", found.output).split())
