"""What the share of AI pictures does to an answer, by Bayes' rule.

The page draws the same with a slider; a test holds the two together.
"""

from __future__ import annotations

from typing import Final

from .verdict import AnswerRates

SHARES: Final = (1, 10, 50)
"""The shares of AI pictures, in percent, that the table has."""


def ai_of_100(share: int, rates: AnswerRates) -> int:
    """Of 100 pictures that get this answer, how many are made with AI, where `share` percent of all are; 1 to 99.

    One is added to every count, because "none of n" does not mean "never" (Laplace's rule).
    """
    human = (100 - share) * (rates.of_human * rates.n_human + 1) / (rates.n_human + 2)
    ai = share * (rates.of_ai * rates.n_ai + 1) / (rates.n_ai + 2)
    return min(99, max(1, int(100 * ai / (ai + human) + 0.5)))


def chances(rates: AnswerRates | None) -> tuple[tuple[int, int], ...]:
    """Rows of (share of AI in percent, AI pictures of 100 with this answer); none where the pixels do not decide."""
    return () if rates is None else tuple((share, ai_of_100(share, rates)) for share in SHARES)
