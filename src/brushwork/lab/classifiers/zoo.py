"""Networks by name: ours, and every one of timm. Each takes uint8 pictures; scaling and normalisation are inside."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from ...errors import LabError
from ..networks import HasTrunk, draw_head, load_backbone
from ..torchvision_shim import ensure_torchvision
from .plan import CLASSICAL, ENSEMBLE, ClassifierPlan
from .small import OWN

SMALL_SIDE: Final = 64
"""Up to this side a resnet from scratch gets the small stem: the published one throws 15 of 16 pixels away."""
MIDDLE: Final = (0.5, 0.5, 0.5)


class ZooModel(NamedTuple):
    """A model that Brushwork names. `side` is the one it was published for."""

    name: str
    side: int
    about: str


ZOO: Final = (
    ZooModel("small_cnn", 100, "three convolutions (32, 64, 128), for a first try and for tests"),
    ZooModel("resnet9", 32, "nine residual layers, cheap at 32 px"),
    ZooModel("resnet10", 32, "ten residual layers, three of them at full resolution"),
    ZooModel("resnet18", 224, "the usual first network; 3x3 stem at small sides"),
    ZooModel("efficientnet_b3", 288, "depthwise, compound-scaled"),
    ZooModel("efficientnet_b4", 320, "the next size"),
    ZooModel("xception", 299, "depthwise separable, known from the forensics of faces"),
    ZooModel("vit_base_patch16_224", 224, "a transformer on 16x16 patches"),
    ZooModel("tf_efficientnetv2_s", 300, "EfficientNetV2 small, TensorFlow padding"),
    ZooModel("convnext_tiny", 224, "convolutions in the manner of transformers"),
    ZooModel("efficientnet_b5.sw_in12k_ft_in1k", 448, "ImageNet-12k, then 1k, by the Swin recipe"),
    ZooModel("mobilenetv2_100", 224, "small and fast, for phones"),
)


class ClassifierNet(HasTrunk):
    """A network behind its own normalisation: uint8 (n, h, w, 3) of any size in, logits (n, classes) out.

    `trunk` is timm's module (or one of OWN); pictures of another size than `side` are resized to it.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, trunk: nn.Module, side: int, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.trunk, self.side = trunk, side
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of uint8 pictures."""
        return self.logits(pictures.permute(0, 3, 1, 2).float() / 255)

    def logits(self, scaled: Tensor) -> Tensor:
        """Logits of pictures (n, 3, h, w) between 0 and 1, such as augmentation gives."""
        if scaled.shape[-1] != self.side or scaled.shape[-2] != self.side:
            size = (self.side, self.side)
            scaled = nn.functional.interpolate(scaled, size=size, mode="bilinear", antialias=True)
        return cast("Tensor", self.trunk((scaled - self.mean) / self.std))


class SoundStem(nn.Conv2d):
    """A convolution that runs in single precision also where half is on.

    Half precision keeps 8 bits: fine for features, too coarse for the pixels that the traces of a generator lie in.
    """

    def forward(self, x: Tensor) -> Tensor:
        """The same as its parent, in single precision."""
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


def build(settings: ClassifierPlan, classes: int, side: int, fill: bool = True) -> ClassifierNet:
    """The network that a recipe names, for pictures of `side` pixels. With `fill` it gets its first weights where the
    recipe names some; without, it waits for those of a run.

    Raises LabError for an unknown name (with the nearest three), and for weights that are not there or do not fit.
    """
    ensure_torchvision()
    name = settings.model
    trunk = _own(settings, classes, fill) if name in OWN else _published(settings, classes, side, fill)
    mean, std = normalisation_of(trunk, settings)
    if _wants_small_stem(settings, side):
        _give_small_stem(trunk, name)
    net = ClassifierNet(trunk, side, mean, std)
    if name not in OWN:
        _draw_heads(net)
    if fill and _is_npz(settings):
        load_backbone(net, _there(cast("Path", settings.backbone)))
    if fill and _is_of_run(settings):
        _go_on_from_run(net, settings)
    for module in net.modules():
        if type(module) is nn.Conv2d:
            module.__class__ = SoundStem
            break
    return net


def known_names() -> list[str]:
    """Every name that a recipe may give, ours first."""
    ensure_torchvision()
    import timm

    ours = [model.name for model in ZOO]
    return list(dict.fromkeys([*ours, *CLASSICAL, ENSEMBLE, *timm.list_models(), *timm.list_pretrained()]))


def refuse_unknown(name: str) -> None:
    """Raise LabError, with the nearest three names, where neither we nor timm know `name` or the tag after its dot."""
    ensure_torchvision()
    if name not in OWN and not _is_of_timm(name):
        near = get_close_matches(name, known_names(), n=3, cutoff=0.0)
        raise LabError(f"There is no model {name}.", f"The nearest names are {', '.join(near)}.")


def _is_of_timm(name: str) -> bool:
    """timm's own question leaves the tag aside, which names the weights."""
    import timm

    if not timm.is_model(name):
        return False
    try:
        timm.models.get_pretrained_cfg(name)
    except RuntimeError:  # no such tag
        return False
    return True


