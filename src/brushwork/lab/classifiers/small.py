"""Three small networks of our own, for pictures of 32 to 100 pixels, in the form that timm gives its own."""

from __future__ import annotations

from typing import Any, Final

from torch import Tensor, nn


def _block(inputs: int, outputs: int, pool: bool = False, stride: int = 1) -> nn.Sequential:
    parts: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
    ]  # fmt: skip
    return nn.Sequential(*parts, nn.MaxPool2d(2)) if pool else nn.Sequential(*parts)


class SmallCNN(nn.Module):
    """Three blocks of convolution, batch norm, ReLU and max-pool (32, 64, 128), dropout, one linear layer.

    The average over 4x4 parts of the picture stands before the linear layer, so that any side from 32 up fits.
    """

    num_features: Final = 128

    def __init__(self, num_classes: int = 2, drop_rate: float = 0.2) -> None:
        super().__init__()
        self.features = nn.Sequential(_block(3, 32, True), _block(32, 64, True), _block(64, 128, True))
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.drop = nn.Dropout(drop_rate)
        self.fc = nn.Linear(128 * 16, num_classes)

    def get_classifier(self) -> nn.Linear:
        """The last layer."""
        return self.fc

    def forward_features(self, x: Tensor) -> Tensor:
        """Maps (n, 128, side / 8, side / 8) of scaled pictures (n, 3, side, side)."""
        return self.features(x)  # type: ignore[no-any-return]

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Logits (n, classes) of such maps, or what the last layer takes in."""
        x = self.drop(self.pool(x).flatten(1))
        return x if pre_logits else self.fc(x)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes)."""
        return self.forward_head(self.forward_features(x))


class Residual(nn.Module):
    """x + block(block(x))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_block(width, width), _block(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape as `x`."""
        return x + self.body(x)  # type: ignore[no-any-return]


class MeanMaxNet(nn.Module):
    """Convolutions and residuals in a row, then the mean and the maximum over the picture, and one linear layer."""

    def __init__(self, layers: list[nn.Module], width: int, num_classes: int, drop_rate: float) -> None:
        super().__init__()
        self.num_features = width
        self.features = nn.Sequential(*layers)
        self.drop = nn.Dropout(drop_rate)
        self.fc = nn.Linear(width, num_classes)

    def get_classifier(self) -> nn.Linear:
        """The last layer."""
        return self.fc

    def forward_features(self, x: Tensor) -> Tensor:
        """Maps (n, width, height, width of the map) of scaled pictures (n, 3, side, side)."""
        return self.features(x)  # type: ignore[no-any-return]

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Logits (n, classes) of such maps, or what the last layer takes in: mean and maximum, halved."""
        x = self.drop((x.mean((2, 3)) + x.amax((2, 3))) / 2)
        return x if pre_logits else self.fc(x)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes)."""
        return self.forward_head(self.forward_features(x))


class ResNet9(MeanMaxNet):
    """A residual network of nine layers after David Page's "How to train your ResNet" (2018), with strides in place of
    its pooling: every pixel reaches the first two layers, at a tenth of the arithmetic of a resnet18 with a small stem
    (54 million multiplications at 32 px and `width` 32)."""

    def __init__(self, num_classes: int = 2, drop_rate: float = 0.0, width: int = 32) -> None:
        w = width
        layers = [
            _block(3, w), _block(w, 2 * w, stride=2), Residual(2 * w), _block(2 * w, 4 * w, stride=2),
            _block(4 * w, 8 * w, stride=2), Residual(8 * w),
        ]  # fmt: skip
        super().__init__(layers, 8 * w, num_classes, drop_rate)


class ResNet10(MeanMaxNet):
    """Ten layers in three stages, a residual in each: 32 maps at the full side, 128 at a half, 256 at a quarter.

    Its arithmetic is spent where the traces of a generator lie, and where a processor is quick: layers of 4x4 take many
    times as long as those of 16x16 for the same number of multiplications (`benchmarks/cifake/layers.py`).
    """

    def __init__(self, num_classes: int = 2, drop_rate: float = 0.0) -> None:
        layers = [
            _block(3, 32), Residual(32), _block(32, 128, stride=2), Residual(128),
            _block(128, 256, stride=2), Residual(256),
        ]  # fmt: skip
        super().__init__(layers, 256, num_classes, drop_rate)


OWN: Final[dict[str, Any]] = {"small_cnn": SmallCNN, "resnet9": ResNet9, "resnet10": ResNet10}
