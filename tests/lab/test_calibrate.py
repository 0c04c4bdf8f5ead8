"""Thresholds keep their promises, and reported figures come from sources they were not fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

calibrate = pytest.importorskip("brushwork.lab.calibrate", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.evaluate import Scored, read_scores, write_scores  # noqa: E402

KINDS = ("painting", "photo", "comic", "anime illustration", "game art", "picture book")


def scores(sources: int = 6, each: int = 40, gap: float = 2.0, seed: int = 0) -> list[Scored]:
    rng = np.random.default_rng(seed)
    return [
        Scored(f"{label}{s}{i}", label, f"src{label}{s}", KINDS[s], "", "", weather, float(rng.normal(gap * label, 1)))
        for weather in ("clean", "web", "hard")
        for label in (0, 1)
        for s in range(sources)
        for i in range(each)
    ]


def test_the_rates_beside_a_threshold_are_cross_fitted() -> None:
    scored = scores()
    rated, judged = calibrate.fit_and_rate(scored), calibrate.cross_fit(scored)
    assert rated.thresholds.values() == calibrate.fit(scored).thresholds.values()
    for weather in calibrate.FITTED_UNDER:
        human = [j for j in judged if j.scored.weather == weather and j.scored.label == 0]
        assert rated.thresholds.strict.fpr >= round(sum(j.looks_ai for j in human) / len(human), 4)
        assert rated.thresholds.clear.fpr >= round(sum(not j.cleared for j in human) / len(human), 4)


def test_the_strict_threshold_holds_under_both_weathers():
    scored = scores()
    fitted = calibrate.fit(scored)
    for weather in calibrate.FITTED_UNDER:
        human = [s for s in scored if s.weather == weather and s.label == 0]
        above = calibrate.probabilities(human, fitted.calibration) >= fitted.thresholds.strict.probability
        assert above.mean() <= calibrate.STRICT_FPR
    strict = fitted.thresholds.strict
    assert strict.fpr <= calibrate.STRICT_FPR < strict.fpr_upper95
    assert (strict.n_human, strict.n_ai) == (240, 240)


def test_the_clear_threshold_misses_no_more_than_it_may():
    scored = scores()
    fitted = calibrate.fit(scored)
    for weather in calibrate.FITTED_UNDER:
        ai = [s for s in scored if s.weather == weather and s.label == 1]
        cleared = calibrate.probabilities(ai, fitted.calibration) <= fitted.thresholds.clear.probability
        assert cleared.mean() <= calibrate.CLEAR_MISSED + 1 / len(ai)


def test_a_picture_is_judged_without_its_own_source():
    """A source that scores far too high must not lift the threshold that it is itself judged by."""
    scored = [
        Scored(s.id, s.label, s.source, s.kind, "", "", s.weather, s.logit + (9.0 if s.source == "src00" else 0.0))
        for s in scores(gap=4.0)
    ]
    judged = [j for j in calibrate.cross_fit(scored) if j.scored.weather == "clean"]
    odd = [j.looks_ai for j in judged if j.scored.source == "src00"]
    assert np.mean(odd) > 0.8
    whole = calibrate.fit(scored)
    own = [s for s in scored if s.source == "src00" and s.weather == "clean"]
    fitted_on_itself = calibrate.probabilities(own, whole.calibration) >= whole.thresholds.strict.probability
    assert fitted_on_itself.mean() < 0.1


def test_every_picture_is_judged_once_under_each_weather():
    scored = scores(each=8)
    judged = calibrate.cross_fit(scored)
    assert sorted((j.scored.id, j.scored.weather) for j in judged) == sorted((s.id, s.weather) for s in scored)


def test_too_few_sources_and_a_missing_class_are_refused():
    with pytest.raises(LabError, match="3 human sources cannot be dealt to 5 folds"):
        calibrate.cross_fit(scores(sources=3))
    with pytest.raises(LabError, match="both human and AI"):
        calibrate.fit([s for s in scores() if s.label == 0])
    with pytest.raises(LabError, match="under clean weather"):
        calibrate.fit([s for s in scores() if s.weather == "hard"])


def test_small_kinds_count_in_all_only():
    scored = [s for s in scores(each=40) if not (s.source == "src00" and s.id.endswith(("1", "2", "3", "4")))]
    reference = calibrate.reference_set(scored, calibrate.fit(scored).calibration, "drawn")
    sizes = {k.kind: len(k.scores) for k in reference.kinds}
    assert "painting" not in sizes
    assert sizes["photograph"] == 40
    assert sizes["all"] == 224


def test_scores_survive_their_file(tmp_path):
    scored = scores(each=2)
    write_scores(scored, tmp_path / "scores.csv")
    assert read_scores(tmp_path / "scores.csv") == scored
    (tmp_path / "scores.csv").write_text("id,label\n1,x\n")
    with pytest.raises(LabError, match="holds no scores"):
        read_scores(tmp_path / "scores.csv")
