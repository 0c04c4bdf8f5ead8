"""Which of seven generators made a picture: the whole road by the commands, on a set as Tiny GenImage gives it."""

from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.lab import NEEDS_LAB
from tests.made.drawn_sets import SEVEN, drawn_set

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.cli.app import build  # noqa: E402
from brushwork.errors import LabError  # noqa: E402
from brushwork.forensics.scorer import open_session  # noqa: E402
from brushwork.lab.adapters.layouts import GENIMAGE  # noqa: E402
from brushwork.lab.classifiers.contenders import judgement_of  # noqa: E402
from brushwork.lab.classifiers.plan import Metric, read_model_plan  # noqa: E402
from brushwork.lab.classifiers.ranking import METRICS  # noqa: E402
from brushwork.lab.classifiers.runs import load_run  # noqa: E402


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """Drawn pictures of the seven generators, and human works that no attribution may look at."""
    return drawn_set(tmp_path_factory.mktemp("sets") / "genimage-32", count=7 * 2 * 20, generators=SEVEN)


def run(*words):
    return CliRunner().invoke(build(), [str(word) for word in words])


@pytest.fixture(scope="module")
def runs(seven, tmp_path_factory):
    """A small CNN and a forest, trained by the commands; the CNN is judged by what `train` says comes next."""
    folder = tmp_path_factory.mktemp("runs")
    for name, words in {
        "cnn": ("attribution", "--model", "small_cnn", "--epochs", 12, "--batch", 8, "--precision", "32-true"),
        "forest": ("cifake-forest", "--task", "generator"),
    }.items():
        trained = run("train", *words, "--data", seven.folder, "--out", folder / name)
        assert trained.exit_code == 0, trained.exception
        following = trained.stderr.rpartition("next: brushwork ")[2].split()
        assert following == ["evaluate", str(folder / name)]
    judged = run("evaluate", folder / "cnn")
    assert judged.exit_code == 0, judged.exception
    return folder


def test_the_drawn_generators_are_those_of_tiny_genimage():
    assert {of.generator for of in GENIMAGE} == set(SEVEN)


def test_an_evaluation_of_seven_classes_has_a_row_for_each_and_what_was_mixed_up(runs):
    """S2-15, R3-12, R3-13."""
    found = load_run(runs / "cnn")
    assert found.classes == tuple(sorted(SEVEN))
    judged = judgement_of(found, "test")
    assert len(judged.ids) == 28, "human works take no part"
    kept = json.loads((runs / "cnn" / "evaluation" / "figures.json").read_text())["runs"]["cnn"]
    assert np.array(kept["confusion"]).shape == (7, 7)
    assert kept["accuracy"]["value"] == pytest.approx(float((judged.said == judged.truth).mean()))
    assert kept["accuracy"]["value"] > 0.5, "chance is one of seven"
    assert {"auc", "macro_f1"} <= set(kept)
    assert "fpr" not in kept
    text = (runs / "cnn" / "evaluation" / "report.md").read_text()
    for name in SEVEN:
        assert f"| {name} | 4 |" in text
    assert "the class of the largest probability" in text
    assert "At thresholds" not in text


def test_attributions_are_compared_and_one_is_recommended(runs, tmp_path):
    found = run("compare", runs / "cnn", runs / "forest", "--out", tmp_path / "out", "--no-time", "--metric", "auc")
    assert found.exit_code == 0, found.exception
    assert "the one with the best ROC-AUC leads" in found.output
    assert (tmp_path / "out" / "confusion.png").is_file()


def test_a_picture_is_explained_by_the_generator_that_was_answered(runs, seven, tmp_path):
    index = seven.indices("test", "generator")[0]
    Image.fromarray(seven.pixels[index]).save(tmp_path / "one.png")
    found = run("explain", tmp_path / "one.png", "--run", runs / "cnn", "--out", tmp_path / "out")
    assert found.exit_code == 0, found.exception
    assert any(f"| one.png | {name} |" in found.output for name in SEVEN)


def test_an_exported_attribution_names_its_classes_and_says_what_the_run_says(runs, seven, tmp_path):
    found = run("export", runs / "cnn", "--out", tmp_path)
    assert found.exit_code == 0, found.exception
    session = open_session(tmp_path / "attribution.onnx")
    about = session.get_modelmeta().custom_metadata_map
    assert tuple(about["classes"].split(",")) == load_run(runs / "cnn").classes
    assert about["task"] == "generator"
    judged = judgement_of(load_run(runs / "cnn"), "test")
    (logits,) = session.run(["logits"], {"patches": np.array(seven.pixels[seven.indices("test", "generator")])})
    np.testing.assert_array_equal(logits.argmax(1), judged.said)


def test_a_bundle_of_an_attribution_is_refused_before_anything_is_exported(runs, tmp_path):
    found = run("export", runs / "cnn", "--out", tmp_path / "out", "--bundle", tmp_path / "bundle")
    assert isinstance(found.exception, LabError)
    assert "tells generators apart" in found.exception.detail
    assert "its ONNX file names the classes" in found.exception.advice
    assert not list(tmp_path.iterdir())


def test_generators_are_not_left_out_of_attribution_and_the_report_of_a_run_has_its_place(runs, tmp_path):
    found = run("evaluate", runs / "cnn", "--leave-out", "generators")
    assert isinstance(found.exception, LabError)
    assert "not of attribution" in found.exception.detail
    found = run("evaluate", runs / "cnn", "--out", tmp_path)
    assert found.exit_code == 2
    assert "leave --out away" in " ".join(found.output.split())


def test_a_recipe_names_a_metric_that_its_task_has():
    assert set(get_args(Metric)) == {m.name for m in METRICS}
    plan = read_model_plan("attribution").model_dump(mode="json")
    plan["classifier"]["metric"] = "fpr"
    from brushwork.lab.classifiers.plan import model_plan_from

    with pytest.raises(LabError, match=r'"fpr" is none of the task "generator", which has accuracy, auc, macro_f1'):
        model_plan_from(plan, "mine.toml")
