"""Figures of judgements against hand counts and scikit-learn, the rule of the recommendation, techniques by name."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.lab import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)
metrics = pytest.importorskip("sklearn.metrics", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.classifiers import board  # noqa: E402
from brushwork.lab.classifiers.advice import advise  # noqa: E402
from brushwork.lab.classifiers.board import Contender  # noqa: E402
from brushwork.lab.classifiers.comparing import write_comparison  # noqa: E402
from brushwork.lab.classifiers.judgement import Figures, Judgement, difference  # noqa: E402
from brushwork.lab.classifiers.latency import Latency  # noqa: E402
from brushwork.lab.classifiers.ranking import metric_named  # noqa: E402
from brushwork.lab.classifiers.techniques import technique_of  # noqa: E402


def judged(name: str, scores: np.ndarray, truth: np.ndarray, sources: int = 0) -> Judgement:
    n = len(truth)
    named = tuple(f"s{i % sources}" if sources else "one" for i in range(n))
    generators = tuple(("", "BigGAN", "Midjourney")[(1 + i % 2) * int(t)] for i, t in enumerate(truth))
    p = np.stack([1 - scores, scores], axis=1)
    return Judgement(name, "ai", ("human", "ai"), tuple(map(str, range(n))), generators, named, truth, p)


def contender(judgement: Judgement, ms: float = 1.0, size: int = 1 << 20, kind: str = "network") -> Contender:
    return Contender(judgement, "net", kind, size, 10, [], latency=Latency(ms, ms, "ONNX Runtime"))


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    scores = np.round(np.clip(rng.normal(0.35 + 0.3 * truth, 0.2), 0, 1), 2)  # rounded, so that there are ties
    return scores, truth


def test_every_figure_is_that_of_scikit_learn_and_lies_in_its_interval(sample):
    """S2-09, S2-10, S3-17."""
    scores, truth = sample
    found = Figures(judged("a", scores, truth))
    said = (scores >= 0.5).astype(int)
    expected = {
        "accuracy": metrics.accuracy_score(truth, said), "precision": metrics.precision_score(truth, said),
        "recall": metrics.recall_score(truth, said), "f1": metrics.f1_score(truth, said),
        "auc": metrics.roc_auc_score(truth, scores), "fpr": said[truth == 0].mean(),
    }  # fmt: skip
    for name, value in expected.items():
        interval = found.interval(name)
        assert interval.value == pytest.approx(value), name
        assert interval.low < value < interval.high, name
    assert found.confusion().tolist() == metrics.confusion_matrix(truth, said).tolist()
    false, recall = found.at(0.7)
    assert false.value == pytest.approx((scores[truth == 0] >= 0.7).mean())
    assert recall.value == pytest.approx((scores[truth == 1] >= 0.7).mean())


def test_few_sources_make_the_interval_of_sources_wider_than_that_of_pictures(sample):
    scores, truth = sample
    order = np.argsort(scores, kind="stable")  # the sources are alike inside and differ among themselves
    by_picture = Figures(judged("a", scores[order], truth[order])).interval("auc")
    blocks = judged("a", scores[order], truth[order])
    blocks = Judgement(**{**blocks.__dict__, "sources": tuple(f"s{i // 40}" for i in range(len(truth)))})
    assert blocks.by_source
    by_source = Figures(blocks).interval("auc")
    assert by_source.value == by_picture.value
    assert by_source.high - by_source.low > by_picture.high - by_picture.low


def test_several_classes_have_accuracy_macro_f1_and_a_table_of_classes():
    """R3-12, R3-13."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 300)
    p = rng.dirichlet((1, 1, 1), 300) + 0.5 * np.eye(3)[truth]
    names = ("adm", "biggan", "glide")
    j = Judgement("g", "generator", names, tuple(map(str, range(300))), tuple(names[t] for t in truth),
                  ("one",) * 300, truth, p / p.sum(1, keepdims=True))  # fmt: skip
    found = Figures(j)
    assert found.interval("macro_f1").value == pytest.approx(metrics.f1_score(truth, p.argmax(1), average="macro"))
    run = contender(j)
    for i, row in enumerate(board.by_class(run).rows):
        assert row[0] == names[i]
        assert float(row[-1]) == pytest.approx(metrics.f1_score(truth, p.argmax(1), average=None)[i], abs=5e-4)
    assert [m for m in board.board([run], "macro_f1").head if "F1" in m] == ["macro-F1"]
    assert found.value("auc") == pytest.approx(metrics.roc_auc_score(truth, j.probabilities, multi_class="ovr"))
    assert found.interval("auc").low < found.value("auc") < found.interval("auc").high
    with pytest.raises(LabError, match="no metric fpr for the task generator"):
        metric_named("fpr", "generator")


