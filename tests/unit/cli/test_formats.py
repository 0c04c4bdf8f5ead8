"""What a path or a sentence may do to a terminal, a spreadsheet or a Markdown page: nothing."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from brushwork.cli.formats import (
    Csv,
    JsonArray,
    JsonLines,
    Markdown,
    Writer,
    caution_words,
    human_words,
    visible,
)
from brushwork.cli.table import TerminalTable
from brushwork.csv_rows import CSV_COLUMNS
from brushwork.errors import PictureCorrupt
from brushwork.failures import failed
from brushwork.verdict import (
    Answer,
    AnswerRates,
    Claim,
    Evidence,
    Reason,
    Reference,
    Regions,
    Stability,
    State,
    Verdict,
    Wording,
)

EVIL = "a\nb\x1b[31m\u202e|<img src=x>\udcff`*_.png"


def _verdict(**changed: object) -> Verdict:
    base = Verdict(
        id="x",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        channel="command_line",
        answer=Answer.MADE_WITH_AI,
        probability=0.62,
        wording=Wording(answer="The file says it was made with AI", why="It says so.", error_rate="Often."),
        evidence=(
            Evidence(kind="provenance", source="x", state=State.FOUND, claim=Claim.WHOLLY_AI, summary="=A tool did."),
            Evidence(kind="provenance", source="y", state=State.ABSENT, summary="Nothing."),
        ),
    )
    return base.model_copy(update=changed)


def _write(kind: type[Writer], *rows: tuple[str, Verdict]) -> str:
    out = io.StringIO()
    writer = kind(out)
    for path, verdict in rows:
        writer.row(path, verdict)
    writer.finish()
    return out.getvalue()


def test_a_json_row_is_the_path_and_the_verdict() -> None:
    (line,) = _write(JsonLines, (EVIL, _verdict())).splitlines()
    assert line.isascii()
    assert json.loads(line) == {"path": EVIL, **_verdict().to_dict()}


def test_an_array_without_pictures_is_still_json() -> None:
    assert json.loads(_write(JsonArray)) == []
    assert [row["path"] for row in json.loads(_write(JsonArray, ("a", _verdict()), (EVIL, _verdict())))] == ["a", EVIL]


def test_each_row_is_written_at_once() -> None:
    for kind in (JsonLines, JsonArray, Csv, Markdown):
        out = io.StringIO()
        kind(out).row("only.png", _verdict())
        assert "only.png" in out.getvalue().replace("\\", "")


def test_a_path_is_shown_with_everything_hidden_written_out() -> None:
    assert visible(EVIL) == "a\\nb\\x1b[31m\\u202e|<img src=x>\\udcff`*_.png"
    assert visible("плакат 桜.png") == "плакат 桜.png"


def test_a_csv_has_one_line_a_picture_and_no_control_characters() -> None:
    report = _write(Csv, (EVIL, _verdict()))
    assert len(report.splitlines()) == 2
    assert "\x1b" not in report
    report.encode("utf-8")
    (row,) = csv.DictReader(io.StringIO(report))
    assert (row["path"], row["declared_by"]) == (visible(EVIL), "'=A tool did.")


def test_columns_are_named_once() -> None:
    names = [name for name, _ in CSV_COLUMNS]
    assert len(names) == len(set(names))


def test_a_failed_picture_has_its_error_in_every_form() -> None:
    broken = failed(PictureCorrupt("b.png is damaged: it ends early.", "Get it again."))
    for kind in (JsonLines, JsonArray, Csv, Markdown, TerminalTable):
        report = _write(kind, ("b.png", broken)).replace("\\", "")
        assert "Get it again." in report


def test_markdown_cells_hold_no_markup() -> None:
    line = _write(Markdown, (EVIL, _verdict())).splitlines()[2]
    assert "<img" not in line
    assert line.replace("\\|", "").count("|") == 6
    assert "\\`\\*\\_" in line


@pytest.mark.parametrize("width", ["40", "120"])
def test_the_table_lets_no_path_act_on_the_terminal(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    table = _write(TerminalTable, (EVIL, _verdict()), ("[bold]x[/bold].png", _verdict()))
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert "\udcff" not in table
    assert "[bold]x[/bold].png" in table
    assert "A tool did." in table


def test_the_table_of_no_picture_is_empty() -> None:
    assert _write(TerminalTable) == ""


def test_range_and_regions_are_in_the_words() -> None:
    spread = Stability(min=0.4, max=0.7, flips=1, views=8)
    seen = _verdict(stability=spread, regions=Regions(patches=(), words="Highest upper left."))
    report = _write(Markdown, ("a.png", seen)).replace("\\", "")
    assert "0.62 (0.40-0.70)" in report
    assert "Highest upper left." in report


@pytest.mark.parametrize(
    ("rate", "words", "sentence"),
    [
        (0.0, "0 of 316", "none of the 316"),
        (0.0003, "1 of 1000", "about 1 of 1000"),
        (0.0014, "1 of 1000", "about 1 of 1000"),
        (0.031, "31 of 1000", "about 31 of 1000"),
        (1.0, "1000 of 1000", "about 1000 of 1000"),
    ],
)
def test_a_row_and_the_sentence_name_the_same_number_of_human_works(rate: float, words: str, sentence: str) -> None:
    reference = Reference(set="s", n=316, kind="k", fpr_at_score=rate)
    assert human_words(_verdict(reference=reference)) == words
    assert reference.words.startswith(sentence)


@pytest.mark.parametrize(
    ("of_human", "words"),
    [
        (0.01, "about 1 human work in 100 gets this answer."),
        (0.0127, "about 1 human work in 79 gets this answer."),
        (0.0, "none of 316 human works got this answer, others may."),
    ],
)
def test_a_table_says_how_often_human_works_look_like_ai(
    of_human: float, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    rates = AnswerRates(of_human=of_human, of_ai=0.5, n_human=316, n_ai=218)
    loud = _verdict(answer=Answer.LOOKS_AI, reason=Reason.ABOVE_STRICT, rates=rates)
    caution = f"Do not accuse anyone on a score: {words}"
    assert caution_words(loud) == caution
    assert _write(TerminalTable, ("a.png", loud), ("b.png", loud)).count(caution) == 1
    quiet = _verdict(answer=Answer.NO_SIGN_OF_AI, reason=Reason.BELOW_CLEAR, rates=rates)
    assert "Do not accuse" not in _write(TerminalTable, ("a.png", quiet), ("b.png", quiet))


def test_a_signed_declaration_is_not_called_one_that_can_be_forged() -> None:
    assert caution_words(_verdict(reason=Reason.TRUSTED_AI_SIGNATURE)) == ""
    for reason in (Reason.DECLARED_AI, Reason.DECLARED_PARTLY_AI):
        assert "without a trusted signature" in caution_words(_verdict(reason=reason))
