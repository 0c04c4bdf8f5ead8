"""Runs the ONNX model over the patches of one picture. One session per process, shared by its threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ..errors import BundleDamaged
from .bundle import Bundle
from .patches import Place, prepare

Session: TypeAlias = ort.InferenceSession


@dataclass(frozen=True)
class PatchScores:
    """Raw outputs: `logits` float32 (n,), `places` of the patches, `contrast` mean luminance deviation (0-127.5).

    Where the bundle has such outputs, averaged over the patches: `distance` of the features from those of the training
    set, and `families`, a logit for each family of generators, float32 (k,).
    """

    logits: NDArray[np.float32]
    places: tuple[Place, ...]
    contrast: float
    distance: float | None = None
    families: NDArray[np.float32] | None = None

    @property
    def pooled(self) -> float:
        """The logit of the picture: the mean over its patches, in double precision."""
        return float(np.mean(self.logits, dtype=np.float64))


class Scorer:
    """A loaded model. Thread-safe: ONNX Runtime allows concurrent runs of one session."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Load the session with `threads` threads.

        Raises BundleDamaged where ONNX Runtime refuses the model, where it takes something else than patches or gives
        more than one logit, and where it lacks an output that the recipe speaks of.
        """
        try:
            self._session = open_session(bundle.model_path, threads)
        except Exception as error:  # ONNX Runtime raises a family of its own that shares no public base
            raise BundleDamaged(
                f"The model of bundle {bundle.recipe.name} does not load in ONNX Runtime {ort.__version__}.",
                "Install the onnxruntime version that the bundle's recipe names, or export the bundle again.",
            ) from error
        _refuse_other(self._session, bundle)
        self._plan = bundle.recipe.patches
        self._outputs = ["logits", *_promised(bundle)]
        missing = set(self._outputs) - {output.name for output in self._session.get_outputs()}
        if missing:
            raise BundleDamaged(
                f"The model of bundle {bundle.recipe.name} has no output {', '.join(sorted(missing))}.",
                "Calibrate the bundle again with the model that it was made from.",
            )

    def score(self, rgb: NDArray[np.uint8]) -> PatchScores:
        """Score all patches of an upright picture of shape (height, width, 3) in one batch."""
        patches, places = prepare(rgb, self._plan)
        found = dict(zip(self._outputs, self._session.run(self._outputs, {"patches": patches}), strict=True))
        logits = np.asarray(found["logits"], dtype=np.float32).reshape(-1)
        distance, families = found.get("distance"), found.get("families")
        return PatchScores(
            logits,
            places,
            contrast_of(patches[: len(places)]),
            None if distance is None else float(np.mean(distance, dtype=np.float64)),
            None if families is None else np.mean(families, axis=0, dtype=np.float32),
        )


def _promised(bundle: Bundle) -> list[str]:
    """The outputs beside the logits that the recipe needs."""
    needed = {"distance": bundle.recipe.range.max_distance, "families": bundle.recipe.families}
    return [name for name, need in needed.items() if need is not None]


def _refuse_other(session: Session, bundle: Bundle) -> None:
    """Raise BundleDamaged for a model of features, of another side, of floats, or of several classes."""
    name, size = bundle.recipe.name, bundle.recipe.patches.size
    inputs = session.get_inputs()
    named = "; ".join(f"{i.name} {i.type} [{', '.join(map(str, i.shape))}]" for i in inputs)
    if len(inputs) != 1 or not _takes_patches(inputs[0], size):
        raise BundleDamaged(
            f"The model of bundle {name} takes {named}, not patches tensor(uint8) [n, {size}, {size}, 3].", _MAKE
        )
    shape: list[Any] = next((output.shape for output in session.get_outputs() if output.name == "logits"), [])
    if len(shape) > 1 and shape[-1] != 1:
        raise BundleDamaged(
            f"The model of bundle {name} gives {shape[-1]} logits a picture, not one: that of AI.", _MAKE
        )


def _takes_patches(entry: Any, size: int) -> bool:
    """Whether an input of ONNX Runtime is "patches" uint8 (n, size, size, 3); a side may be left open."""
    if (entry.name, entry.type, len(entry.shape)) != ("patches", "tensor(uint8)", 4):
        return False
    sides = zip(entry.shape[1:], (size, size, 3), strict=True)
    return all(not isinstance(found, int) or found == side for found, side in sides)


_MAKE: Final = "Make the bundle of a run with `brushwork export RUN --bundle FOLDER`: it writes the model in this form."


def open_session(model: Path, threads: int = 1) -> Session:
    """An ONNX Runtime session on the CPU with `threads` threads."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])


def run_session(session: Session, patches: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits float32 (n,) of patches uint8 (n, size, size, 3)."""
    (logits,) = session.run(["logits"], {"patches": patches})
    return np.asarray(logits, dtype=np.float32).reshape(-1)


def contrast_of(patches: NDArray[np.uint8]) -> float:
    """Mean over the patches of the standard deviation of their luminance (Rec. 601), 0 to 127.5."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    luminance = patches.astype(np.float32) @ weights
    return float(luminance.std(axis=(1, 2)).mean())
