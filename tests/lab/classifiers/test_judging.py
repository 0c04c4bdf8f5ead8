"""Runs judged: evaluated, compared, refused where they cannot be compared, recommended by a rule."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from tests.lab import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers import judging  # noqa: E402
from brushwork.lab.classifiers.contenders import judgement_of, predictions_file  # noqa: E402
from brushwork.lab.classifiers.runs import load_run  # noqa: E402

from .conftest import recipe  # noqa: E402


@pytest.fixture(scope="module")
def judged(trained):
    """The trained run, evaluated once."""
    return judging.evaluate_run(trained.plan, trained.folder)


@pytest.fixture(scope="module")
def other(trained, judged, tmp_path_factory):
    """The same run under another name, whose answers are worse: every fifth is turned round."""
    folder = tmp_path_factory.mktemp("runs") / "worse"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns("evaluation", "checkpoints", "mlflow*"))
    path = folder / "predictions-test.csv"
    head, *lines = path.read_text().splitlines()
    turned = []
    for number, line in enumerate(lines):
        *about, human, ai = line.split(",")
        turned.append(",".join([*about, *((ai, human) if number % 5 == 0 else (human, ai))]))
    path.write_text("\n".join([head, *turned]) + "\n")
    return folder


def test_an_evaluation_has_every_figure_curve_and_sheet_and_opens_offline(trained, judged):
    """S0-22, S0-23, S2-09, S2-10, S3-17, S3-18, S4-20, R0-13."""
    page = judged.page.read_text()
    for heading in (
        "In short", "Runs, by ROC-AUC", "What they cost", "At thresholds", "Mean predicted share",
        "By technique", "By generator", "Confusion matrices", "predictions",
    ):  # fmt: skip
        assert heading in page
    for plot in ("roc", "loss", "accuracy", "confusion", "size", "time", "scores"):
        assert (judged.page.parent / f"{plot}.png").is_file()
    assert "http" not in page.replace("http://www.w3.org/", "")
    assert "data:image/png;base64," in page
    found = json.loads((judged.page.parent / "figures.json").read_text())["runs"][trained.folder.name]
    rows = judgement_of(trained, "test")
    assert found["accuracy"]["value"] == pytest.approx(float((rows.said == rows.truth).mean()))
    assert found["accuracy"]["low"] <= found["accuracy"]["value"] <= found["accuracy"]["high"]
    assert found["latency"]["ms"] > 0
    assert sum(map(sum, found["confusion"])) == len(rows.ids) == found["n"]


def test_a_comparison_ranks_recommends_and_says_by_what_rule(trained, judged, other, tmp_path):
    """S3-19, S3-20, S3-21, S4-12, S4-13."""
    found = judging.compare_runs([other, trained.folder], tmp_path / "out", time=False)
    assert [row[0] for row in found.table.rows] == [trained.folder.name, "worse"]
    assert found.advice.run == trained.folder.name
    assert "the one with the best ROC-AUC leads" in found.advice.text
    assert "worse" in found.advice.text
    assert found.advice.text in (tmp_path / "out" / "report.md").read_text()


def test_runs_on_other_pictures_are_compared_on_common_ones_only_when_asked(trained, judged, other, tmp_path):
    short = tmp_path / "short"
    shutil.copytree(other, short)
    path = short / "predictions-test.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-3]) + "\n")
    with pytest.raises(LabError, match=r"different pictures .* are common"):
        judging.compare_runs([trained.folder, short], tmp_path / "out", time=False)
    found = judging.compare_runs([trained.folder, short], tmp_path / "out", time=False, common=True)
    kept = json.loads((tmp_path / "out" / "figures.json").read_text())["runs"]
    assert {run["n"] for run in kept.values()} == {len(judgement_of(trained, "test").ids) - 3}
    assert len(found.table.rows) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda run, out: judging.compare_runs([run.folder], out), "compared with itself"),
        (lambda run, out: judging.compare_runs([run.folder, run.folder], out), "named twice"),
        (lambda run, out: judging.compare_runs([run.folder, out / "none"], out), "no finished run"),
        (lambda run, out: judging.compare_runs([run.folder, run.folder], out, split="tset"), "no split"),
        (lambda run, out: judging.evaluate_run(run.plan, out), "no finished run"),
        (
            lambda run, out: judging.evaluate_run(run.plan.model_copy(update={"seed": 9}), run.folder),
            "another recipe",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_with_what_to_do(trained, judged, tmp_path, change, message):
    with pytest.raises(LabError, match=message) as refused:
        change(trained, tmp_path)
    assert refused.value.advice


def test_a_run_of_another_task_is_not_compared(trained, judged, other, tmp_path):
    changed = tmp_path / "attribution"
    shutil.copytree(other, changed)
    plan = json.loads((changed / "plan.json").read_text())
    plan["classifier"]["task"] = "generator"
    (changed / "plan.json").write_text(json.dumps(plan))
    facts = json.loads((changed / "facts.json").read_text())
    (changed / "facts.json").write_text(json.dumps({**facts, "classes": ["a", "b"]}))
    path = changed / "predictions-test.csv"
    head, *lines = path.read_text().splitlines()
    lines = [line.replace(line.split(",")[2], "b", 1) for line in lines if line.split(",")[1] == "ai"]
    text = "\n".join([head.replace("human,ai", "a,b"), *lines]) + "\n"
    for split in ("test", "val"):
        predictions_file(load_run(changed), split).write_text(text)
    with pytest.raises(LabError, match="tells a, b apart"):
        judging.compare_runs([trained.folder, changed], tmp_path / "out", time=False)


def test_views_of_one_picture_count_once(trained, judged, tmp_path):
    folder = tmp_path / "views"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns("evaluation", "mlflow*"))
    path = folder / "predictions-test.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, *lines[1:]]) + "\n")
    once, twice = judgement_of(trained, "test"), judgement_of(load_run(folder), "test")
    assert once.ids == twice.ids
    np.testing.assert_allclose(once.probabilities, twice.probabilities)


def test_a_generator_left_out_of_training_is_judged_beside_one_trained_on(trained, judged, drawn32):
    """S3-08."""
    from brushwork.lab.classifiers.leaveout import leave_out_generators, read_table

    plan = recipe(drawn32.folder, epochs=1)
    said: list[str] = []
    found = leave_out_generators(plan, trained.folder, say=said.append)
    names = sorted({r.generator for r in drawn32.rows if r.generator})
    assert [row[0] for row in found.rows] == names
    for name in names:
        run = load_run(trained.folder / "without" / name.replace(" ", "_"))
        assert run.plan.data.without == (name,)
    assert read_table(trained.folder / "left-out-generators.csv").head == found.head
    before = len(said)
    leave_out_generators(plan, trained.folder, say=said.append)
    assert len(said) == 2 * before, "runs that are finished are read, not trained"
