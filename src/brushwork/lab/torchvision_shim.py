"""Lets torchvision be imported beside a torch build that it was not compiled for. Call it before timm or lightning."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import torch

# The schemas of torchvision's own operators (torchvision/csrc/ops/nms.cpp and quantized/cpu/qnms_kernel.cpp).
_SCHEMAS: Final = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_libraries: list[torch.library.Library] = []  # a Library that is collected takes its operators with it


def ensure_torchvision() -> bool:
    """Import torchvision, defining its missing operators where the pair does not match; True where that was needed.

    torchvision 0.28.0 beside a CPU-only torch 2.13.0 fails with "operator torchvision::nms does not exist", and all
    that import it fail too. The operators are only declared: calling `torchvision.ops.nms` stays an error.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    else:
        return bool(_libraries)
    for name in [m for m in sys.modules if m == "torchvision" or m.startswith("torchvision.")]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    _libraries.append(library)
    importlib.import_module("torchvision")
    return True
