"""What the tables of a judgement say: photographs apart, opposite answers, aims, and a report that hides no markup."""

from __future__ import annotations

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

calibrate = pytest.importorskip("brushwork.lab.calibrate", reason=NEEDS_LAB)

from brushwork.lab import aims, plots, report, tables  # noqa: E402
from brushwork.lab.evaluate import VIEW, Scored  # noqa: E402
from brushwork.lab.gallery import worst  # noqa: E402

from .test_calibrate import scores  # noqa: E402


@pytest.fixture(scope="module")
def judged():
    return calibrate.cross_fit(scores(each=40, gap=4.0))


def made(id_: str, label: int, weather: str, looks: bool, cleared: bool, kind: str = "painting") -> calibrate.Judged:
    scored = Scored(id_, label, "s", kind, "flux", "", weather, 1.0 if looks else -1.0)
    return calibrate.Judged(scored, 0.9 if looks else 0.1, looks, looks, cleared)


def test_photographs_stand_apart_and_beside_all_ai_pictures(judged):
    parts = tables.subjects(judged)
    assert set(parts) == {"all", "art", "photographs"}
    for name, human in (("all", 240), ("art", 200), ("photographs", 40)):
        clean = tables.under(parts[name], "clean")
        assert sum(j.scored.label == 0 for j in clean) == human
        assert sum(j.scored.label == 1 for j in clean) == 240
    assert tables.by_weather(judged).rows[0][:2] == ("all", "clean")


def test_only_opposite_answers_count_as_flips():
    found = tables.flips([
        made("a", 0, "clean", looks=True, cleared=False), made("a", 0, VIEW + "jpeg", looks=False, cleared=True),
        made("b", 0, "clean", looks=True, cleared=False), made("b", 0, VIEW + "jpeg", looks=False, cleared=False),
        made("c", 1, "clean", looks=True, cleared=False), made("c", 1, VIEW + "jpeg", looks=True, cleared=False),
    ])  # fmt: skip
    name, pictures, opposite, another = found.rows[-1]
    assert (name, pictures) == ("the picture and 1 re-encodings", 3)
    assert (opposite.hits, another.hits) == (1, 2)


def test_false_positives_come_with_their_upper_bound_by_kind(judged):
    rows = tables.false_positives(judged, tables.by_kind(judged)).rows
    assert {str(row[0]) for row in rows} >= {"painting", "photograph", "comic"}
    for row in rows:
        assert float(str(row[-1])) >= row[2].value


def test_recall_is_told_by_generator_family_and_year():
    one = [made(str(i), i % 2, w, bool(i % 2), not i % 2) for i in range(4) for w in ("clean", "web", "hard")]
    assert tables.recalls(one, tables.by_generator).rows[0][0] == "Flux, 2024"
    assert tables.recalls(one, tables.by_family).rows[0][:2] == ("Flux", 2)
    assert tables.recalls(one, tables.by_year).rows[0][0] == "2024"
    assert tables.recalls(one, tables.by_year).rows[0][-1] == "1.000"


def test_aims_say_whether_they_are_met(judged):
    rows = {str(row[0]): row[-1] for row in aims.checks(judged).rows}
    assert rows["auc.art.clean"] == "yes"
    chance = calibrate.cross_fit(scores(each=40, gap=0.0))
    assert {str(row[0]): row[-1] for row in aims.checks(chance).rows}["auc.art.clean"] == "no"


def test_the_report_escapes_what_it_shows_and_opens_alone(judged, tmp_path):
    hostile = report.Section("<script>", (tables.Table(("a",), (("<img src=x>",),)),), "a & b")
    drawn = plots.draw_all(judged, tmp_path)
    page = report.write_report("run", [hostile, *report.sections(judged)], drawn, tmp_path).read_text()
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page
    assert page.count("<svg") == len(drawn) == 4
    markdown = (tmp_path / report.MARKDOWN_FILE).read_text()
    assert "![ROC curves](roc.svg)" in markdown
    assert all((tmp_path / path.name).with_suffix(".png").is_file() for path in drawn.values())


def test_plots_use_neither_red_nor_green():
    for colour in (plots.HUMAN_COLOUR, plots.AI_COLOUR):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert not (red > 2 * max(green, blue))
        assert not (green > 2 * max(red, blue))


def test_the_worst_mistakes_come_first(judged):
    found = worst(judged, 6)
    assert [j.scored.label for j in found] == [0, 0, 0, 1, 1, 1]
    human = np.array([j.probability for j in tables.under(judged, "clean") if j.scored.label == 0])
    assert found[0].probability == human.max()