def test_the_recommendation_prefers_fewer_accusations_then_speed_among_runs_that_are_not_told_apart(sample):
    """S3-21, S3-26."""
    scores, truth = sample
    best = contender(judged("best", scores, truth), ms=5)
    nearly = np.where(truth == 1, scores, np.minimum(scores, 0.49))  # accuses nobody at one half
    nearly[truth == 1] = np.minimum(nearly[truth == 1], 0.62)
    calm = contender(judged("calm", nearly, truth), ms=9)
    hopeless = contender(judged("hopeless", 1 - scores, truth), ms=0.1)
    twin = contender(judged("twin", scores, truth), ms=1, kind="ensemble")

    told = advise([hopeless, best, twin], "auc")
    assert told.run == "twin"
    assert "cheapest of those left" in told.text
    assert "is not measurably better" in told.text
    assert "hopeless is no choice" in told.text
    other = np.random.default_rng(5).permutation(scores)
    weak = contender(judged("weak", np.where(np.arange(len(truth)) % 3, scores, other), truth), ms=0.1)
    assert advise([weak, best], "auc").run == "best"
    assert "No other run comes near: weak" in advise([weak, best], "auc").text
    gap = difference(best.figures, calm.figures, "auc")
    chosen = advise([best, calm], "auc")
    assert chosen.run == ("calm" if gap.low <= 0 <= gap.high or gap.value < 0 else "best")
    with pytest.raises(LabError, match="different pictures"):
        difference(best.figures, Figures(judged("x", scores[1:], truth[1:])), "auc")


def test_runs_that_do_no_better_than_chance_are_of_no_use_and_none_is_taken(tmp_path):
    """The larger class has 59 %: who is right in 63 % of 400 is not told from who calls everything human."""
    truth = (np.arange(400) >= 236).astype(np.int64)
    ordered = contender(judged("ordered", np.r_[np.linspace(0.2, 0.53, 236), np.linspace(0.3, 0.56, 164)], truth))
    assert ordered.figures.interval("auc").low > 0.5
    assert ordered.figures.interval("accuracy").value > 0.59
    guesses = contender(judged("guesses", np.arange(400) * 37 % 400 / 400, truth))

    told = advise([guesses, ordered], "auc")
    assert told.run is None
    assert told.text.startswith("Take none. No run is of use: none does better than chance.")
    assert "where calling all human is in 0.590" in told.text
    assert "ordered is no choice: it is right at 0.5 in 0.6" in told.text
    assert "only another threshold" in told.text
    assert "guesses is no choice: its ROC-AUC" in told.text

    write_comparison("Two", [guesses, ordered], "auc", tmp_path)
    report = (tmp_path / "report.md").read_text()
    assert "No run is of use" in report
    assert "All run by ONNX Runtime; the time of classical models has that of their features in it." in report
    assert json.loads((tmp_path / "figures.json").read_text())["take"] is None
    good = contender(judged("good", 0.1 + 0.8 * truth, truth), ms=9)
    assert advise([ordered, guesses, good], "recall").run == "good"


def test_mean_predicted_share_and_false_positives_stand_beside_the_fairness_term(sample):
    scores, truth = sample
    plain, fair = contender(judged("off", scores, truth)), contender(judged("on", scores * 0.8, truth))
    fair.notes["fairness"] = "alpha 1, beta 0.5"
    table = board.shares([plain, fair])
    assert [row[1] for row in table.rows] == ["off", "alpha 1, beta 0.5"]
    assert float(table.rows[0][2]) == pytest.approx(scores.mean(), abs=1e-4)
    assert table.rows[1][-1].value < table.rows[0][-1].value


def test_generators_and_techniques_have_rows(sample):
    """S3-08."""
    scores, truth = sample
    run = contender(judged("a", scores, truth))
    assert [row[0] for row in board.by_generator([run]).rows] == ["BigGAN", "Midjourney"]
    assert [row[0] for row in board.by_technique([run]).rows] == ["GAN", "diffusion"]
    total = sum(row[2] for row in board.by_generator([run]).rows)
    assert total == int((truth == 1).sum())


@pytest.mark.parametrize(
    ("name", "technique"),
    [
        ("imagenet_ai_0419_biggan", "GAN"), ("imagenet_ai_0419_vqdm", "diffusion"), ("VQGAN+CLIP", "GAN"),
        ("imagenet_ai_0424_sdv5", "diffusion"), ("imagenet_ai_0424_wukon", "diffusion"), ("StyleGAN3", "GAN"),
        ("imagenet_ai_0508_adm", "diffusion"), ("imagenet_glide", "diffusion"), ("imagenet_midjourney", "diffusion"),
        ("Stable Diffusion 1.4", "diffusion"), ("DALL-E 3", "diffusion"), ("Craiyon (DALL-E mini)", "autoregressive"),
        ("somebody's own", "not told"),
    ],
)  # fmt: skip
def test_the_technique_of_a_generator_is_told_by_its_name(name, technique):
    assert technique_of(name) == technique
