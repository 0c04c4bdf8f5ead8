"""The trained run in every form, compared with its network; as a bundle that the real command line scans with."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.lab import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.forensics.bundle import load_bundle  # noqa: E402
from brushwork.forensics.scorer import Scorer  # noqa: E402
from brushwork.lab.classifiers import exporting, handing  # noqa: E402
from brushwork.lab.classifiers.contenders import judgement_of, predict_split  # noqa: E402
from brushwork.lab.classifiers.forms import of_keras, of_tflite  # noqa: E402
from brushwork.lab.classifiers.forms.subject import Subject  # noqa: E402
from brushwork.lab.classifiers.latency import example  # noqa: E402
from brushwork.lab.quantize import quantize  # noqa: E402

FORMS = ("safetensors", "torch-export", "torchscript", "onnx", "onnx-int8", "keras", "h5")


@pytest.fixture(scope="module")
def written(trained):
    """The trained small CNN in every form that is made here."""
    return handing.export_run(trained, FORMS)


def test_every_form_computes_what_the_network_does(trained, written):
    """S3-27, S4-18, S4-19."""
    found, table = written
    assert [one.form for one in found] == list(FORMS)
    for one in found:
        assert one.path.stat().st_size == one.bytes
        assert one.latency is not None
        if one.form != "onnx-int8":
            assert one.allowed is not None
            assert one.difference <= one.allowed
            assert one.changed == 0
    int8 = next(one for one in found if one.form == "onnx-int8")
    full = next(one for one in found if one.form == "onnx")
    assert int8.bytes < full.bytes / 2
    assert int8.difference > 0
    assert int8.changed <= 0.1
    kept = (trained.folder / "exports" / "exports.md").read_text()
    assert all(f"| {form} |" in kept for form in (*FORMS, "torch"))
    assert table.head[-2] == "answers changed"
    assert str(trained.folder).encode() not in full.path.read_bytes(), "tells nothing of the machine"


def test_a_form_that_computes_something_else_is_taken_away(trained, tmp_path, monkeypatch):
    from brushwork.lab.classifiers.subjects import subject_of

    right = exporting.form_named("safetensors")
    wrong = right._replace(open=lambda subject, path: lambda pixels: right.open(subject, path)(pixels) + 0.01)
    with pytest.raises(LabError, match=r"differs from the network by 0\.01"):
        exporting.export(subject_of(trained, pictures=False), [wrong], tmp_path)
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize("model", ["resnet18", "mobilenetv2_100", "resnet9", "resnet10"])
def test_keras_copies_the_networks_that_it_says_it_does(model, tmp_path):
    subject = made(model)
    form = exporting.form_named("keras")
    form.write(subject, tmp_path / "m.keras")
    pixels = example(32, 3)
    expected = subject.look_with(subject.module)(pixels)
    np.testing.assert_allclose(form.open(subject, tmp_path / "m.keras")(pixels), expected, atol=1e-4)


def made(model: str) -> Subject:
    """An untrained network whose batch norms have seen something."""
    from brushwork.lab.classifiers.plan import ClassifierPlan
    from brushwork.lab.classifiers.zoo import build

    torch.manual_seed(0)
    net = build(ClassifierPlan(model=model), 2, 32)
    net.train()
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):  # some begin at zero, which would hide their block
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.1)
        net(torch.from_numpy(example(32, 8)))
    return Subject("s", model, net.eval(), 32, "ai", ("human", "ai"), example(32, 2), np.zeros(2, dtype=np.int64), {})


FAMILIES = ("resnet18", "vit_tiny_patch16_224", "convnext_atto", "mobilenetv2_100", "tf_efficientnet_lite0")


@pytest.mark.parametrize("model", FAMILIES)
def test_a_network_of_every_family_computes_the_same_in_the_forms_that_run_it(model, tmp_path):
    """S3-27, S4-18: at 32 px, with weights as they are drawn."""
    subject = made(model)
    pixels = example(32, 3)
    wanted = subject.look_with(subject.module)(pixels)
    for name in ("torchscript", "torch-export", "onnx"):
        form = exporting.form_named(name)
        form.write(subject, tmp_path / name)
        found = form.open(subject, tmp_path / name)
        assert np.abs(found(pixels) - wanted).max() <= exporting.allowed_beside([wanted]), name
        assert np.abs(found(pixels[:1]) - wanted[:1]).max() <= exporting.allowed_beside([wanted]), name
    quantize(tmp_path / "onnx", [subject.pictures], tmp_path / "int8")  # as onnx-int8 does, without a second export
    rounded = exporting.form_named("onnx-int8").open(subject, tmp_path / "int8")(pixels)
    assert 0 < np.abs(rounded - wanted).max() < 1
    assert (tmp_path / "int8").stat().st_size < (tmp_path / "onnx").stat().st_size / 2


def test_keras_refuses_what_it_cannot_copy_exactly(tmp_path):
    with pytest.raises(LabError, match="convnext_atto has no exact copy in Keras") as refused:
        of_keras.write_keras(made("convnext_atto"), tmp_path / "m.keras")
    assert "resnet18" in refused.value.advice


def test_another_backend_of_keras_is_refused_before_it_is_loaded(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(LabError, match="KERAS_BACKEND is jax"):
        of_keras.keras_module()


def test_tflite_without_its_environment_says_how_to_make_it(trained, monkeypatch, tmp_path):
    monkeypatch.setenv(of_tflite.VARIABLE, str(tmp_path / "none"))
    with pytest.raises(LabError, match="no environment for TFLite") as refused:
        handing.export_run(trained, ["tflite"], tmp_path / "out")
    assert "brushwork export --make-tflite-env" in refused.value.advice


@pytest.mark.parametrize(("name", "near"), [("onx", "onnx"), ("torch_export", "torch-export"), ("zzz", "safetensors,")])
def test_an_unknown_form_names_the_nearest(trained, name, near):
    with pytest.raises(LabError, match=f"no form {name}") as refused:
        handing.export_run(trained, [name])
    assert near in refused.value.advice


def test_a_bundle_of_a_classifier_scans_through_the_real_command_line(trained, written, drawn32, tmp_path):
    """S0-20, S4-18: BRUSHWORK_MODEL names the exported model."""
    folder = handing.bundle_run(trained, written[0], tmp_path / "bundle")
    bundle = load_bundle(folder)
    assert bundle.recipe.patches.grid == 0
    assert bundle.recipe.thresholds.strict.n_human == 16
    assert "cross-fitted by" in bundle.card
    rows = drawn32.indices("test")
    for index in rows[:4]:
        Image.fromarray(drawn32.pixels[index]).save(tmp_path / f"{drawn32.rows[index].id}.png")
    done = subprocess.run(
        [sys.executable, "-m", "brushwork.cli", "scan", str(tmp_path), "--format", "jsonl", "--explain"],
        env={**os.environ, "BRUSHWORK_MODEL": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(verdicts) == 4
    predict_split(trained, drawn32, "test")
    judged = judgement_of(trained, "test")
    scorer = Scorer(bundle)
    for index in rows[:4]:
        p = judged.probabilities[judged.ids.index(drawn32.rows[index].id)]
        logit = scorer.score(np.array(drawn32.pixels[index])).pooled
        assert logit == pytest.approx(np.log(p[1] / p[0]), abs=1e-3), "the bundle says what the run says"
    assert all(v["model"]["name"] == "tiny" for v in verdicts)
    assert {v["regions"]["patches"][0]["width"] for v in verdicts} == {32}


def test_a_bundle_needs_onnx_and_an_int8_that_lost_too_much_is_refused(trained, written, tmp_path):
    from dataclasses import replace

    with pytest.raises(LabError, match="needs an ONNX file"):
        handing.bundle_run(trained, [one for one in written[0] if one.form == "keras"], tmp_path)
    int8 = next(one for one in written[0] if one.form == "onnx-int8")
    with pytest.raises(LabError, match=r"loses 0\.0500 of AUC"):
        handing.bundle_run(trained, [replace(int8, auc_lost=0.05)], tmp_path)
