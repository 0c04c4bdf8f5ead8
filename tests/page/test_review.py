"""The review: feedback is judged with a note, disagreements and the record are shown, everything hostile as text."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.batch_seeds import seeded as fill
from tests.page.looks import assert_good, wait_for_count
from tests.page.seeds import HOSTILE, Seeded, seed

pytestmark = pytest.mark.needs_chromium


@pytest.fixture
def seeded(service: Any) -> Seeded:
    return seed(service.url)


def test_feedback_is_accepted_and_rejected_by_keyboard(open_page: Any, seeded: Seeded, axe: str) -> None:
    watched = open_page("/review", bypass_csp=True)
    page = watched.page
    page.wait_for_selector(".card")
    assert page.locator(".card").count() == 2
    assert HOSTILE in page.locator(".card").nth(1).inner_text()
    assert page.locator("#reviewed img").count() == 0
    assert_good(page, axe)
    page.locator(".card input").first.focus()
    page.keyboard.type("the recording is real")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card >> text=accepted")
    assert "the recording is real" in page.locator(".card").first.inner_text()
    page.locator(".card").nth(1).locator("text=Reject").click()
    page.wait_for_selector(".card >> text=rejected")
    page.check("#state-accepted", force=True)
    wait_for_count(page, ".card", 1)
    assert "state=accepted" in page.url
    page.go_back()
    page.wait_for_selector("text=Nothing waits")
    assert watched.said == []


@pytest.mark.parametrize(
    ("tab", "shown"), [("pictures", "score 0."), ("disagreements", "Grace"), ("record", "by local")]
)
def test_every_tab_has_an_address_and_is_good_to_everyone(
    open_page: Any, seeded: Seeded, axe: str, tab: str, shown: str
) -> None:
    watched = open_page("/review", bypass_csp=True)
    page = watched.page
    page.click(f"#tab-{tab}")
    page.wait_for_selector(f"#reviewed >> text={shown}")
    assert page.url.endswith(f"/review?show={tab}")
    assert page.get_attribute(f"#tab-{tab}", "aria-current") == "page"
    assert_good(page, axe)
    page.go_back()
    page.wait_for_selector("#tab-feedback[aria-current=page]")
    assert watched.said == []


def test_a_disagreement_on_a_picture_of_a_batch_has_its_name_and_leads_to_it(
    open_page: Any, seeded: Seeded, service: Any
) -> None:
    batch = fill(service.database_url, 3)
    page = open_page("/help").page
    path = f"{service.url}/v1/batches/{batch}"
    item = next(row for row in page.request.get(f"{path}/rows?limit=3").json()["rows"] if HOSTILE in row["name"])
    for who, decision in (("Ada", "refuse"), ("Grace", "accept")):
        page.request.post(f"{path}/items/{item['id']}/decisions", data={"decision": decision, "reviewer": who})
    page.goto(f"{service.url}/review?show=disagreements")
    page.locator(".card h2 a", has_text=f"{HOSTILE}.png").click()
    page.wait_for_url(f"**/batch/{batch}?item={item['id']}")
    page.wait_for_selector(".pane .record >> text=Grace")
    assert page.locator(".card img, .pane img").count() == 0


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(
    open_page: Any, seeded: Seeded, service: Any
) -> None:
    page = open_page("/help").page
    refusals = iter([True])

    def once(route: Any) -> None:
        if not next(refusals, False):
            return route.continue_()
        problem = '{"title": "Too busy just now", "detail": "Wait.", "request_id": "r1"}'
        return route.fulfill(status=429, headers={"Retry-After": "2"}, body=problem)

    page.route("**/v1/feedback*", once)
    page.goto(f"{service.url}/review")
    page.wait_for_selector("[role=timer]")
    assert "This page asks again in" in page.inner_text("#after-alert")
    page.wait_for_selector(".card")
    assert page.inner_text("#alert") == ""
