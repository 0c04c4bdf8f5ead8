"""What the help page counts out: how often an answer is wrong depends on how many pictures are made with AI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...chance import ai_of_100, chances
from ...forensics.recipe import ThresholdFits
from ...verdict import Answer, AnswerRates

ENTRIES: Final = 300
SHARE: Final = 10
"""The contest of the example: so many entries, of which so many percent are made with AI."""


@dataclass(frozen=True)
class Example:
    """A contest in numbers: how many entries of each sort get "Looks AI-generated", and what follows for one."""

    entries: int
    share: int
    human: int
    ai: int
    accused: int
    found: int
    wrong_of_100: int
    rows: tuple[tuple[int, int], ...]


def example(fits: ThresholdFits) -> Example:
    """The example with the rates that the bundle in use was measured with."""
    strict = fits.strict
    rates = AnswerRates(of_human=strict.fpr, of_ai=strict.recall, n_human=strict.n_human, n_ai=strict.n_ai)
    ai = ENTRIES * SHARE // 100
    return Example(
        entries=ENTRIES,
        share=SHARE,
        human=ENTRIES - ai,
        ai=ai,
        accused=round((ENTRIES - ai) * strict.fpr),
        found=round(ai * strict.recall),
        wrong_of_100=100 - ai_of_100(SHARE, rates),
        rows=chances(rates),
    )


ANSWERS: Final[tuple[tuple[Answer, str, str], ...]] = (
    (Answer.MADE_WITH_AI, "the file",
     "A signature or a plain field in the file says so. A field without a signature can be forged, also to harm an "
     "artist."),
    (Answer.PARTLY_AI, "the file",
     "The same, about a part of the picture: a filled area, an extended edge, a retouched face."),
    (Answer.LOOKS_AI, "the pixels",
     "The score is so high that very few of the measured human works reach it. A reason to ask, not a proof."),
    (Answer.CANNOT_TELL, "the pixels",
     "The score lies in between, or the picture is too small, too flat or too compressed. This is a full answer, and a "
     "frequent one. It speaks against nobody."),
    (Answer.NO_SIGN_OF_AI, "the pixels",
     "Nothing that is known here was found. That does not say that a person made the picture."),
    (Answer.SIGNED_CAPTURE, "the file",
     "Somebody whom this service trusts has signed that a camera took the picture, or that a person edited it."),
)  # fmt: skip
"""Every answer, what it rests on, and what it means."""
