"""TFLite by litert-torch, in a virtual environment of its own: it brings gigabytes that nothing else here needs.

The network goes over as an ExportedProgram and pictures as arrays, so that neither side imports the other's packages.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from ....errors import LabError
from ...weather import Pixels
from ..latency import REPEATS, Latency, example
from .subject import Form, Look, Subject

VARIABLE: Final = "BRUSHWORK_TFLITE_ENV"
DEFAULT: Final = Path.home() / ".local" / "share" / "brushwork" / "tflite-env"
PACKAGES: Final = ("litert-torch>=0.8,<1",)
CLOCKED: Final = 3
READY: Final = "brushwork-ready.txt"
WORKER: Final = Path(__file__).with_name("tflite_worker.py")
_MAKE: Final = "Make the environment once (about 2 GB): brushwork export --make-tflite-env"


def environment() -> Path:
    """Where the environment is, or would be: BRUSHWORK_TFLITE_ENV, or a folder of the user."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)


def python_of(folder: Path) -> Path:
    """Its interpreter."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_ready(folder: Path) -> bool:
    """Whether the environment was made to its end."""
    return (folder / READY).is_file()


def make_environment(folder: Path) -> Path:
    """Make the environment with the torch of this one, so that both read the same programs; minutes, and the network.

    Raises LabError where a package cannot be installed. Goes on where an earlier try stopped.
    """
    if is_ready(folder):
        return folder
    if not python_of(folder).is_file():
        venv.create(folder, with_pip=True)
    torch_here = f"torch=={version('torch').partition('+')[0]}"
    command = [str(python_of(folder)), "-m", "pip", "install", "--disable-pip-version-check", *PACKAGES, torch_here]
    done = subprocess.run(command, stdout=sys.stderr, check=False)  # noqa: S603  (our own words)
    if done.returncode:
        raise LabError(
            f"pip could not install {', '.join(PACKAGES)} into {folder} (it ended with {done.returncode}).",
            "Read its lines above; run the command again, it goes on.",
        )
    _work(folder, "check")
    (folder / READY).write_text(f"{' '.join((*PACKAGES, torch_here))}\n", encoding="utf-8")
    return folder


def write_tflite(subject: Subject, path: Path) -> None:
    """Convert the network for one picture at a time: input float32 (1, side, side, 3) of bytes, output logits (1, k).

    Raises LabError without the environment, or where litert-torch refuses the network.
    """
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "network.pt2"
        with torch.no_grad():
            wrapped = _OfFloats(subject.module).eval()
            torch.export.save(torch.export.export(wrapped, (torch.zeros(1, subject.side, subject.side, 3),)), program)
        _work(environment(), "convert", str(program), str(path))


class _OfFloats(torch.nn.Module):
    """The network on bytes that come as float32: TFLite's kernels take few inputs of uint8."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.net(pixels)
        return out


def open_tflite(subject: Subject, path: Path) -> Look:
    """By the interpreter in that environment, one process a call: good for comparing, not for timing."""
    return lambda pixels: subject.folded(_run(path, pixels)["logits"])


def clock_tflite(subject: Subject, path: Path) -> Latency:
    """Milliseconds of one picture inside the interpreter, one thread: the median of each of a few processes."""
    rounds = [float(np.median(_run(path, example(subject.side, REPEATS))["ms"])) for _ in range(CLOCKED)]
    return Latency(min(rounds), max(rounds), "tflite")


def _run(path: Path, pixels: Pixels) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "pixels.npy", Path(folder) / "found.npz"
        np.save(given, pixels)
        _work(environment(), "run", str(path), str(given), str(found))
        with np.load(found) as stored:
            return {name: stored[name] for name in stored.files}


def _work(folder: Path, *words: str) -> None:
    """Run the worker in the environment. Raises LabError with its last line."""
    if not python_of(folder).is_file():
        raise LabError(f"There is no environment for TFLite in {folder}.", _MAKE)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(python_of(folder)), str(WORKER), *words]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise LabError(f"TFLite, {words[0]}: {lines[-1]}", "Take the form onnx, or make the environment again.")


TFLITE_FORMS = (
    Form("tflite", ".tflite", "TFLite (LiteRT), for telephones", True, write_tflite, open_tflite, clock_tflite),
)
