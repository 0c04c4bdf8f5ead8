"""Keras 3: the layers built anew, the weights copied one by one. For networks where that is exact, and no other.

Known are plain chains of layers (the small CNN), timm's resnet18 and resnet34, and timm's mobilenetv2. Keras runs on
torch here; a file that it writes opens with any of its backends.
"""

from __future__ import annotations

import os
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from ....errors import LabError
from ...metrics import Floats
from ...weather import Pixels
from .keras_layers import Unknown, copied
from .subject import Form, Look, Subject

BACKEND: Final = "torch"
BATCH: Final = 64


def keras_module() -> Any:
    """Keras on torch. Raises LabError where it is missing, or another backend was chosen for this process."""
    if find_spec("keras") is None:
        raise LabError("Keras is not installed.", "Install it with: pip install 'brushwork[lab]'")
    if os.environ.setdefault("KERAS_BACKEND", BACKEND) != BACKEND:
        raise LabError(
            f"KERAS_BACKEND is {os.environ['KERAS_BACKEND']}.", "Unset it: the copy is made and compared on torch."
        )
    import keras

    return keras


def build_keras(subject: Subject) -> Any:
    """The network as a Keras model: uint8 (n, side, side, 3) to logits (n, k).

    Raises LabError where a layer has no exact counterpart.
    """
    keras = keras_module()
    try:
        entry = keras.Input((subject.side, subject.side, 3), dtype="uint8", name="pixels")
        return keras.Model(entry, copied(keras, subject.module, entry), name="classifier")
    except Unknown as error:
        raise LabError(
            f"{subject.model} has no exact copy in Keras: {error}.",
            "The small CNN, resnet18 and mobilenetv2_100 have one; take onnx or torch-export for this model.",
        ) from error


def write_keras(subject: Subject, path: Path) -> None:
    """Write .keras or the older .h5, by the name of `path`."""
    model = build_keras(subject)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that .h5 is the older of the two
        _quietly(lambda: model.save(str(path)))


def open_keras(subject: Subject, path: Path) -> Look:
    """The file read back by Keras, on torch."""
    model = keras_module().models.load_model(str(path), compile=False)

    def look(pixels: Pixels) -> Floats:
        parts = [model(pixels[i : i + BATCH], training=False) for i in range(0, len(pixels), BATCH)]
        return subject.folded(np.concatenate([part.detach().cpu().numpy() for part in parts]))

    return look


def _quietly(act: Any) -> None:
    """Keras tells through absl's log that .h5 is old; the command line says what form it is anyway."""
    import logging

    log = logging.getLogger("absl")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        act()
    finally:
        log.setLevel(level)


KERAS_FORMS = (
    Form("keras", ".keras", "Keras 3, layers and weights", True, write_keras, open_keras),
    Form("h5", ".h5", "Keras in HDF5, for older readers", True, write_keras, open_keras),
)
