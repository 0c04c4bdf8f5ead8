"""The zoo: each name gives a network, unknown ones their nearest, and weights that are not there are told of."""

from __future__ import annotations

import numpy as np
import pytest

from .. import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from safetensors.torch import save_file  # noqa: E402

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers.plan import ClassifierPlan  # noqa: E402
from brushwork.lab.classifiers.zoo import ZOO, SoundStem, build, freeze, head_of, known_names, refuse_unknown  # noqa: E402
from tests.conftest import SHARED_DATA  # noqa: E402

BACKBONE = SHARED_DATA / "backbone" / "mobilenetv2_100_in1k.npz"


def of(model, classes=2, side=32, **settings):
    return build(ClassifierPlan(model=model, **settings), classes, side)


def test_the_zoo_names_what_timm_and_we_know():
    known = known_names()
    assert len({m.name for m in ZOO}) == len(ZOO)
    for model in ZOO:
        refuse_unknown(model.name)
        assert model.name in known


@pytest.mark.parametrize("name", ["small_cnn", "resnet9", "resnet10", "resnet18"])
def test_a_network_takes_bytes_of_any_size_and_gives_a_logit_per_class(name):
    net = of(name, classes=3).eval()
    rng = np.random.default_rng(0)
    pictures = torch.from_numpy(rng.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8))
    with torch.inference_mode():
        logits = net(pictures)
        larger = net(torch.from_numpy(rng.integers(0, 256, (2, 48, 40, 3), dtype=np.uint8)))
    assert logits.shape == larger.shape == (2, 3)
    assert sum(isinstance(m, SoundStem) for m in net.modules()) == 1


@pytest.mark.parametrize("name", ["mobilenetv2_100", "efficientnet_b0", "resnet18", "vit_tiny_patch16_224"])
def test_a_network_begins_without_an_opinion(name):
    """timm draws the last layer of some for 1000 classes, which for two is tens of units wide."""
    net = of(name, side=64).train()
    pictures = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8))
    with torch.no_grad():
        assert net(pictures).abs().max() < 1.5
        assert net(pictures).std() > 0


def test_small_sides_get_the_small_stem_and_large_ones_the_published():
    assert of("resnet18").trunk.conv1.stride == (1, 1)
    assert isinstance(of("resnet18").trunk.maxpool, torch.nn.Identity)
    assert of("resnet18", side=224).trunk.conv1.stride == (2, 2)
    assert of("resnet18", stem="published").trunk.conv1.kernel_size == (7, 7)
    with pytest.raises(LabError, match="small_cnn has no stem that could be small"):
        of("small_cnn", stem="small")


def test_normalisation_is_the_models_own():
    assert of("resnet18").mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])
    assert of("small_cnn").mean.flatten().tolist() == [0.5] * 3


def test_a_transformer_is_made_for_the_side():
    net = of("vit_tiny_patch16_224", side=64).eval()
    assert net.trunk.pos_embed.shape[1] == 17
    assert net(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).shape == (1, 2)


def test_an_unknown_name_is_refused_with_the_nearest_three():
    with pytest.raises(LabError, match=r"no model resnet81\. The nearest names are (\S+, ){2}\S+\.") as refused:
        of("resnet81")
    assert "resnet18" in refused.value.advice


@pytest.mark.parametrize("pretrained", [False, True])
def test_an_unknown_tag_of_weights_is_refused_as_an_unknown_name(pretrained):
    with pytest.raises(LabError, match=r"no model resnet18\.wrong\. The nearest names are (\S+, ){2}\S+\.") as refused:
        of("resnet18.wrong", pretrained=pretrained)
    assert "resnet18" in refused.value.advice
    refuse_unknown("resnet18.tv_in1k")


def test_freezing_leaves_the_last_layer():
    net = of("resnet18")
    freeze(net, True)
    free = {id(p) for p in net.parameters() if p.requires_grad}
    assert free == {id(p) for p in head_of(net).parameters()}
    freeze(net, False)
    assert all(p.requires_grad for p in net.parameters())


def test_local_weights_are_loaded_and_wrong_ones_told_of(tmp_path):
    source = of("resnet18", side=224)
    save_file(dict(source.trunk.state_dict()), tmp_path / "r.safetensors")
    loaded = of("resnet18", side=64, backbone=tmp_path / "r.safetensors")
    assert torch.equal(loaded.trunk.conv1.weight, source.trunk.conv1.weight)
    with pytest.raises(LabError, match=r"There is no file of weights .*gone.pth"):
        of("resnet18", backbone=tmp_path / "gone.pth")
    with pytest.raises(LabError, match="do not fit mobilenetv2_100"):
        of("mobilenetv2_100", backbone=tmp_path / "r.safetensors")
    (tmp_path / "b.pth").write_bytes(b"no weights")
    with pytest.raises(LabError, match="do not fit resnet18"):
        of("resnet18", backbone=tmp_path / "b.pth")
    with pytest.raises(LabError, match="small_cnn is one of our own"):
        of("small_cnn", pretrained=True)


def test_training_begins_with_what_a_run_came_to(tmp_path):
    weights = tmp_path / "weights.safetensors"
    for name in ("resnet10", "resnet18"):
        stem = "small" if name == "resnet18" else "auto"
        source = of(name, side=32, stem=stem)
        save_file(source.state_dict(), weights)
        loaded = of(name, side=32, stem=stem, backbone=weights)
        assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), source.parameters(), strict=True))
    with pytest.raises(LabError, match=r"weights\.safetensors do not fit resnet10"):
        of("resnet10", side=32, backbone=weights)
    weights.write_bytes(b"no weights")
    with pytest.raises(LabError, match=r"weights\.safetensors do not fit small_cnn"):
        of("small_cnn", backbone=weights)


def test_weights_that_the_hub_does_not_give_are_told_of_with_where_to_put_them(monkeypatch):
    import timm

    def unreachable(*_, **__):
        raise OSError("no route to the hub")

    of("resnet18")
    monkeypatch.setattr(timm.models._hub, "hf_hub_download", unreachable)
    with pytest.raises(LabError, match="could not be fetched") as refused:
        of("resnet18", pretrained=True)
    assert "timm/resnet18" in refused.value.advice
    assert "`backbone`" in refused.value.advice


@pytest.mark.needs_shared
def test_the_local_backbone_fills_a_mobilenet():
    filled, empty = of("mobilenetv2_100", backbone=BACKBONE), of("mobilenetv2_100")
    assert not torch.equal(filled.trunk.conv_stem.weight, empty.trunk.conv_stem.weight)
    assert filled.mean.flatten().tolist() == [0.5] * 3
    with pytest.raises(LabError, match="is of mobilenetv2_100, not resnet18"):
        of("resnet18", backbone=BACKBONE)
