"""Pictures drawn by code and the command line as a process of its own, as people and scripts run it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from brushwork.forensics.bundle import MODEL_FILE, RECIPE_FILE, load_bundle
from tests.made.drawings import drawn
from tests.made.tagged import A1111, with_chunks

COMMAND = (sys.executable, "-m", "brushwork.cli")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Draw = Callable[..., Path]


@pytest.fixture
def draw() -> Draw:
    """Draw a grainy picture at a path; the suffix decides the format."""

    def _draw(path: Path | str, *, side: int = 300, seed: int = 0, **save: Any) -> Path:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, **save)
        return path

    return _draw


@pytest.fixture
def brushwork(tmp_path: Path) -> Run:
    """Run `brushwork ARGUMENTS` in tmp_path. A plain environment: no colours, no window."""

    def _run(*arguments: str | Path, stdin: bytes = b"", **changed: str) -> subprocess.CompletedProcess[str]:
        env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR")}
        done = subprocess.run(  # noqa: PLW1510  the exit code is what is tested
            [*COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=env | changed,
            timeout=120,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, _text(done.stdout), _text(done.stderr))

    return _run


def _text(data: bytes) -> str:
    """Strict: a report that is not UTF-8 is a mistake."""
    return data.decode("utf-8")


@pytest.fixture
def art(tmp_path: Path, draw: Draw) -> Path:
    """A folder of four: a declared AI picture, a flat one and a tiny one (both cannot tell), and a text file."""
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "declared.png").write_bytes(with_chunks(drawn(), {"parameters": A1111}))
    Image.new("RGB", (400, 400), (90, 90, 90)).save(tmp_path / "art" / "flat.png")
    draw(tmp_path / "art" / "tiny.jpg", side=16)
    (tmp_path / "art" / "words.txt").write_text("not a picture")
    return tmp_path / "art"


@pytest.fixture
def broken_bundle(tmp_path: Path) -> Path:
    """A copy of the shipped model whose weights are no ONNX at all, with the hashes to match."""
    folder = Path(shutil.copytree(load_bundle().folder, tmp_path / "broken"))
    (folder / MODEL_FILE).write_bytes(b"no model")
    recipe = json.loads((folder / RECIPE_FILE).read_text())
    recipe["files"][MODEL_FILE] = hashlib.sha256(b"no model").hexdigest()
    (folder / RECIPE_FILE).write_text(json.dumps(recipe))
    return folder


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something has happened; fail where it does not in a time that is long on any machine."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
