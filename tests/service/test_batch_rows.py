"""A batch as rows, and whose word stands on its pictures."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from brushwork.service.batch_lines import record_csv
from brushwork.service.batch_rows import words_of
from brushwork.service.uploads import clean_path
from brushwork.store.decisions import DecisionFacts, Reviewer, standing

from .batches import done, files, picture
from .door import opened

LONG = f"{'x' * 90}/{'y' * 90}/{'z' * 90}.png"
ADA, GRACE = Reviewer("local", "Ada"), Reviewer("local", "Grace")


def made(*said: tuple[Reviewer, str]) -> tuple[DecisionFacts, ...]:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return tuple(DecisionFacts(str(n), "item", "i", who, what, None, at) for n, (who, what) in enumerate(said))


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        (((ADA, "accept"), (ADA, "refuse")), ["refuse"]),
        (((ADA, "accept"), (ADA, "skip")), ["accept"]),
        (((ADA, "accept"), (ADA, "take_back")), []),
        (((ADA, "accept"), (ADA, "take_back"), (ADA, "escalate")), ["escalate"]),
        (((ADA, "accept"), (GRACE, "refuse"), (ADA, "take_back")), ["refuse"]),
    ],
)
def test_the_last_word_of_each_reviewer_stands_until_it_is_taken_back(
    said: tuple[tuple[Reviewer, str], ...], stands: list[str]
) -> None:
    assert [one.decision for one in standing(made(*said))] == stands


def test_words_of_others_wait_for_ones_own_where_the_review_is_blind() -> None:
    every = made((ADA, "accept"), (ADA, "refuse"))
    (hidden,) = words_of(every, GRACE, blind=True).words
    assert (hidden.mine, hidden.others, hidden.hidden, hidden.split) == (None, (), 2, False)
    (seen,) = words_of([*every, *made((GRACE, "accept"))], GRACE, blind=True).words
    assert (seen.mine, [one.decision for one in seen.others], seen.hidden, seen.split) == (
        "accept", ["refuse"], 0, True,
    )  # fmt: skip
    (skipped,) = words_of(made((GRACE, "skip")), GRACE, blind=True).words
    assert skipped.mine == "skip"
    (nothing,) = words_of([*every, *made((GRACE, "take_back"))], GRACE, blind=True).words
    assert (nothing.mine, nothing.others, nothing.hidden) == (None, (), 2)


def test_a_skip_is_ones_own_also_where_others_decided_after_it() -> None:
    (word,) = words_of(made((GRACE, "skip"), (ADA, "accept")), GRACE, blind=False).words
    assert word.mine == "skip"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a.png", "a.png"), ("../../entry 1\\final.png", "entry 1/final.png"), ("/etc/x", "etc/x"), ("", "picture"),
     ("a\n\u202eb/c.png", "a b/c.png"), (LONG, f"…{LONG[-199:]}")],
)  # fmt: skip
def test_names_keep_their_folders_as_text(name: str, kept: str) -> None:
    assert clean_path(name) == kept


def test_the_record_runs_no_formula() -> None:
    text = record_csv(made((Reviewer("local", "=cmd()"), "accept")), {"i": "+a.png"})
    assert text.splitlines()[1].startswith("'+a.png,accept,'=cmd(),")


def test_rows_decisions_and_the_record_over_http(tmp_path: Path) -> None:
    with opened(tmp_path, blind_review=False) as client:
        sent = files(("e/1.png", picture(1)), ("e/2.png", picture(1)), ("3.txt", b"no picture"))
        url = client.post("/v1/batches", files=sent).json()["status_url"]
        done(client, url)
        page = client.get(f"{url}/rows?limit=2").json()
        assert [row["name"] for row in page["rows"]] == ["e/1.png", "e/2.png"]
        assert page["rows"][0]["sha256"] == page["rows"][1]["sha256"]
        (last,) = client.get(f"{url}/rows?after={page['after']}").json()["rows"]
        assert (last["state"], last["error"]["type"], last["retryable"]) == ("failed", "unsupported-media-type", False)
        assert client.get(f"{url}/rows", params={"since": "2999-01-01T00:00:00Z"}).json()["rows"] == []
        out = client.get(f"{url}/rows", params={"since": "0001-01-01T00:00:00+23:00"})
        assert (out.status_code, out.json()["errors"][0]["field"]) == (422, "since")
        item = f"{url}/items/{page['rows'][0]['id']}"
        assert client.get(item).json()["verdict"]["answer"] == page["rows"][0]["answer"]
        for what in ("accept", "take_back"):
            client.post(f"{item}/decisions", json={"decision": what, "reviewer": "Ada"}).raise_for_status()
        assert client.get(f"{url}/decisions?reviewer=Ada").json()["words"][0]["mine"] is None
        record = client.get(f"{url}/decisions.csv?reviewer=Ada").text.splitlines()
        assert [line.split(",")[1] for line in record] == ["decision", "accept", "take_back"]
        assert client.get("/v1/batches/nowhere/decisions").status_code == 404
        table = client.get(f"{url}/results?format=csv").text.splitlines()
        assert [line.rpartition(",")[2] for line in table] == ["duplicate_of", "", "e/1.png", ""]


def test_the_page_to_print_has_the_last_words_and_hides_those_of_others(tmp_path: Path) -> None:
    with opened(tmp_path, blind_review=False) as client:
        url = client.post("/v1/batches", files=files(("1.png", picture(1)))).json()["status_url"]
        done(client, url)
        report = f"{url}/report.html"
        assert "What people decided" not in client.get(report).text
        item = f"{url}/items/{client.get(f'{url}/rows').json()['rows'][0]['id']}/decisions"
        for who, what, note in (("Ada", "refuse", None), ("Ada", "escalate", "<b>why"), ("Bo", "accept", None)):
            client.post(item, json={"decision": what, "reviewer": who, "note": note}).raise_for_status()
        page = client.get(report).text
        assert [word in page for word in ("<b>Escalate</b>", "<b>Accept</b>", "<b>Refuse</b>")] == [True, True, False]
        assert "&lt;b&gt;why" in page
        blind = client.get(f"{report}?reviewer=Cy&blind=true").text
        assert [word in blind for word in ("Escalate", "Accept", "why</", "3 of others, hidden")] == [
            False, False, False, True,
        ]  # fmt: skip
        assert "<b>Accept</b>" in client.get(f"{report}?reviewer=Bo&blind=true").text
