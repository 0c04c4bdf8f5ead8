"""The pages that the server draws: every answer, every state of evidence, hostile names, and the arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from brushwork.chance import SHARES, ai_of_100, chances
from brushwork.picture import Limits
from brushwork.service.page import Shell, check_page, problem_page, result_page, size_words
from brushwork.verdict import (
    Answer,
    AnswerRates,
    Claim,
    Evidence,
    Fact,
    Failure,
    InputFacts,
    ModelFacts,
    Reason,
    Reference,
    Stability,
    State,
    Thresholds,
    Verdict,
    Warned,
    Wording,
)

SHELL = Shell(Limits(), "art-1")
HOSTILE = '"><img src=x onerror=alert(1)>.png'
RATES = AnswerRates(of_human=0.01, of_ai=0.6, n_human=267, n_ai=267)


def _verdict(answer: Answer = Answer.LOOKS_AI, **changes: object) -> Verdict:
    found = Evidence(
        kind="provenance", source="generator_text", state=State.FOUND, claim=Claim.WHOLLY_AI, tool="<b>tool</b>",
        summary="<script>summary</script>", facts=(Fact(name="<i>name</i>", value="<u>value</u>"),),
    )  # fmt: skip
    others = (
        Evidence(kind="provenance", source="credentials", state=state, summary=f"is {state.value}")
        for state in (State.ABSENT, State.UNREADABLE, State.NOT_CHECKED)
    )
    whole = {
        "id": "x", "created_at": datetime(2026, 1, 2, tzinfo=UTC), "answer": answer, "reason": Reason.ABOVE_STRICT,
        "input": InputFacts(sha256="ab" * 32, phash="0" * 16, format="JPEG", width=640, height=480, bytes=123_456,
                            jpeg_quality=90, chroma_subsampling="4:2:0", typical_generator_size=True),
        "wording": Wording(answer=answer.words, why="Why.", error_rate="Rate.", advice=("Advice.",)),
        "label": "ai", "probability": 0.93, "rates": RATES,
        "reference": Reference(set="dev", n=267, kind="all", fpr_at_score=0.01),
        "stability": Stability(min=0.5, max=0.97, flips=2, views=8), "evidence": (found, *others),
        "warnings": (Warned(code="x", detail="<em>warned</em>"),),
        "model": ModelFacts(name="art-1", version="1", sha256="cd" * 32,
                            thresholds=Thresholds(clear=0.2, balanced=0.5, strict=0.9)),
    }  # fmt: skip
    return Verdict.model_validate(whole | changes)


def test_the_check_page_announces_formats_limits_and_privacy() -> None:
    page = check_page(SHELL)
    for said in ("JPEG, PNG, WEBP", "Up to 20 MB and 50 megapixels", "not kept", "Model art-1"):
        assert said in page


@pytest.mark.parametrize("answer", list(Answer))
def test_every_answer_is_drawn_with_its_words_and_its_icon(answer: Answer) -> None:
    page = result_page(SHELL, _verdict(answer), "a.png")
    assert f'<use href="/static/icons.svg#{answer.value}">' in page
    assert f'data-answer="{answer.value}"' in page
    assert answer.words in page


def test_a_result_says_everything_that_the_verdict_says() -> None:
    page = result_page(SHELL, _verdict(), "a.png")
    for said in ("Why.", "Rate.", "Advice.", "0.93", "0.50 to 0.97", "changed 2 times", "is absent", "is unreadable",
                 "is not_checked", "ab" * 32, "quality about 90, 4:2:0", "121 kB", "art-1 1"):  # fmt: skip
        assert said in page


def test_what_the_answer_rests_on_comes_first() -> None:
    declared, seen = (result_page(SHELL, _verdict(a), "a.png") for a in (Answer.MADE_WITH_AI, Answer.LOOKS_AI))
    assert declared.index("What the file says<") < declared.index("What the pixels show<")
    assert seen.index("What the file says<") > seen.index("What the pixels show<")


def test_hostile_text_stays_text() -> None:
    page = result_page(SHELL, _verdict(), HOSTILE)
    for markup in ("<img", "<b>tool", "<script>summary", "<i>", "<u>", "<em>"):
        assert markup not in page
    assert "&#34;&gt;&lt;img src=x onerror=alert(1)&gt;.png" in page
    problem = {"title": "<b>", "detail": HOSTILE, "request_id": "<i>"}
    assert "<img" not in problem_page(SHELL, problem, HOSTILE)


def test_a_problem_is_told_whole_and_the_form_is_there_again() -> None:
    problem = {"title": "The picture is damaged", "detail": "a.png is damaged. Get it again.", "request_id": "r1"}
    page = problem_page(SHELL, problem, "a.png")
    for said in (*problem.values(), "a.png", 'action="/check"'):
        assert said in page


def test_a_verdict_without_an_answer_is_no_result() -> None:
    failure = Failure(type="x", title="x", detail="x", advice="x")
    with pytest.raises(ValueError, match="problem_page"):
        result_page(SHELL, Verdict(id="x", created_at=datetime.now(UTC), error=failure), "a.png")


def test_bare_answers_without_model_or_digest_are_drawn() -> None:
    bare = InputFacts(sha256=None, phash="0" * 16, format=None, width=1, height=1, bytes=None)
    page = result_page(SHELL, _verdict(input=bare, model=None, rates=None, stability=None, warnings=()), "a.png")
    assert "pixels, 1 \u00d7 1" in page
    assert "SHA-256" not in page


def test_the_chance_follows_bayes_and_is_never_certain() -> None:
    by_hand = 10 * (0.6 * 267 + 1) / 269 / (10 * (0.6 * 267 + 1) / 269 + 90 * (0.01 * 267 + 1) / 269)
    assert ai_of_100(10, RATES) == round(100 * by_hand) == 83
    never = AnswerRates(of_human=0, of_ai=1, n_human=10**6, n_ai=10**6)
    assert ai_of_100(99, never) == 99
    assert ai_of_100(1, AnswerRates(of_human=1, of_ai=0, n_human=10**6, n_ai=10**6)) == 1
    assert [share for share, _ in chances(RATES)] == list(SHARES)
    assert chances(None) == ()


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 bytes"), (1536, "1.5 kB"), (20 * 2**20, "20 MB"), (3_500_000, "3.3 MB")]
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert size_words(count) == words
