"""History, a saved result and a shared one (S4-23, R3-03): found, opened, shared, deleted; SECURITY 21, 26, 41."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.looks import assert_good, wait_for_count, wait_for_value
from tests.page.seeds import HOSTILE, Seeded, many, seed

pytestmark = pytest.mark.needs_chromium
ROWS = ".table-body [role=row]"


@pytest.fixture
def seeded(service: Any) -> Seeded:
    return seed(service.url)


def _quiet(watched: Any) -> None:
    assert [line for line in watched.said if "Failed to load resource" not in line] == []


def test_an_empty_history_says_how_to_fill_it(open_page: Any, seeded: Seeded, axe: str) -> None:
    watched = open_page("/history", bypass_csp=True)
    page = watched.page
    page.wait_for_selector(ROWS)
    page.click("summary")
    page.click("#empty")
    page.click("#dialog-yes")
    page.wait_for_selector("text=Nothing is saved yet")
    assert_good(page, axe)
    _quiet(watched)


def test_saved_results_are_listed_with_their_days_and_hostile_notes_as_text(
    open_page: Any, seeded: Seeded, axe: str
) -> None:
    watched = open_page("/history", bypass_csp=True)
    page = watched.page
    page.wait_for_selector(ROWS)
    assert page.locator(ROWS).count() == 3
    assert HOSTILE in page.inner_text("#saved")
    assert page.locator("#saved img:not(.thumb)").count() == 0
    assert "days" in page.locator(ROWS).first.inner_text()
    assert "picture" in page.locator(ROWS).nth(1).inner_text()
    assert page.locator(f"{ROWS} img.thumb").count() == 1
    assert " ".join(page.inner_text("#stats").split()).startswith("3 saved")
    assert_good(page, axe)
    _quiet(watched)


def test_a_search_stands_in_the_address_and_back_undoes_it(open_page: Any, service: Any, seeded: Seeded) -> None:
    page = open_page("/history").page
    page.wait_for_selector(ROWS)
    page.fill("#q", "by the artist")
    page.keyboard.press("Enter")
    page.wait_for_url("**/history?q=by+the+artist")
    wait_for_count(page, ROWS, 1)
    page.select_option("#answer", "signed_capture")
    page.wait_for_selector("text=Nothing like that is saved")
    page.go_back()
    wait_for_count(page, ROWS, 1)
    page.go_back()
    wait_for_count(page, ROWS, 3)
    assert page.input_value("#q") == ""
    page.go_forward()
    wait_for_value(page, "#q", "by the artist")


def test_pages_go_on_by_cursor_and_back(open_page: Any, service: Any, seeded: Seeded) -> None:
    many(service.url, 50)
    page = open_page("/history").page
    wait_for_count(page, ROWS, 50)
    page.click("#older")
    wait_for_count(page, ROWS, 3)
    assert "after=" in page.url
    page.reload()
    wait_for_count(page, ROWS, 3)
    page.go_back()
    wait_for_count(page, ROWS, 50)


def test_several_are_deleted_after_a_question_that_keeps_by_default(open_page: Any, seeded: Seeded) -> None:
    page = open_page("/history").page
    page.wait_for_selector(ROWS)
    page.focus("#all")
    page.keyboard.press("Enter")
    assert page.locator(f"{ROWS} input:checked").count() == 3
    page.locator(f"{ROWS} input").first.uncheck()
    page.click("#delete")
    assert "2 saved results" in page.inner_text("dialog")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.locator(ROWS).count() == 3
    page.click("#delete")
    page.click("#dialog-yes")
    wait_for_count(page, ROWS, 1)
    assert page.inner_text("#progress") == "2 saved results deleted."


def test_a_saved_result_is_whole_without_scripts(open_page: Any, service: Any, seeded: Seeded) -> None:
    watched = open_page(f"/p/{seeded.ids[1]}", java_script_enabled=False)
    assert watched.page.is_visible("#answer")
    assert watched.page.is_visible("text=stays for")
    assert watched.page.is_visible(".kept-picture img")
    answer = watched.page.request.get(f"{service.url}/p/{seeded.ids[1]}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"


def test_a_saved_result_is_good_to_everyone_and_can_be_worked_with(
    open_page: Any, service: Any, seeded: Seeded, axe: str
) -> None:
    watched = open_page(f"/p/{seeded.ids[0]}", bypass_csp=True)
    page = watched.page
    wait_for_count(page, ".record li", 2)
    assert HOSTILE in page.input_value("#note")
    assert_good(page, axe)
    page.fill("#note", "")
    page.click("text=Keep the note")
    page.wait_for_selector("text=The note is kept.")
    page.click("#for-review")
    page.wait_for_selector("#for-review[aria-pressed=false]")
    page.fill("#reviewer", "Juror 3")
    page.click("#decide-escalate")
    page.wait_for_selector("text=Juror 3")
    assert page.locator(".record li").count() == 3
    assert HOSTILE in page.inner_text(".record")
    page.click("#delete")
    page.click("#dialog-yes")
    page.wait_for_url("**/history")
    assert page.request.get(f"{service.url}/p/{seeded.ids[0]}").status == 404
    _quiet(watched)


def test_what_cannot_be_made_of_a_saved_result_is_not_called_saved(open_page: Any, seeded: Seeded) -> None:
    page = open_page(f"/p/{seeded.ids[1]}").page
    problem = '{"title": "Nothing is here", "detail": "It was deleted."}'
    page.route("**/annotated.png", lambda route: route.fulfill(status=404, body=problem))
    page.click("#annotated")
    page.wait_for_selector(".said:has-text('It was deleted.')")
    page.route("**/report.json", lambda route: route.abort())
    page.click("#case")
    page.click("#case-json")
    page.wait_for_selector(".said:has-text('The server does not answer')")
    page.unroute_all()
    for button, name in (("#annotated", "picture-brushwork.png"), ("#case-json", "picture-case.json")):
        with page.expect_download() as download:
            page.click(button)
        assert download.value.suggested_filename == name
        page.wait_for_selector(".said:has-text('aved as')")


def test_a_score_that_means_nothing_is_a_dash_in_the_lists(open_page: Any, service: Any, seeded: Seeded) -> None:
    page = open_page("/history").page
    many(service.url, 1)
    page.reload()
    wait_for_count(page, ROWS, 4)
    scores = page.locator(f"{ROWS} [data-column=score]").all_inner_texts()
    assert "unlike what was measured" in scores[0]
    assert [score for score in scores[1:] if not score.startswith("0.")] == []
    newest = page.request.get(f"{service.url}/v1/verdicts?limit=1").json()["verdicts"][0]["id"]
    page.request.patch(f"{service.url}/v1/verdicts/{newest}", data={"for_review": True})
    page.goto(f"{service.url}/review?show=pictures")
    page.wait_for_selector(".card .note:has-text('unlike what was measured')")


def test_a_link_shows_the_result_without_name_note_or_picture_until_it_is_taken_back(
    open_page: Any, service: Any, seeded: Seeded, axe: str
) -> None:
    page = open_page(f"/p/{seeded.ids[0]}").page
    page.click("text=Make a link")
    page.wait_for_selector("#link")
    address = page.input_value("#link")
    assert address.startswith(f"{service.url}/s/")
    other = open_page(address.removeprefix(service.url), bypass_csp=True)
    assert other.page.is_visible("#answer")
    assert "sent in by the artist" not in other.page.content()
    assert other.page.locator("main img, #delete").count() == 0
    assert_good(other.page, axe)
    for left in (1, 0):  # the one that was made before, and this one
        page.locator("button:text-is('Take back'):visible").first.click()
        page.wait_for_selector("text=That link is good no longer.")
        wait_for_count(page, "button:text-is('Take back'):visible", left)
    assert other.page.goto(address).status == 404
    assert other.page.is_visible("h1:has-text('Nothing is here')")


def test_a_result_that_is_not_there_is_said_so_on_a_page(open_page: Any, axe: str) -> None:
    page = open_page("/p/nowhere", bypass_csp=True).page
    assert page.locator("h1").inner_text() == "Nothing is here"
    assert_good(page, axe)
