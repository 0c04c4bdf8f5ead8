"""The verdict as plain text: one text for page, command line and reports, and nothing in it that acts."""

from __future__ import annotations

import pytest

from brushwork import Examiner, Verdict
from brushwork.errors import PictureEmpty
from brushwork.failures import failed
from brushwork.service.page import words
from brushwork.told import LIMITS, MAP_CAVEAT, SOURCE_CAVEAT, SOURCES, STATES, TRUST
from brushwork.verdict import Attribution
from tests.made.drawings import drawn
from tests.made.tagged import A1111, with_chunks


@pytest.fixture(scope="module")
def declared() -> Verdict:
    return Examiner.from_bundle("default").examine(
        with_chunks(drawn("painterly", (512, 512), 7), {"parameters": A1111})
    )


def test_the_text_says_answer_reason_rate_advice_and_what_was_found(declared: Verdict) -> None:
    lines = declared.to_text("art.png").splitlines()
    told = declared.wording
    assert told is not None and declared.input is not None and declared.model is not None
    assert lines[:3] == [f"art.png: {told.answer}", told.why, told.error_rate]
    assert lines[3] == told.advice[0]
    assert any(line.startswith("Generator text (found): ") for line in lines)
    assert f"SHA-256 of the file {declared.input.sha256}" in lines
    assert lines[-1] == f"Brushwork, model {declared.model.name} {declared.model.version}, " + (
        f"{declared.created_at:%Y-%m-%d %H:%M} UTC"
    )
    assert "" not in lines[:4]
    assert "\n\n\n" not in declared.to_text()


def test_a_hostile_name_stays_on_its_line(declared: Verdict) -> None:
    first = declared.to_text("a\r\nMade by a person\u202e.png").splitlines()[0]
    assert first == "a Made by a person .png: The file says it was made with AI"


def test_a_failure_is_told_with_its_advice() -> None:
    error = PictureEmpty("art.png has no bytes.", "Copy it again.")
    assert failed(error).to_text() == "The file is empty\nart.png has no bytes. Copy it again."


def test_the_page_uses_the_same_words() -> None:
    assert {k: v for k, v in SOURCES.items() if k != "pixels"} == words()["source"]
    assert {state.value: said for state, said in STATES.items()} == words()["state"]
    assert {trust.value: said for trust, said in TRUST.items()} == words()["trust"]
    assert list(LIMITS) == words()["limits"]
    assert words()["map_caveat"] == MAP_CAVEAT
    assert words()["source_caveat"] == SOURCE_CAVEAT


def test_the_likely_source_is_told_with_its_doubt(declared: Verdict) -> None:
    named = declared.model_copy(update={"attribution": Attribution(top=(("Flux", 0.36),), unknown=0.64)})
    assert "Likely source, by the pixels: unknown 64 %, Flux 36 %." in named.to_text().splitlines()
    assert "Likely source" not in declared.to_text()
