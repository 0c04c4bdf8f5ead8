"""What an answer is worth: how strong it is as evidence, and what the share of AI pictures makes of it (Bayes' rule).

The page says the same beside a slider; a test holds the two together.
"""

from __future__ import annotations

from typing import Final

from .verdict import AnswerRates

SHARES: Final = (1, 10, 50)
"""The shares of AI pictures, in percent, that the table has."""

_STEPS: Final = ((2, "Weak"), (10, "Moderate"), (100, "Moderately strong"), (1000, "Strong"))
"""From how many times as often on, and the word for it."""


def ai_of_100(share: int, rates: AnswerRates) -> int:
    """Of 100 pictures that get this answer, how many are made with AI, where `share` percent of all are; 1 to 99.

    One is added to every count, because "none of n" does not mean "never" (Laplace's rule).
    """
    of_human, of_ai = _careful(rates)
    human, ai = (100 - share) * of_human, share * of_ai
    return min(99, max(1, int(100 * ai / (ai + human) + 0.5)))


def strength(rates: AnswerRates | None) -> tuple[str, str] | None:
    """The weight of this answer as evidence in a word, and why; None where the pixels do not decide.

    The words are the lower steps of the verbal scale for likelihood ratios of the ENFSI guideline for evaluative
    reporting (2015): below 2 none, below 10 weak, below 100 moderate, below 1000 moderately strong. A score of
    0.97 is no "97 % sure".
    """
    if rates is None:
        return None
    of_human, of_ai = _careful(rates)
    times = max(of_ai / of_human, of_human / of_ai)
    look = " Have a person look at it." if times < _STEPS[1][0] else ""
    if times < _STEPS[0][0]:
        return "No evidence either way", f"Human works and AI pictures get this answer about equally often.{look}"
    word = next(word for least, word in reversed(_STEPS) if times >= least)
    often, rare = ("AI pictures", "human works") if of_ai > of_human else ("Human works", "AI pictures")
    return f"{word} evidence", f"{often} get this answer about {times:.0f} times as often as {rare}.{look}"


def _careful(rates: AnswerRates) -> tuple[float, float]:
    """The shares of human and of AI works with this answer, by Laplace's rule."""
    human = (rates.of_human * rates.n_human + 1) / (rates.n_human + 2)
    return human, (rates.of_ai * rates.n_ai + 1) / (rates.n_ai + 2)


def chances(rates: AnswerRates | None) -> tuple[tuple[int, int], ...]:
    """Rows of (share of AI in percent, AI pictures of 100 with this answer); none where the pixels do not decide."""
    return () if rates is None else tuple((share, ai_of_100(share, rates)) for share in SHARES)