def normalisation_of(trunk: nn.Module, settings: ClassifierPlan) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of scaled pixels that the weights were made for, as timm's configuration says."""
    if settings.model in OWN or _is_npz(settings):
        return MIDDLE, MIDDLE  # the .npz is TensorFlow's MobileNetV2, which takes pixels from -1 to 1
    from timm.data.config import resolve_model_data_config

    found: dict[str, Any] = resolve_model_data_config(trunk)  # type: ignore[no-untyped-call]
    return tuple(found["mean"]), tuple(found["std"])


def _is_npz(settings: ClassifierPlan) -> bool:
    return settings.backbone is not None and settings.backbone.suffix == ".npz"


def _is_of_run(settings: ClassifierPlan) -> bool:
    """Whether the file of weights is one that a run of ours left, which holds the whole network under its own names."""
    if settings.backbone is None or settings.backbone.suffix != ".safetensors":
        return False
    try:
        with safe_open(_there(settings.backbone), "pt") as file:
            return all(name in ("mean", "std") or name.startswith("trunk.") for name in file.keys())  # noqa: SIM118
    except SafetensorError as error:
        raise _without_weights(settings, error) from error


def head_of(net: ClassifierNet) -> nn.Module:
    """The last layer, which `freeze` leaves free."""
    head = net.trunk.get_classifier()
    return head if isinstance(head, nn.Module) else nn.ModuleList(head)


def _draw_heads(net: ClassifierNet) -> None:
    for layer in head_of(net).modules():
        if isinstance(layer, nn.Linear):
            draw_head(layer)


def freeze(net: ClassifierNet, frozen: bool) -> None:
    """Hold everything but the last layer, or let everything go."""
    net.requires_grad_(not frozen)
    head_of(net).requires_grad_(True)


def _own(settings: ClassifierPlan, classes: int, fill: bool) -> nn.Module:
    if settings.pretrained or (fill and settings.backbone is not None and not _is_of_run(settings)):
        message = f"{settings.model} is one of our own: it has no published weights."
        raise LabError(message, "Train it from scratch, or give the weights.safetensors of a run of it as `backbone`.")
    return cast("nn.Module", OWN[settings.model](num_classes=classes, drop_rate=settings.dropout))


def _published(settings: ClassifierPlan, classes: int, side: int, fill: bool) -> nn.Module:
    refuse_unknown(settings.model)
    options: dict[str, Any] = {"num_classes": classes, "drop_rate": settings.dropout}
    if _is_npz(settings):
        if not settings.model.startswith("mobilenetv2_100"):
            raise LabError(f"{settings.backbone} is of mobilenetv2_100, not {settings.model}.", "Name that model.")
        options |= {"pad_type": "same", "bn_eps": 1e-3}  # TensorFlow's, as in networks.ARCHITECTURES
    elif fill and settings.backbone is not None and not _is_of_run(settings):
        options |= {"pretrained": True, "pretrained_cfg_overlay": {"file": str(_there(settings.backbone))}}
    elif fill and settings.pretrained:
        options["pretrained"] = True
    try:
        return _created(settings.model, side, options)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if not options.get("pretrained"):
            raise
        raise _without_weights(settings, error) from error


def _created(name: str, side: int, options: dict[str, Any]) -> nn.Module:
    """Transformers are told the side, on which their tables of positions depend; other networks take no such word."""
    import timm

    try:
        return timm.create_model(name, img_size=side, **options)
    except TypeError as error:
        if "img_size" not in str(error):
            raise
    return timm.create_model(name, **options)


def _without_weights(settings: ClassifierPlan, error: Exception) -> LabError:
    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    if settings.backbone is not None:
        return LabError(
            f"The weights {settings.backbone} do not fit {settings.model}: {why}", "Give a file made for this network."
        )
    import timm

    hub = getattr(timm.models.get_pretrained_cfg(settings.model), "hf_hub_id", None) or f"timm/{settings.model}"
    return LabError(
        f"The weights of {settings.model} could not be fetched: {why}",
        f"Fetch model.safetensors of {hub} from the Hugging Face hub by hand, and give its path as `backbone`.",
    )


def _there(path: Path) -> Path:
    if not path.is_file():
        raise LabError(f"There is no file of weights {path}.", "Give its path as `backbone`, or leave it out.")
    return path


def _wants_small_stem(settings: ClassifierPlan, side: int) -> bool:
    if settings.stem != "auto":
        return settings.stem == "small"
    from_scratch = not settings.pretrained and settings.backbone is None
    return from_scratch and side <= SMALL_SIDE and settings.model.startswith("resnet") and settings.model not in OWN


def _give_small_stem(trunk: Any, name: str) -> None:
    """The stem of the CIFAR resnets (He et al. 2015, section 4.2): nothing is thrown away before the first block."""
    first = getattr(trunk, "conv1", None)
    if not isinstance(first, nn.Conv2d) or not hasattr(trunk, "maxpool"):
        raise LabError(f"{name} has no stem that could be small.", 'Set stem = "published", or take a resnet.')
    trunk.conv1 = nn.Conv2d(3, first.out_channels, 3, 1, 1, bias=False)
    nn.init.kaiming_normal_(trunk.conv1.weight, mode="fan_out", nonlinearity="relu")
    trunk.maxpool = nn.Identity()


def _go_on_from_run(net: ClassifierNet, settings: ClassifierPlan) -> None:
    """Begin with what another run of the same network came to, its last layer included."""
    try:
        net.load_state_dict(load_file(cast("Path", settings.backbone)))
    except RuntimeError as error:
        raise _without_weights(settings, error) from error
