"""Weights kept in half precision: half the bytes in the wheel, the same arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

LEAST: Final = 1024
"""Tensors of fewer values stay as they are: biases and scales weigh nothing and round worst."""


def in_half(net: nn.Module) -> None:
    """Round every large weight to half precision, in which the file keeps it; it computes in single precision."""
    with torch.no_grad():
        for value in (*net.parameters(), *net.buffers()):
            if value.is_floating_point() and value.numel() >= LEAST:
                value.copy_(value.half().float())


def keep_half(path: Path) -> None:
    """Keep the large weights of an ONNX file in half precision, with a cast before their use.

    ONNX Runtime folds the casts when it loads the model. Nothing changes for weights that `in_half` rounded before.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LEAST:
            continue
        name, half = tensor.name, f"{tensor.name}_half"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))
