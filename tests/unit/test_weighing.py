"""The rules in order: what is trusted before what is declared, what is declared before what the pixels say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.forensics.recipe import KnownRange, ThresholdFit, ThresholdFits
from brushwork.verdict import Answer, Claim, Evidence, Reason, Reference, Stability, State, Trust
from brushwork.weighing import OUT_OF_RANGE, RULES, Case, Reading, pixel_answer, rates_of, warnings_of, weigh, wording


def _fit(probability: float) -> ThresholdFit:
    return ThresholdFit(
        probability=probability, fitted_for="test", fpr=0.01, fpr_upper95=0.02, recall=0.7, n_human=300, n_ai=200
    )


FITS = ThresholdFits(clear=_fit(0.3), balanced=_fit(0.5), strict=_fit(0.9))
REFERENCE = Reference(set="test", n=300, kind="all", fpr_at_score=0.031)
PLAIN = Case(
    evidence=(),
    reading=Reading(probability=0.6, contrast=40.0, patches=9, reference=REFERENCE),
    short_side=800,
    jpeg_quality=90,
    known=KnownRange(min_side=128, min_contrast=4.0, min_jpeg_quality=30),
    fits=FITS,
)


def _said(claim: Claim, trust: Trust, state: State = State.FOUND) -> Evidence:
    return Evidence(kind="provenance", source="test", state=state, summary="It says so.", claim=claim, trust=trust)


def _with(*evidence: Evidence, probability: float = 0.6) -> Case:
    return replace(PLAIN, evidence=evidence, reading=replace(PLAIN.reading, probability=probability))


SIGNED_AI, SIGNED_CAPTURE = Reason.TRUSTED_AI_SIGNATURE, Reason.TRUSTED_CAPTURE_SIGNATURE
AI, PART, CAPTURE, EDIT = Claim.WHOLLY_AI, Claim.PARTLY_AI, Claim.CAPTURE, Claim.HUMAN_EDIT


@pytest.mark.parametrize(
    ("case", "answer", "reason"),
    [
        (_with(_said(AI, Trust.TRUSTED)), Answer.MADE_WITH_AI, SIGNED_AI),
        (_with(_said(PART, Trust.TRUSTED)), Answer.PARTLY_AI, SIGNED_AI),
        (_with(_said(CAPTURE, Trust.TRUSTED)), Answer.SIGNED_CAPTURE, SIGNED_CAPTURE),
        (_with(_said(EDIT, Trust.TRUSTED)), Answer.SIGNED_CAPTURE, SIGNED_CAPTURE),
        (_with(_said(CAPTURE, Trust.TRUSTED), _said(AI, Trust.TRUSTED)), Answer.MADE_WITH_AI, SIGNED_AI),
        (_with(_said(CAPTURE, Trust.TRUSTED), _said(AI, Trust.UNSIGNED)), Answer.SIGNED_CAPTURE, SIGNED_CAPTURE),
        (_with(_said(AI, Trust.UNVERIFIED)), Answer.MADE_WITH_AI, Reason.DECLARED_AI),
        (_with(_said(AI, Trust.UNSIGNED)), Answer.MADE_WITH_AI, Reason.DECLARED_AI),
        (_with(_said(PART, Trust.UNSIGNED)), Answer.PARTLY_AI, Reason.DECLARED_PARTLY_AI),
        (_with(_said(PART, Trust.UNVERIFIED), _said(AI, Trust.UNSIGNED)), Answer.MADE_WITH_AI, Reason.DECLARED_AI),
        (_with(_said(AI, Trust.TAMPERED)), Answer.CANNOT_TELL, Reason.BETWEEN_THRESHOLDS),
        (_with(_said(AI, Trust.UNSIGNED, State.UNREADABLE)), Answer.CANNOT_TELL, Reason.BETWEEN_THRESHOLDS),
        (_with(_said(CAPTURE, Trust.UNVERIFIED), probability=0.95), Answer.LOOKS_AI, Reason.ABOVE_STRICT),
        (_with(_said(CAPTURE, Trust.UNSIGNED), probability=0.95), Answer.LOOKS_AI, Reason.ABOVE_STRICT),
        (replace(_with(probability=0.95), short_side=127), Answer.CANNOT_TELL, Reason.TOO_SMALL),
        (replace(_with(probability=0.95), jpeg_quality=29), Answer.CANNOT_TELL, Reason.TOO_COMPRESSED),
        (replace(_with(probability=0.95), jpeg_quality=None), Answer.LOOKS_AI, Reason.ABOVE_STRICT),
        (_with(probability=0.9), Answer.LOOKS_AI, Reason.ABOVE_STRICT),
        (_with(probability=0.8999), Answer.CANNOT_TELL, Reason.BETWEEN_THRESHOLDS),
        (_with(probability=0.3), Answer.NO_SIGN_OF_AI, Reason.BELOW_CLEAR),
        (_with(probability=0.3001), Answer.CANNOT_TELL, Reason.BETWEEN_THRESHOLDS),
    ],
)  # fmt: skip
def test_the_first_rule_that_applies_answers(case: Case, answer: Answer, reason: Reason) -> None:
    rule = weigh(case)
    assert (rule.answer, rule.reason) == (answer, reason)


def test_a_picture_far_from_the_training_set_is_undecided_only_where_the_bundle_has_a_limit() -> None:
    far = replace(PLAIN, reading=replace(PLAIN.reading, probability=0.95, distance=9.1))
    assert weigh(far).reason is Reason.ABOVE_STRICT
    limited = replace(far, known=far.known.model_copy(update={"max_distance": 9.0}))
    assert (weigh(limited).answer, weigh(limited).reason) == (Answer.CANNOT_TELL, Reason.UNFAMILIAR)
    assert "unlike" in wording(weigh(limited), limited).why
    near = replace(limited, reading=replace(limited.reading, distance=9.0))
    assert weigh(near).reason is Reason.ABOVE_STRICT


def test_a_flat_picture_and_one_whose_answer_flips_are_undecided() -> None:
    flat = replace(PLAIN, reading=replace(PLAIN.reading, probability=0.95, contrast=3.9))
    assert weigh(flat).reason is Reason.TOO_FLAT
    shaky = Stability(min=0.85, max=0.95, flips=1, views=8)
    assert (
        weigh(replace(PLAIN, reading=replace(PLAIN.reading, probability=0.95, stability=shaky))).reason
        is Reason.UNSTABLE
    )
    firm = Stability(min=0.93, max=0.95, flips=0, views=8)
    assert (
        weigh(replace(PLAIN, reading=replace(PLAIN.reading, probability=0.95, stability=firm))).answer
        is Answer.LOOKS_AI
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.reason}-{r.answer}")
def test_every_rule_has_words_with_the_error_rate_beside_them(rule: object) -> None:
    assert rule in RULES
    words = wording(rule, PLAIN)  # type: ignore[arg-type]
    assert words.answer
    assert words.why.endswith(".")
    assert ("31 of 1000 human works" in words.error_rate) is (rule.reason not in OUT_OF_RANGE)  # type: ignore[attr-defined]
    assert words.advice


def test_a_looks_ai_answer_states_its_false_positive_rate_and_bound() -> None:
    case = _with(probability=0.95)
    assert "1.0% were wrongly called this (at most 2.0% with 95 % confidence)" in wording(weigh(case), case).error_rate


def test_what_does_not_count_is_reported() -> None:
    case = _with(_said(AI, Trust.TAMPERED), _said(AI, Trust.UNSIGNED, State.UNREADABLE))
    codes = [w.code for w in warnings_of(case.evidence, weigh(case))]
    assert codes == ["altered_after_signing", "provenance_unreadable"]


def test_an_unsigned_declaration_is_said_to_be_forgeable_and_a_trusted_one_is_not() -> None:
    forged = _with(_said(AI, Trust.UNSIGNED))
    assert [w.code for w in warnings_of(forged.evidence, weigh(forged))] == ["declaration_can_be_forged"]
    trusted = _with(_said(AI, Trust.TRUSTED))
    assert warnings_of(trusted.evidence, weigh(trusted)) == ()


def test_a_share_of_nothing_is_not_called_never() -> None:
    none = REFERENCE.model_copy(update={"fpr_at_score": 0.0})
    assert none.words == "none of the 300 human works that were measured scores this high"
    rare = REFERENCE.model_copy(update={"fpr_at_score": 0.0002})
    assert rare.words.startswith("about 1 of 1000")


@pytest.mark.parametrize(
    ("probability", "answer"),
    [(0.9, Answer.LOOKS_AI), (0.5, Answer.CANNOT_TELL), (0.3, Answer.NO_SIGN_OF_AI)],
)
def test_pixel_answer(probability: float, answer: Answer) -> None:
    assert pixel_answer(probability, FITS) is answer


def test_the_rates_of_the_three_pixel_answers_sum_to_one() -> None:
    fits = FITS.model_copy(
        update={
            "clear": FITS.clear.model_copy(update={"fpr": 0.3, "recall": 0.95}),
            "strict": FITS.strict.model_copy(update={"fpr": 0.01, "recall": 0.6}),
        }
    )
    found = [rates_of(weigh(_with(probability=p)), fits) for p in (0.1, 0.6, 0.95)]
    assert [(r.of_human, r.of_ai) for r in found if r] == [(0.7, 0.05), (0.29, 0.35), (0.01, 0.6)]
    assert rates_of(weigh(_with(_said(AI, Trust.UNSIGNED))), fits) is None
    assert rates_of(weigh(replace(PLAIN, short_side=5)), fits) is None


def test_no_answer_says_that_a_person_made_it() -> None:
    assert not any("human-made" in a.words.lower() or "proved" in a.words.lower() for a in Answer)
