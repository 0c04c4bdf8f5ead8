"""Grad-CAM: where in a picture the score of a network comes from, for convolutions and for transformers alike.

Selvaraju et al., arXiv 1610.02391: the last feature map, its channels weighted by their mean gradient. Of a transformer
the tokens of the last block lie on a grid and stand for the map; what is taken is what enters the last attention, for
behind it only the class token is read and the gradient of all others is zero.
"""

from __future__ import annotations

import math
from typing import Any, Final, cast

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import LabError
from ..metrics import Floats
from ..weather import Pixels

FLAT: Final = 1e-12


def grad_cam(net: nn.Module, pixels: Pixels, score: int) -> Floats:
    """The map float64 (h, w) of one picture uint8 (side, side, 3), for the logit `score` less the mean of the others.

    At least 0 and at most 1, where 1 raises the score most; all zeros where nothing raises it. Raises LabError for a
    network without a feature map.
    """
    caught: list[Tensor] = []

    def catch(_: nn.Module, __: Any, out: Any) -> None:
        caught.append(out)

    hook = feature_layer(net).register_forward_hook(catch)
    try:
        with torch.enable_grad():
            logits = net.eval()(torch.from_numpy(np.array(pixels))[None])[0]  # a copy: decoded pixels are read-only
            margin = logits[score] - (logits.sum() - logits[score]) / max(1, len(logits) - 1)
            (slope,) = torch.autograd.grad(margin, caught[-1])
    finally:
        hook.remove()
    features, slope = (_on_a_grid(part[0].detach().float(), net) for part in (caught[-1], slope))
    found = (features * slope.mean((1, 2), keepdim=True)).sum(0).clamp(min=0).double().numpy()
    top = float(found.max())
    return np.asarray(found / top if top > FLAT else np.zeros_like(found))


def feature_layer(net: nn.Module) -> nn.Module:
    """The layer whose output is the map: of timm's models the last one that they name, otherwise the last convolution.

    Raises LabError where there is neither.
    """
    for module in net.modules():
        blocks = getattr(module, "blocks", None)
        if isinstance(blocks, nn.Sequential) and len(blocks) and hasattr(blocks[-1], "attn"):
            return cast("nn.Module", blocks[-1].norm1)
    for module in net.modules():
        info = getattr(module, "feature_info", None)
        if info:
            named = info[-1]["module"] if isinstance(info, list) else info.module_name(-1)
            return module.get_submodule(named)
    convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    if not convolutions:
        raise LabError("The network has no feature map.", "Grad-CAM needs convolutions or a transformer.")
    return convolutions[-1]


def _on_a_grid(part: Tensor, net: nn.Module) -> Tensor:
    """(channels, h, w) of a feature map, of one with channels last, or of tokens (n, channels)."""
    if part.ndim == 3:
        return part
    tokens = next((int(cast("int", m.num_prefix_tokens)) for m in net.modules() if hasattr(m, "num_prefix_tokens")), 0)
    grid = part[tokens:]
    side = math.isqrt(grid.shape[0])
    if side * side != grid.shape[0]:
        raise LabError(f"{grid.shape[0]} tokens are no square.", "Grad-CAM needs square pictures.")
    return grid.T.reshape(grid.shape[1], side, side)


def enlarged(found: Floats, height: int, width: int) -> Floats:
    """A map as large as the picture, smooth between its cells."""
    from PIL import Image

    image = Image.fromarray(found.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64).clip(0, 1)
