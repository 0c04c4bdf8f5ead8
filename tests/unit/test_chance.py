"""What an answer is worth as evidence (R3-06): by its rates, in the words of a scale that was not made up here."""

from __future__ import annotations

import pytest

from brushwork.chance import strength
from brushwork.verdict import AnswerRates


@pytest.mark.parametrize(
    ("of_human", "of_ai", "word", "why"),
    [
        (0.001, 0.9, "Moderately strong evidence",
         "AI pictures get this answer about 451 times as often as human works."),
        (0.0, 0.999, "Strong evidence", "AI pictures get this answer about 1000 times as often as human works."),
        (0.01, 0.3, "Moderate evidence", "AI pictures get this answer about 27 times as often as human works."),
        (0.5, 0.1, "Weak evidence",
         "Human works get this answer about 5 times as often as AI pictures. Have a person look at it."),
        (0.5, 0.6, "No evidence either way",
         "Human works and AI pictures get this answer about equally often. Have a person look at it."),
    ],
)  # fmt: skip
def test_the_weight_of_an_answer_follows_its_rates(of_human: float, of_ai: float, word: str, why: str) -> None:
    rates = AnswerRates(of_human=of_human, of_ai=of_ai, n_human=1000, n_ai=1000)
    assert strength(rates) == (word, why)


def test_none_of_few_is_no_strong_evidence() -> None:
    few = AnswerRates(of_human=0, of_ai=1, n_human=20, n_ai=20)
    assert (strength(few) or ("", ""))[0] == "Moderate evidence"


def test_there_is_no_weight_where_the_pixels_do_not_decide() -> None:
    assert strength(None) is None
