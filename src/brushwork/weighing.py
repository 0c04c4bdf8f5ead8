"""Ordered rules: all evidence of one picture in, one answer, one named reason and plain sentences out.

What is signed and trusted comes first, then what is declared, then whether the model knows such pictures at all, and
only then its score. A manifest that is unreadable or was altered after signing is reported and never counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .forensics.recipe import KnownRange, ThresholdFits
from .verdict import (
    Answer,
    AnswerRates,
    Claim,
    Evidence,
    Reason,
    Reference,
    Stability,
    State,
    Trust,
    Warned,
    Wording,
)


@dataclass(frozen=True)
class Reading:
    """What the pixels gave: calibrated probability, mean contrast (0-127.5) of so many patches, stability if asked,
    and the distance from the training set where the bundle measures it."""

    probability: float
    contrast: float
    patches: int
    reference: Reference
    stability: Stability | None = None
    distance: float | None = None


@dataclass(frozen=True)
class Case:
    """Everything that the rules look at. Sides in pixels; `jpeg_quality` is None for anything but JPEG."""

    evidence: tuple[Evidence, ...]
    reading: Reading
    short_side: int
    jpeg_quality: int | None
    known: KnownRange
    fits: ThresholdFits

    def says(self, *claims: Claim, trusted: bool) -> bool:
        """True where readable, unaltered provenance makes one of `claims` (with a trusted signature if `trusted`)."""
        return any(
            e.state is State.FOUND
            and e.kind == "provenance"
            and e.claim in claims
            and (e.trust is Trust.TRUSTED if trusted else e.trust is not Trust.TAMPERED)
            for e in self.evidence
        )


@dataclass(frozen=True)
class Rule:
    """If `applies`, the answer is `answer`, for `reason`; `why` says so in one sentence."""

    reason: Reason
    answer: Answer
    applies: Callable[[Case], bool]
    why: str


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        Reason.TRUSTED_AI_SIGNATURE,
        Answer.MADE_WITH_AI,
        lambda c: c.says(Claim.WHOLLY_AI, trusted=True),
        "A signer on the trust list configured here says that AI made this picture.",
    ),
    Rule(
        Reason.TRUSTED_AI_SIGNATURE,
        Answer.PARTLY_AI,
        lambda c: c.says(Claim.PARTLY_AI, trusted=True),
        "A signer on the trust list configured here says that AI was used in a part of this picture.",
    ),
    Rule(
        Reason.TRUSTED_CAPTURE_SIGNATURE,
        Answer.SIGNED_CAPTURE,
        lambda c: c.says(Claim.CAPTURE, Claim.HUMAN_EDIT, trusted=True),
        "A signer on the trust list configured here says that this is a camera capture or an edit by a person.",
    ),
    Rule(
        Reason.DECLARED_AI,
        Answer.MADE_WITH_AI,
        lambda c: c.says(Claim.WHOLLY_AI, trusted=False),
        "The file itself declares that AI made it.",
    ),
    Rule(
        Reason.DECLARED_PARTLY_AI,
        Answer.PARTLY_AI,
        lambda c: c.says(Claim.PARTLY_AI, trusted=False),
        "The file itself declares that AI was used in a part of it.",
    ),
    Rule(
        Reason.TOO_SMALL,
        Answer.CANNOT_TELL,
        lambda c: c.short_side < c.known.min_side,
        "The picture is smaller than any that the model was measured on.",
    ),
    Rule(
        Reason.TOO_FLAT,
        Answer.CANNOT_TELL,
        lambda c: c.reading.contrast < c.known.min_contrast,
        "The picture is almost one colour: there is no texture to look at.",
    ),
    Rule(
        Reason.TOO_COMPRESSED,
        Answer.CANNOT_TELL,
        lambda c: c.jpeg_quality is not None and c.jpeg_quality < c.known.min_jpeg_quality,
        "The picture is compressed so strongly that the traces which the model reads are gone.",
    ),
    Rule(
        Reason.UNFAMILIAR,
        Answer.CANNOT_TELL,
        lambda c: _beyond(c.reading.distance, c.known.max_distance),
        "The picture is unlike all that the model was trained and measured on.",
    ),
    Rule(
        Reason.UNSTABLE,
        Answer.CANNOT_TELL,
        lambda c: c.reading.stability is not None and c.reading.stability.flips > 0,
        "The answer changes when the picture is harmlessly saved again, so it is none.",
    ),
    Rule(
        Reason.ABOVE_STRICT,
        Answer.LOOKS_AI,
        lambda c: c.reading.probability >= c.fits.strict.probability,
        "The pixels resemble those of known generators more than those of almost all human works that were measured.",
    ),
    Rule(
        Reason.BELOW_CLEAR,
        Answer.NO_SIGN_OF_AI,
        lambda c: c.reading.probability <= c.fits.clear.probability,
        "Neither the file nor its pixels show a known sign of AI. That is no proof that a person made it.",
    ),
    Rule(
        Reason.BETWEEN_THRESHOLDS,
        Answer.CANNOT_TELL,
        lambda _: True,
        "The pixels show some signs that both human art and AI pictures have.",
    ),
)


OUT_OF_RANGE: Final = frozenset({Reason.TOO_SMALL, Reason.TOO_FLAT, Reason.TOO_COMPRESSED, Reason.UNFAMILIAR})
"""Reasons that say that the model was never measured on such pictures."""


def _beyond(value: float | None, limit: float | None) -> bool:
    """True where both are known and the value is larger."""
    return value is not None and limit is not None and value > limit


def weigh(case: Case) -> Rule:
    """The first rule that applies; the last one always does."""
    return next(rule for rule in RULES if rule.applies(case))


def pixel_answer(probability: float, fits: ThresholdFits) -> Answer:
    """What the pixels alone would answer, used to see whether a re-encoding changes the answer."""
    if probability >= fits.strict.probability:
        return Answer.LOOKS_AI
    return Answer.NO_SIGN_OF_AI if probability <= fits.clear.probability else Answer.CANNOT_TELL


def rates_of(rule: Rule, fits: ThresholdFits) -> AnswerRates | None:
    """How often human works and AI pictures get the answer of `rule`; None where it does not rest on the score."""
    strict, clear = fits.strict, fits.clear
    human_and_ai = {
        Reason.ABOVE_STRICT: (strict.fpr, strict.recall),
        Reason.BELOW_CLEAR: (1 - clear.fpr, 1 - clear.recall),
        Reason.BETWEEN_THRESHOLDS: (clear.fpr - strict.fpr, clear.recall - strict.recall),
    }.get(rule.reason)
    if human_and_ai is None:
        return None
    of_human, of_ai = (round(share, 4) for share in human_and_ai)
    return AnswerRates(of_human=of_human, of_ai=of_ai, n_human=strict.n_human, n_ai=strict.n_ai)


def wording(rule: Rule, case: Case) -> Wording:
    """The verdict in words: answer, why, how often such an answer is wrong, and what helps."""
    return Wording(answer=rule.answer.words, why=rule.why, error_rate=_error_rate(rule, case), advice=_advice(rule))


def _error_rate(rule: Rule, case: Case) -> str:
    reference = case.reading.reference
    if rule.reason in OUT_OF_RANGE:
        return "The score of such a picture means nothing: none like it was measured."
    score = f"The pixel score is {case.reading.probability:.2f}: {reference.words}."
    if rule.reason is Reason.TRUSTED_AI_SIGNATURE or rule.reason is Reason.TRUSTED_CAPTURE_SIGNATURE:
        return f"This rests on the signature, not on the pixels. {score}"
    if rule.reason in (Reason.DECLARED_AI, Reason.DECLARED_PARTLY_AI):
        return f"This rests on what the file says, which anyone can write. {score}"
    if rule.answer is Answer.LOOKS_AI:
        fit = case.fits.strict
        return (
            f"{score} Of {fit.n_human} human works from sources that the threshold was not set on, {fit.fpr:.1%} were "
            f"wrongly called this (at most {fit.fpr_upper95:.1%} with 95 % confidence)."
        )
    if rule.answer is Answer.NO_SIGN_OF_AI:
        missed = 1 - case.fits.clear.recall
        return f"{score} Of {case.fits.clear.n_ai} AI pictures, {missed:.1%} were missed like this."
    return score


def _advice(rule: Rule) -> tuple[str, ...]:
    if rule.reason is Reason.DECLARED_AI:
        return ("Ask the person who sent it; a declaration without a trusted signature can be forged.",)
    return _ADVICE[rule.answer]


_ADVICE: Final[dict[Answer, tuple[str, ...]]] = {
    Answer.MADE_WITH_AI: ("Ask how it was used if it matters: a signature tells who declares it, not how much.",),
    Answer.PARTLY_AI: ("Ask which part; retouching, upscaling and wholly generated pictures can carry this mark.",),
    Answer.LOOKS_AI: (
        "Do not accuse anyone on this alone: ask for the original file and for work in progress.",
        "Check other works of the same person; one score says little.",
    ),
    Answer.CANNOT_TELL: (
        "Ask for the original file, or a larger copy that was not sent through a messenger.",
        "Ask for its provenance: work in progress, layers, Content Credentials. They say more than any score.",
    ),
    Answer.NO_SIGN_OF_AI: ("A generator that the model has not met can pass unseen.",),
    Answer.SIGNED_CAPTURE: ("A signed photo can still show a screen or a print of something else.",),
}


def warnings_of(evidence: tuple[Evidence, ...], rule: Rule) -> tuple[Warned, ...]:
    """What the reader of a verdict should know about the evidence behind it."""
    notes = [
        Warned(code="altered_after_signing", detail=f"{e.source}: {e.summary}")
        for e in evidence
        if e.state is State.FOUND and e.trust is Trust.TAMPERED
    ]
    notes += [
        Warned(code="provenance_unreadable", detail=f"{e.source}: {e.summary} It does not count.")
        for e in evidence
        if e.state is State.UNREADABLE
    ]
    if rule.reason in (Reason.DECLARED_AI, Reason.DECLARED_PARTLY_AI):
        notes.append(
            Warned(
                code="declaration_can_be_forged",
                detail="No trusted signature stands behind this; it could have been added to frame someone.",
            )
        )
    return tuple(notes)
