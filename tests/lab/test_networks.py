"""The backbone's weights: loaded exactly, evaluated as TensorFlow would, and sane on a photograph."""

from __future__ import annotations

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab import networks  # noqa: E402

FILE = "backbone/mobilenetv2_100_in1k.npz"
# (expansion, channels, repeats, stride) of the MobileNetV2 paper, table 2 (arXiv 1801.04381).
BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


@pytest.fixture(scope="module")
def imagenet(shared_data):
    net = networks.PatchNet(classes=1001).eval()
    networks.load_backbone(net, shared_data / FILE, with_head=True)
    return net


def direct(stored, pixels: np.ndarray) -> np.ndarray:
    """The network straight from the file: folded convolutions one after the other, TensorFlow's SAME padding."""
    number = 0

    def layer(x, stride=1, groups=1, act=True):
        nonlocal number
        weight = torch.from_numpy(stored[f"w{number:02d}"] * stored[f"s{number:02d}"].reshape(-1, 1, 1, 1))
        bias = torch.from_numpy(stored[f"b{number:02d}"])
        number += 1
        size = weight.shape[2]
        total = max((-(-x.shape[2] // stride) - 1) * stride + size - x.shape[2], 0)
        x = torch.nn.functional.pad(x, (total // 2, total - total // 2) * 2)
        x = torch.nn.functional.conv2d(x, weight.float(), bias.float(), stride=stride, groups=groups)
        return x.clamp(0, 6) if act else x

    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = layer(x, stride=2)
    for expansion, channels, repeats, first in BLOCKS:
        for repeat in range(repeats):
            start, stride = x, first if repeat == 0 else 1
            x = layer(x) if expansion > 1 else x
            x = layer(layer(x, stride=stride, groups=x.shape[1]), act=False)
            x = x + start if stride == 1 and start.shape[1] == channels else x
    x = layer(x).mean((2, 3), keepdim=True)
    return layer(x, act=False)[:, :, 0, 0].numpy()


def test_the_loaded_backbone_computes_what_the_file_says(imagenet, shared_data):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    with np.load(shared_data / FILE) as stored, torch.no_grad():
        expected = direct(stored, pixels)
        found = imagenet(torch.from_numpy(pixels)).numpy()
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_the_top_class_of_photographs_is_sane(imagenet, shared_data):
    """Photos of a public segmentation set whose subject is an ImageNet class: class 0 of this head is background."""
    from PIL import Image

    from brushwork.lab.datasets import read_manifest
    from brushwork.picture import open_picture

    photos = [r for r in read_manifest(shared_data / "art" / "train.parquet") if r.source == "BIDS/BSDS500"][:12]
    squares = []
    for row in photos:
        image = Image.fromarray(open_picture(row.data()).rgb)
        side, (width, height) = min(image.size), image.size
        box = ((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2)
        squares.append(np.asarray(image.crop(box).resize((224, 224), Image.Resampling.BICUBIC)))
    with torch.no_grad():
        top = imagenet(torch.from_numpy(np.stack(squares))).argmax(1).tolist()
    # water buffalo, albatross, flower pot, umbrella, hammerhead shark, Arabian camel, bathing cap, barn
    assert {347, 147, 739, 880, 5, 355, 434, 426} <= set(top)


def test_unfolding_the_norms_changes_no_output(imagenet):
    import copy

    net = copy.deepcopy(imagenet)
    pixels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8))
    with torch.no_grad():
        before = net(pixels)
        networks.unfold_norms(net, pixels)
        after = net(pixels)
        net.train()
        net.trunk.drop_rate = 0.0
        in_training = net(pixels)
    torch.testing.assert_close(after, before, atol=2e-3, rtol=1e-3)
    torch.testing.assert_close(in_training, before, atol=2e-2, rtol=1e-2)


def test_a_file_with_other_layers_is_refused(tmp_path):
    net = networks.PatchNet()
    np.savez(tmp_path / "other.npz", w00=np.zeros((8, 3, 3, 3), np.int8))
    with pytest.raises(LabError, match=r"other.npz cannot be read"):
        networks.load_backbone(net, tmp_path / "other.npz")
    with pytest.raises(LabError, match=r"gone.npz cannot be read"):
        networks.load_backbone(net, tmp_path / "gone.npz")


def test_an_unknown_architecture_is_refused_with_the_known_ones():
    with pytest.raises(LabError, match=r"no architecture resnet99.*mobilenetv2_100"):
        networks.PatchNet("resnet99")


def test_torchvision_imports_after_the_shim():
    from brushwork.lab.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    import torchvision

    assert torchvision.__version__
    assert ensure_torchvision() in (True, False)
