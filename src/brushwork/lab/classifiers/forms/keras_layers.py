"""Each torch layer as the Keras layers that compute the same, channels last, with its weights in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from torch import nn

Keras = Any
Tensor = Any
"""A symbolic tensor of Keras, (n, height, width, channels) or (n, features)."""


class Unknown(Exception):
    """A layer without an exact counterpart; the message names it."""


def copied(keras: Keras, module: nn.Module, x: Tensor) -> Tensor:
    """What `module` makes of `x`, in Keras. Raises Unknown for a layer that is not known."""
    name = type(module).__name__
    if name in _NAMED:
        return _NAMED[name](keras, module, x)
    for kind, act in _KINDS:
        if isinstance(module, kind):
            return act(keras, module, x)
    raise Unknown(f"the layer {name} is not known here")


def _numbers(value: Any) -> Any:
    return value.detach().cpu().float().numpy()


def _conv(keras: Keras, m: Any, x: Tensor) -> Tensor:
    """A convolution, grouped channel by channel or not at all. torch keeps (out, in, y, x), Keras (y, x, in, out)."""
    if m.dilation != (1, 1) or m.padding_mode != "zeros":
        raise Unknown("a dilated or specially padded convolution")
    depthwise = m.groups == m.in_channels and m.groups > 1
    if m.groups != 1 and not (depthwise and m.out_channels == m.in_channels):
        raise Unknown("a grouped convolution")
    x, padding = _padded(keras, m, x)
    kind = keras.layers.DepthwiseConv2D if depthwise else keras.layers.Conv2D
    size = (m.kernel_size,) if depthwise else (m.out_channels, m.kernel_size)
    layer = kind(*size, strides=m.stride, padding=padding, use_bias=m.bias is not None)
    y = layer(x)
    kernel = np.transpose(_numbers(m.weight), (2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
    layer.set_weights([kernel] if m.bias is None else [kernel, _numbers(m.bias)])
    return y


def _padded(keras: Keras, m: Any, x: Tensor) -> tuple[Tensor, str]:
    """`x` with torch's padding, which is the same on both sides; timm's Conv2dSame pads as Keras' "same" does."""
    if type(m).__name__ == "Conv2dSame" or m.padding == "same":
        return x, "same"
    if m.padding in ("valid", 0, (0, 0)):
        return x, "valid"
    return keras.layers.ZeroPadding2D(m.padding)(x), "valid"


def _norm(keras: Keras, m: Any, x: Tensor) -> Tensor:
    """A batch norm by its running statistics, and the activation that timm keeps in it."""
    if m.running_mean is None or m.running_var is None:
        raise Unknown("a batch norm without running statistics")
    layer = keras.layers.BatchNormalization(epsilon=m.eps, center=m.affine, scale=m.affine)
    y = layer(x)
    learned = [_numbers(m.weight), _numbers(m.bias)] if m.affine else []
    layer.set_weights([*learned, _numbers(m.running_mean), _numbers(m.running_var)])
    for name in ("drop", "act"):
        if hasattr(m, name):
            y = copied(keras, getattr(m, name), y)
    return y


def _max_pool(keras: Keras, m: Any, x: Tensor) -> Tensor:
    """Behind a ReLU no pixel is under zero, so that padding by zeros is the padding by -inf that torch does."""
    if m.ceil_mode or m.dilation != 1:
        raise Unknown("a dilated or ceiled max pool")
    padded = keras.layers.ZeroPadding2D(m.padding)(keras.layers.ReLU()(x)) if m.padding else x
    return keras.layers.MaxPooling2D(m.kernel_size, strides=m.stride)(padded)


def _linear(keras: Keras, m: Any, x: Tensor) -> Tensor:
    layer = keras.layers.Dense(m.out_features, use_bias=m.bias is not None)
    y = layer(x)
    kernel = _numbers(m.weight).T
    layer.set_weights([kernel] if m.bias is None else [kernel, _numbers(m.bias)])
    return y


def _flatten(keras: Keras, _: Any, x: Tensor) -> Tensor:
    """torch lays channels before rows; Keras has them last."""
    if len(x.shape) == 4:
        x = keras.layers.Permute((3, 1, 2))(x)
    return keras.layers.Flatten()(x)


def _pooled(keras: Keras, m: Any, x: Tensor) -> Tensor:
    if getattr(m, "pool_type", "avg") not in ("avg", "fast") or getattr(m, "output_size", 1) not in (1, (1, 1)):
        raise Unknown("a pooling that is no mean over the picture")
    return keras.layers.GlobalAveragePooling2D()(x)


def _in_turn(keras: Keras, m: Any, x: Tensor) -> Tensor:
    for part in m:
        x = copied(keras, part, x)
    return x


