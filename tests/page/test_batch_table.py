"""The table of a batch (S3-38, S3-41, R3-04): smooth with 2,000 rows, sorted, filtered, decided on by keyboard."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from tests.page.batch_seeds import HOSTILE, seeded
from tests.page.batches import ROWS
from tests.page.looks import assert_good, wait_for_count
from tests.page.running import Service

pytestmark = pytest.mark.needs_chromium
NAMES = f"{ROWS} .its-name"
MANY, FEW = 2000, 60
SEEN = """() => [...document.querySelectorAll('.batch-table .table-body .row')]
  .some((row) => row.getBoundingClientRect().top > 0 && row.getBoundingClientRect().top < 600)"""


@pytest.fixture(scope="module")
def many(service: Service) -> str:
    return seeded(service.database_url, MANY)


@pytest.fixture
def few(service: Service) -> str:
    return seeded(service.database_url, FEW, name="Spring salon")


def opened(open_page: Any, batch: str, query: str = "", **options: Any) -> Any:
    watched = open_page(f"/batch/{batch}{query}", **options)
    watched.page.wait_for_selector(f"{ROWS} a")
    return watched


def name_yourself(page: Any, name: str) -> None:
    page.fill("#reviewer", name)
    page.keyboard.press("Tab")


def current(page: Any) -> str:
    return str(page.locator(f"{NAMES}[tabindex='0']").inner_text())


def rows_of(page: Any, service: Service, batch: str) -> list[Any]:
    return list(json.loads(page.request.get(f"{service.url}/v1/batches/{batch}/rows?limit=1000").text())["rows"])


def test_two_thousand_rows_are_drawn_a_window_at_a_time(open_page: Any, many: str) -> None:
    watched = opened(open_page, many)
    page = watched.page
    page.wait_for_selector(f"#show-all b >> text={MANY}")
    table = page.locator(".batch-table")
    assert table.get_attribute("aria-rowcount") == str(MANY + 1)
    height = table.bounding_box()["height"]
    drawn = [page.locator(ROWS).count()]
    for part in (0.5, 1.0):
        page.evaluate("(y) => window.scrollTo(0, y)", height * part)
        while not page.evaluate(SEEN):
            page.wait_for_timeout(50)
        drawn.append(page.locator(ROWS).count())
    assert 20 <= max(drawn) <= 160
    assert int(page.locator(ROWS).last.get_attribute("aria-rowindex") or 0) == MANY + 1
    assert watched.said == []


def test_sorting_and_filtering_stand_in_the_address_and_back_undoes_them(
    open_page: Any, service: Service, few: str
) -> None:
    page = opened(open_page, few).page
    everything = rows_of(page, service, few)
    page.click("#sort-score")
    page.wait_for_url("**?sort=score")
    scores = [float(cell) for cell in page.locator(f"{ROWS} [data-column=score]").all_inner_texts() if "." in cell]
    assert scores == sorted(scores)
    page.click("#sort-score")
    page.wait_for_url("**?sort=-score")
    assert page.locator("[data-column=score][role=columnheader]").get_attribute("aria-sort") == "descending"
    page.click("#show-open")
    unsure = sum(row["answer"] == "cannot_tell" for row in everything)
    page.wait_for_selector(f"#shown-count >> text={unsure} of {FEW} shown")
    page.fill("#q", "dragon")
    page.wait_for_url(re.compile("q=dragon"))
    both = sum(row["answer"] == "cannot_tell" and "dragon" in row["name"] for row in everything)
    page.wait_for_selector(f"#shown-count >> text={both} of {FEW} shown")
    page.reload()
    page.wait_for_selector(f"#shown-count >> text={both} of {FEW} shown")
    page.go_back()
    page.wait_for_selector(f"#shown-count >> text={FEW} shown")
    page.select_option("#answer", "made_with_ai")
    wait_for_count(page, ROWS, sum(row["answer"] == "made_with_ai" for row in everything))


def test_a_jury_decides_by_keyboard_and_takes_back_and_every_act_stays_in_the_record(
    open_page: Any, service: Service, few: str
) -> None:
    watched = opened(open_page, few)
    page = watched.page
    page.keyboard.press("a")
    assert "Say first who decides" in page.inner_text("#reviewer-why")
    name_yourself(page, "Ada")
    page.locator(NAMES).first.focus()
    first = current(page)
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert current(page) == first
    for key in "aroes":
        page.keyboard.press(key)
    page.keyboard.press("u")
    page.keyboard.press("u")
    cells = page.locator(f"{ROWS} [data-column=decision]")
    wait_for_count(page, f"{ROWS} [data-column=decision] b", 3)
    assert [cells.nth(n).inner_text() for n in range(4)] == ["Accept", "Refuse", "Ask for originals", ""]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pane .record li")
    page.fill("#why", "files were seen")
    page.click("#decide-refuse")
    record = list(csv.DictReader(io.StringIO(
        _until(page, f"{service.url}/v1/batches/{few}/decisions.csv?reviewer=Ada", "files were seen")
    )))  # fmt: skip
    assert [row["decision"] for row in record] == [
        "accept", "refuse", "ask_for_originals", "escalate", "skip", "take_back", "take_back", "refuse",
    ]  # fmt: skip
    assert {row["reviewer"] for row in record} == {"Ada"}
    assert record[-1]["note"] == "files were seen"
    page.select_option("#decision", "accept")
    wait_for_count(page, ROWS, 1)
    page.uncheck("#keys")
    page.locator(NAMES).first.focus()
    page.keyboard.press("r")
    assert cells.first.inner_text() == "Accept"
    assert watched.said == []


def _until(page: Any, address: str, text: str) -> str:
    for _ in range(100):
        found = str(page.request.get(address).text())
        if text in found:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{text} never came: {found}")


def test_a_second_reviewer_is_blind_until_they_decide_and_disagreements_are_listed(
    open_page: Any, service: Service, few: str
) -> None:
    first = opened(open_page, few).page
    name_yourself(first, "Ada")
    first.locator(NAMES).first.focus()
    first.keyboard.press("a")
    first.keyboard.press("r")
    _until(first, f"{service.url}/v1/batches/{few}/decisions?reviewer=Ada", "refuse")
    second = opened(open_page, few).page
    second.check("#blind")
    name_yourself(second, "Grace")
    second.wait_for_selector("text=1 decision of others, hidden")
    assert "Ada" not in second.inner_text(".batch-table")
    second.select_option("#decision", "second")
    wait_for_count(second, ROWS, 2)
    second.locator(NAMES).first.focus()
    second.keyboard.press("r")
    second.keyboard.press("r")
    second.select_option("#decision", "split")
    wait_for_count(second, ROWS, 1)
    assert "Ada: Accept" in second.inner_text(ROWS)
    assert "disagree" in second.inner_text(ROWS)
    second.locator(NAMES).first.click()
    wait_for_count(second, ".pane .record li", 2)


def test_one_picture_is_opened_by_its_address_with_its_reasons_and_is_good_to_everyone(
    open_page: Any, service: Service, few: str, axe: str
) -> None:
    watched = opened(open_page, few, bypass_csp=True)
    page = watched.page
    declared = next(row for row in rows_of(page, service, few) if row["answer"] == "made_with_ai")
    page.goto(f"{service.url}/batch/{few}?item={declared['id']}")
    page.wait_for_selector(".pane .gauge")
    assert HOSTILE in page.inner_text(".pane")
    assert page.locator(".pane img").count() == 0
    assert_good(page, axe)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.click("#pane-next")
    page.wait_for_url(lambda address: declared["id"] not in address)
    page.keyboard.press("Escape")
    page.wait_for_selector(".desk:not(.opened)")
    assert "item=" not in page.url
    assert_good(page, axe)
    assert watched.said == []


def test_the_histogram_is_also_a_table_and_the_expected_accusations_follow_from_the_bundle(
    open_page: Any, service: Service, few: str
) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, few).page
    rows = [row for row in rows_of(page, service, few) if row["probability"] is not None]
    page.click("text=The same as a table")
    counts = [int(cell) for cell in page.locator(".bins td").all_inner_texts()]
    assert sum(counts) == len(rows)
    assert page.locator(".bar-of").count() == 20
    edges = json.loads(page.text_content("#edges"))
    judged = [row["probability"] for row in rows if row["judged"]]
    for level in ("strict", "balanced"):
        page.check(f"#level-{level}", force=True)
        mean = len(judged) * edges[level]["fpr"]
        told = page.inner_text(".accused .told")
        assert f"all {len(judged)} pictures" in told
        assert f"about {mean:.1f}" in told or (mean < 0.05 and "fewer than 0.1" in told)
    called = sum(score >= edges["balanced"]["probability"] for score in judged)
    assert f"{called} do here" in told or (called == 1 and "1 does here" in told)
    wrong = page.inner_text(".suppose")
    page.fill("#share", "80")
    page.keyboard.press("Tab")
    expect(page.locator(".suppose")).not_to_have_text(wrong)


def test_results_report_and_record_can_be_taken_along(open_page: Any, service: Service, few: str) -> None:
    page = opened(open_page, few).page
    for title, begins in {
        "Results as CSV": b"external_id,answer,", "as JSON lines": b'{"id":', "Report to print": b"<!doctype html>",
        "Record of decisions": b"external_id,decision",
    }.items():  # fmt: skip
        with page.expect_download() as download:
            page.click(f"text={title}")
        assert download.value.path().read_bytes().lower().startswith(begins.lower()), title
    table = list(
        csv.DictReader(io.StringIO(page.request.get(f"{service.url}/v1/batches/{few}/results?format=csv").text()))
    )
    assert len(table) == FEW
    twins = [row for row in table if row["duplicate_of"]]
    assert [row["duplicate_of"] for row in twins] == [table[table.index(twins[0]) - 1]["external_id"]]


def test_the_list_leads_to_batches_and_deletes_them(open_page: Any, service: Service, few: str, axe: str) -> None:
    watched = open_page("/batch", bypass_csp=True)
    page = watched.page
    page.wait_for_selector(".batch-list .row >> text=Spring salon")
    assert_good(page, axe)
    before = page.locator(".batch-list .table-body .row").count()
    page.locator(".batch-list >> text=Spring salon").first.click()
    page.wait_for_url(f"**/batch/{few}")
    page.click("#all-batches")
    page.click(f"#delete-{few}")
    assert "60 pictures" in page.inner_text("dialog")
    page.click("#dialog-yes")
    wait_for_count(page, ".batch-list .table-body .row", before - 1)
    page.goto(f"{service.url}/batch/{few}")
    page.wait_for_selector("#alert h2")
    assert "no batch" in page.inner_text("#alert")
    assert [line for line in watched.said if "Failed to load resource" not in line] == []


def test_forced_colours_and_reduced_motion_keep_the_table_readable(open_page: Any, few: str) -> None:
    page = opened(open_page, few, forced_colors="active", reduced_motion="reduce").page
    assert page.evaluate("getComputedStyle(document.querySelector('.strip .needle')).stroke") != "none"
    moving = page.evaluate("""() => [...document.querySelectorAll("*")]
      .filter((e) => getComputedStyle(e).transitionDuration !== "0s" || getComputedStyle(e).animationName !== "none")
      .map((e) => e.tagName)""")
    assert moving == []
