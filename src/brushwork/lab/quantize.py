"""int8 from fp32: static quantisation of an exported network, per channel, with QDQ nodes around the operators."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import LabError

MOST_LOST: Final = 0.003
"""AUC that an int8 network may lose against its fp32 one, under any weather, to be shipped in its place."""
OPERATORS: Final = ("Conv", "Gemm", "MatMul", "Add", "GlobalAveragePool", "ReduceMean")


class _Reader:
    """Gives ONNX Runtime's calibration one batch after the other."""

    def __init__(self, batches: Sequence[NDArray[np.uint8]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"patches": batch}


def is_int8(model: Path) -> bool:
    """True for what `quantize` wrote."""
    import onnx

    return any(node.op_type == "QuantizeLinear" for node in onnx.load(str(model)).graph.node)


def quantize(model: Path, batches: Sequence[NDArray[np.uint8]], out: Path) -> Path:
    """Write `model` as int8 to `out`, ranges of activations taken from `batches` of patches uint8 (n, size, size, 3).

    Weights int8 per output channel, activations uint8. Raises LabError without batches.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    if not batches:
        raise LabError("Quantisation needs patches to take its ranges from.", "Give some of the training regions.")
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(model), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready), str(out), _Reader(batches), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=list(OPERATORS),
            calibrate_method=CalibrationMethod.MinMax,
        )  # fmt: skip
    return out