def _parts(*names: str) -> Callable[[Keras, Any, Tensor], Tensor]:
    def act(keras: Keras, m: Any, x: Tensor) -> Tensor:
        for name in names:
            part = getattr(m, name, None)
            x = x if part is None else copied(keras, part, x)
        return x

    return act


def _basic_block(keras: Keras, m: Any, x: Tensor) -> Tensor:
    """timm's residual block of two convolutions."""
    if m.se is not None:
        raise Unknown("attention in a residual block")
    y = _parts("conv1", "bn1", "drop_block", "act1", "aa", "conv2", "bn2")(keras, m, x)
    side = x if m.downsample is None else copied(keras, m.downsample, x)
    return copied(keras, m.act2, keras.layers.Add()([y, side]))


def _inverted(*names: str) -> Callable[[Keras, Any, Tensor], Tensor]:
    def act(keras: Keras, m: Any, x: Tensor) -> Tensor:
        y = _parts(*names)(keras, m, x)
        return keras.layers.Add()([y, x]) if m.has_skip else y

    return act


def _same(keras: Keras, m: Any, x: Tensor) -> Tensor:  # noqa: ARG001  (what does nothing when it is served)
    return x


def _whole(keras: Keras, m: Any, x: Tensor) -> Tensor:
    """The network of the lab behind its normalisation: (byte / 255 - mean) / deviation, channel by channel."""
    if x.shape[1] != m.side:
        raise Unknown(f"it enlarges or shrinks pictures to {m.side} pixels itself")
    mean, std = (_numbers(v).reshape(-1).astype(np.float64) for v in (m.mean, m.std))
    scaled = keras.layers.Rescaling(scale=(1 / (255 * std)).tolist(), offset=(-mean / std).tolist())(x)
    return copied(keras, m.trunk, scaled)


def _small_cnn(keras: Keras, m: Any, x: Tensor) -> Tensor:
    """Three blocks, means over 4x4 parts, one linear layer."""
    maps = copied(keras, m.features, x)
    side = maps.shape[1]
    if side % 4:
        raise Unknown(f"a map of {side} pixels that is no multiple of 4")
    parts = keras.layers.AveragePooling2D(side // 4)(maps)
    return copied(keras, m.fc, _flatten(keras, m, parts))


def _residual(keras: Keras, m: Any, x: Tensor) -> Tensor:
    return keras.layers.Add()([x, copied(keras, m.body, x)])


def _mean_max(keras: Keras, m: Any, x: Tensor) -> Tensor:
    """The mean of the mean and the maximum of each map, before one linear layer."""
    maps = copied(keras, m.features, x)
    pooled = [keras.layers.GlobalAveragePooling2D()(maps), keras.layers.GlobalMaxPooling2D()(maps)]
    return copied(keras, m.fc, keras.layers.Average()(pooled))


_EFFICIENT: Final = _parts("conv_stem", "bn1", "blocks", "conv_head", "bn2", "global_pool", "classifier")
_NAMED: Final[dict[str, Callable[[Keras, Any, Tensor], Tensor]]] = {
    "ClassifierNet": _whole,
    "SmallCNN": _small_cnn,
    "ResNet9": _mean_max,
    "ResNet10": _mean_max,
    "Residual": _residual,
    "ResNet": _parts("conv1", "bn1", "act1", "maxpool", "layer1", "layer2", "layer3", "layer4", "global_pool", "fc"),
    "BasicBlock": _basic_block,
    "EfficientNet": _EFFICIENT,
    "DepthwiseSeparableConv": _inverted("conv_s2d", "bn_s2d", "conv_dw", "bn1", "aa", "se", "conv_pw", "bn2"),
    "InvertedResidual": _inverted(
        "conv_s2d", "bn_s2d", "conv_pw", "bn1", "conv_dw", "bn2", "aa", "se", "conv_pwl", "bn3"
    ),
    "SelectAdaptivePool2d": _pooled,
}
_KINDS: Final[tuple[tuple[Any, Callable[[Keras, Any, Tensor], Tensor]], ...]] = (
    (nn.Identity, _same), (nn.Dropout, _same), (nn.Dropout2d, _same), (nn.Sequential, _in_turn), (nn.Conv2d, _conv),
    (nn.BatchNorm2d, _norm), (nn.Linear, _linear), (nn.Flatten, _flatten), (nn.MaxPool2d, _max_pool),
    (nn.AdaptiveAvgPool2d, _pooled),
    (nn.ReLU6, lambda keras, _, x: keras.layers.ReLU(max_value=6.0)(x)),
    (nn.ReLU, lambda keras, _, x: keras.layers.ReLU()(x)),
    (nn.SiLU, lambda keras, _, x: keras.layers.Activation("silu")(x)),
)  # fmt: skip
