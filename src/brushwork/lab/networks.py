"""Networks by name. Each takes uint8 patches (n, size, size, 3) and gives one logit per patch: scaling is inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import LabError
from .torchvision_shim import ensure_torchvision

MIDDLE: Final = 127.5
BACKBONE_LAYERS: Final = 53
"""Convolutions of MobileNetV2 in network order, the classifier last."""


class Architecture(NamedTuple):
    """A timm model that recipes may name, and how its stem is called there."""

    name: str
    stem: tuple[str, ...]
    options: dict[str, Any]


ARCHITECTURES: Final = (
    # The published weights are TensorFlow's: "SAME" padding, batch norm epsilon 1e-3.
    Architecture("mobilenetv2_100", ("conv_stem", "bn1"), {"pad_type": "same", "bn_eps": 1e-3}),
)


class HasTrunk(nn.Module):
    """Anything that keeps timm's module as `trunk`."""

    trunk: Any


class PatchNet(HasTrunk):
    """A timm classifier behind the scaling (pixel / 127.5) - 1; the stem always runs in single precision.

    Half precision keeps 8 bits: fine for features, too coarse for the pixels that the traces of a generator lie in.
    """

    def __init__(self, architecture: str = "mobilenetv2_100", classes: int = 1, dropout: float = 0.2) -> None:
        super().__init__()
        ensure_torchvision()
        import timm

        found = [a for a in ARCHITECTURES if a.name == architecture]
        if not found:
            known = ", ".join(a.name for a in ARCHITECTURES)
            raise LabError(f"There is no architecture {architecture}.", f"Name one of: {known}.")
        self.trunk = timm.create_model(
            architecture, pretrained=False, num_classes=classes, drop_rate=dropout, **found[0].options
        )
        draw_head(self.trunk.classifier)

    def forward(self, patches: Tensor) -> Tensor:
        """Logits (n, classes) of uint8 patches (n, size, size, 3); (n,) for one class."""
        x = patches.permute(0, 3, 1, 2).float() / MIDDLE - 1.0
        with torch.autocast(x.device.type, enabled=False):
            x = self.trunk.bn1(self.trunk.conv_stem(x))
        x = self.trunk.conv_head(self.trunk.blocks(x))
        x = self.trunk.forward_head(self.trunk.bn2(x))
        return cast("Tensor", x.squeeze(1) if x.shape[1] == 1 else x)


def draw_head(layer: nn.Linear) -> None:
    """Let a last layer begin without an opinion.

    timm draws that of an EfficientNet or MobileNet for 1000 classes. For a few, its first logits are tens of units
    wide, and a short training does not recover from that.
    """
    nn.init.normal_(layer.weight, std=0.01)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def convolutions(net: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Every convolution with the batch norm behind it, in network order."""
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []
    last: nn.Conv2d | None = None
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            last = module
        elif isinstance(module, nn.BatchNorm2d) and last is not None:
            pairs.append((last, module))
            last = None
    return pairs


def load_backbone(net: HasTrunk, path: Path, with_head: bool = False) -> None:
    """Fill a MobileNetV2 from the .npz of folded int8 layers (wII int8, sII scale and bII bias per output channel).

    Each batch norm becomes the identity plus the bias, so the network computes what the file does; the 1001-class head
    is loaded `with_head` only. Raises LabError where the file has other layers.
    """
    layers = _read_layers(path)
    pairs = convolutions(net.trunk)
    if len(pairs) != BACKBONE_LAYERS - 1:
        raise LabError(f"The network has {len(pairs)} convolutions, the backbone {BACKBONE_LAYERS - 1}.", _OTHER)
    with torch.no_grad():
        for (conv, norm), (weight, bias) in zip(pairs, layers, strict=False):
            if tuple(conv.weight.shape) != weight.shape:
                raise LabError(f"{path.name} has a layer of shape {weight.shape}, not {conv.weight.shape}.", _OTHER)
            conv.weight.copy_(torch.from_numpy(weight))
            _set_norm(norm, torch.from_numpy(bias))
        if with_head:
            weight, bias = layers[-1]
            net.trunk.classifier.weight.copy_(torch.from_numpy(weight.reshape(weight.shape[0], -1)))
            net.trunk.classifier.bias.copy_(torch.from_numpy(bias))


_OTHER: Final = (
    "Give the MobileNetV2 (1.0, 224) file that data/README describes, or leave `backbone` out of the recipe."
)


def _read_layers(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            parts = [(stored[f"w{i:02d}"], stored[f"s{i:02d}"], stored[f"b{i:02d}"]) for i in range(BACKBONE_LAYERS)]
    except (OSError, KeyError, ValueError) as error:
        raise LabError(f"The backbone {path} cannot be read: {error}.", _OTHER) from error
    return [(w.astype(np.float32) * s.reshape(-1, 1, 1, 1), b.astype(np.float32)) for w, s, b in parts]


def _set_norm(norm: nn.BatchNorm2d, bias: Tensor) -> None:
    norm.running_mean.zero_()  # type: ignore[union-attr]
    norm.running_var.fill_(1.0 - norm.eps)  # type: ignore[union-attr]
    norm.weight.fill_(1.0)
    norm.bias.copy_(bias)


@torch.no_grad()
def unfold_norms(net: HasTrunk, patches: Tensor) -> None:
    """Give every folded batch norm the statistics of `patches`, leaving what the network computes as it is.

    A folded file has no statistics; training with batch norm needs them. With z the output of a convolution, mean m
    and variance v: (z - m) / sqrt(v + eps) * sqrt(v + eps) + (bias + m) = z + bias.
    """
    seen: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        z = inputs[0].float()
        seen[cast("nn.BatchNorm2d", norm)] = (z.mean((0, 2, 3)), z.var((0, 2, 3), unbiased=False))

    norms = [norm for _, norm in convolutions(net.trunk)]
    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    was_training = net.training
    net.eval()
    net(patches)
    for hook in hooks:
        hook.remove()
    for norm, (mean, variance) in seen.items():
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)
    net.train(was_training)


@torch.no_grad()
def follow(kept: nn.Module, net: nn.Module, keep: float) -> None:
    """kept = keep * kept + (1 - keep) * net, for weights and batch-norm statistics."""
    for old, new in zip(kept.state_dict().values(), net.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)
