"""ONNX with any number of pictures, and int8 from it. What a bundle takes: input "patches", output "logits"."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from ....forensics.scorer import open_session
from ...export import write_onnx
from ...metrics import Floats
from ...quantize import quantize
from ...weather import Pixels
from .subject import Form, Look, Subject

CALIBRATION: Final = 256
"""Pictures that the ranges of activations are taken from."""
BATCH: Final = 32


def write_fp32(subject: Subject, path: Path) -> None:
    """Input "patches" uint8 (n, side, side, 3), output "logits" float32: (n,) log-odds of AI, or (n, k)."""
    write_onnx(subject.served, subject.side, path)
    _name_classes(subject, path)


def write_int8(subject: Subject, path: Path) -> None:
    """The same in int8, per channel, with ranges from pictures of the validation split."""
    pictures = subject.pictures[:CALIBRATION]
    batches = [np.ascontiguousarray(pictures[i : i + BATCH]) for i in range(0, len(pictures), BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        write_fp32(subject, full)
        quantize(full, batches, path)
    _name_classes(subject, path)


def _name_classes(subject: Subject, path: Path) -> None:
    """Write into the file's metadata what its numbers mean, so that it can be used alone."""
    import onnx

    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, subject.about)
    onnx.save(model, str(path))


def open_onnx(subject: Subject, path: Path) -> Look:
    """By ONNX Runtime, one thread."""
    session = open_session(path)

    def look(pixels: Pixels) -> Floats:
        (logits,) = session.run(["logits"], {"patches": np.ascontiguousarray(pixels)})
        return subject.folded(logits)

    return look


ONNX_FORMS = (
    Form("onnx", ".onnx", "ONNX, any number of pictures", True, write_fp32, open_onnx),
    Form("onnx-int8", ".int8.onnx", "ONNX, int8 per channel (QDQ)", False, write_int8, open_onnx),
)
