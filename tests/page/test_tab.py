"""What a tab was given: back and forward, a reload in the middle, two tabs, the last of two; nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.made.drawings import drawn, encoded

pytestmark = pytest.mark.needs_chromium
ANSWERS = "**/v1/verdicts?*"
RANGES = "**/v1/verdicts?*stability*"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two small pictures that are told apart by their size."""
    folder = tmp_path_factory.mktemp("two")
    found = []
    for side in (240, 250):
        found.append(folder / f"{side}.png")
        found[-1].write_bytes(encoded(drawn("painterly", (side, side), 1)))
    return found[0], found[1]


def _size(page: Any, side: int) -> None:
    page.wait_for_selector(f"[aria-labelledby=file]:has-text('{side} \u00d7 {side}')")


def test_back_and_forward_step_through_results(watched: Any, two: tuple[Path, Path]) -> None:
    page = watched.page
    for side, path in zip((240, 250), two, strict=True):
        watched.check(path)
        _size(page, side)
    page.go_back()
    _size(page, 240)
    page.go_back()
    watched.wait("empty")
    assert page.title().startswith("Was this artwork")
    page.go_forward()
    page.go_forward()
    _size(page, 250)
    assert page.locator("[aria-current=true]").count() == 1
    page.hover(".tray li:has-text('240.png') a")
    page.mouse.down()
    page.evaluate(
        "window.dispatchEvent(new Event('hashchange')), new Promise(requestAnimationFrame)"
    )  # draws meanwhile
    page.mouse.up()
    _size(page, 240)


def test_a_reload_keeps_what_was_answered_and_begins_again_what_was_not(open_page: Any, two: tuple[Path, Path]) -> None:
    watched = open_page()
    page = watched.page
    watched.check(two[0])
    page.reload()
    watched.wait("done")
    _size(page, 240)
    assert page.evaluate("document.querySelector('.frame img').naturalWidth") == 240
    held: list[Any] = []
    page.route(ANSWERS, lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    page.set_input_files("#image", two[1])
    page.wait_for_selector(".waiting")
    page.unroute(ANSWERS)
    page.reload()
    watched.wait("done")
    _size(page, 250)
    assert page.locator(".tray li").count() == 2


def test_the_only_check_is_a_step_away_after_another_screen_and_after_the_skip_link(
    open_page: Any, service: Any, two: tuple[Path, Path]
) -> None:
    watched = open_page()
    page = watched.page
    watched.check(two[0])
    for address in ("/", "/#main"):
        page.goto(f"{service.url}/help")
        page.goto(f"{service.url}{address}")
        page.wait_for_selector(".tray li")
        assert (page.locator(".tray li").count(), page.locator("#answer").count()) == (1, 0)
    page.click(".tray a")
    _size(page, 240)
    assert page.locator(".tray li").count() == 0


def test_what_waited_goes_on_where_the_address_names_no_check(
    open_page: Any, service: Any, two: tuple[Path, Path]
) -> None:
    watched = open_page()
    page = watched.page
    page.route(ANSWERS, lambda route: None)
    page.set_input_files("#image", two[0])
    page.wait_for_selector(".waiting")
    page.unroute(ANSWERS)
    page.goto(f"{service.url}/help")
    page.goto(f"{service.url}/#main")
    watched.wait("done")


HELD = """async () => {
  const ready = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await ready(indexedDB.open("brushwork"));
  const counts = ["checks", "files"].map((name) => ready(database.transaction(name).objectStore(name).count()));
  database.close();
  return Promise.all(counts);
}"""


def test_what_the_browser_holds_goes_after_an_hour_on_whichever_screen(
    open_page: Any, service: Any, two: tuple[Path, Path]
) -> None:
    watched = open_page()
    page = watched.page
    watched.check(two[0])
    page.evaluate("import('/static/keep.js').then((keep) => keep.keepFile('alone', new File([], 'a'), Date.now()))")
    page.clock.install()
    page.goto(f"{service.url}/help", wait_until="networkidle")
    assert page.evaluate(HELD) == [1, 2]
    page.clock.fast_forward(3_000_000)
    assert page.evaluate(HELD) == [1, 2]
    page.clock.fast_forward(700_000)
    left = next((found for found in (page.evaluate(HELD) for _ in range(300)) if found == [0, 0]), None)
    assert left == [0, 0]


def test_two_tabs_do_not_mix_what_they_were_given(open_page: Any, two: tuple[Path, Path]) -> None:
    first = open_page()
    first.check(two[0])
    page = first.page.context.new_page()
    page.goto(first.page.url)  # of the other tab, which holds its check
    page.wait_for_selector("text=This check is not here any more")
    assert page.evaluate("document.documentElement.dataset.state") == "empty"
    page.set_input_files("#image", two[1])
    _size(page, 250)
    assert page.locator(".tray li").count() == 0
    first.page.reload()
    _size(first.page, 240)


def test_trying_one_again_does_not_end_the_wait_for_the_server(
    open_page: Any, two: tuple[Path, Path], tmp_path: Path
) -> None:
    watched = open_page()
    page = watched.page
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    watched.check(broken, "error")
    for route in (ANSWERS, "**/livez"):
        page.route(route, lambda route: route.abort("connectionfailed"))
    watched.check(two[0], "away")
    page.click(".tray li:has-text('broken.png') a")
    watched.wait("error")
    page.click("#retry")
    watched.wait("queued")
    page.unroute_all()
    page.wait_for_selector(".tray li[data-state=done]")


def test_a_check_can_be_stopped_and_the_one_before_it_stands(open_page: Any, two: tuple[Path, Path]) -> None:
    watched = open_page()
    page = watched.page
    watched.check(two[0])
    held: list[Any] = []
    page.route(ANSWERS, lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    page.set_input_files("#image", two[1])
    page.wait_for_selector(".waiting progress")
    assert "250.png" in page.inner_text(".waiting")
    page.click("#stop")
    watched.wait("done")
    _size(page, 240)
    page.click("#drop")
    watched.wait("empty")
    page.unroute(ANSWERS)
    watched.check(two[1])


def test_the_last_of_two_pictures_is_answered_before_the_range_of_the_first(
    watched: Any, pictures: Path, two: tuple[Path, Path]
) -> None:
    page = watched.page
    page.set_input_files("#image", pictures / "huge.jpg")
    watched.check(two[0])
    _size(page, 240)
    page.wait_for_selector(".tray li[data-state=done] >> nth=1")
    asked = [url for url in watched.asked if "/v1/verdicts?explain" in url]
    assert ["stability" in url for url in asked] == sorted("stability" in url for url in asked)
    assert watched.page.locator(".frame img").count() == 1


def test_the_answer_is_there_before_its_range(open_page: Any, two: tuple[Path, Path]) -> None:
    watched = open_page()
    page = watched.page
    held: list[Any] = []
    page.route(RANGES, lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    with page.expect_request(RANGES):
        page.set_input_files("#image", two[0])
    watched.wait("explaining")
    assert page.inner_text("#answer")
    assert page.is_visible(".coming")
    page.focus("#copy")
    held[0].continue_()
    watched.wait("done")
    assert "Saved again in 8 harmless ways" in page.inner_text(".gauge")
    assert page.locator(".gauge .range").count() == 1
    assert page.evaluate("document.activeElement.id") == "copy"


def test_a_range_that_cannot_be_had_costs_only_itself(open_page: Any, two: tuple[Path, Path]) -> None:
    watched = open_page()
    page = watched.page
    problem = '{"title": "Too busy just now", "detail": "Wait 20 s.", "request_id": "r1"}'
    headers = {"Retry-After": "20", "Content-Type": "application/problem+json"}
    page.route(RANGES, lambda route: route.fulfill(status=429, headers=headers, body=problem))
    watched.check(two[0])
    assert "Wait 20 s." in page.inner_text("[aria-labelledby=pixels]")
    page.unroute(RANGES)
    page.click("#stability")
    page.wait_for_selector(".gauge .range", state="attached")


def test_each_stage_has_its_own_words(open_page: Any, two: tuple[Path, Path]) -> None:
    watched = open_page()
    page = watched.page
    page.evaluate("""() => {
      window.stages = [];
      const look = () => stages.push(document.documentElement.dataset.state);
      new MutationObserver(look).observe(document.documentElement, {attributeFilter: ["data-state"]});
    }""")
    watched.check(two[0])
    seen = page.evaluate("window.stages.filter((one, i, all) => one !== all[i - 1])")
    assert [state for state in seen if state != "empty"] == [
        "uploading", "decoding", "scoring", "explaining", "done",
    ]  # fmt: skip


def test_a_range_that_takes_too_long_is_told_to_who_cannot_change_the_limit(
    open_page: Any, two: tuple[Path, Path]
) -> None:
    watched = open_page()
    told = {"type": "/problems/examination-timeout", "title": "The examination took too long", "detail": "Raise LIMIT."}
    watched.page.route(RANGES, lambda route: route.fulfill(status=422, body=json.dumps(told)))
    watched.check(two[0])
    text = watched.page.inner_text(".result")
    assert "takes longer than this service spends on one picture" in text
    assert "LIMIT" not in text


def test_the_oldest_that_has_no_room_any_more_is_not_worked_on(open_page: Any, two: tuple[Path, Path]) -> None:
    page = open_page().page
    held: list[Any] = []
    page.route(ANSWERS, lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    page.set_input_files("#image", two[0])
    page.wait_for_selector(".waiting")
    with page.expect_event("requestfailed"):
        page.set_input_files("#image", [two[1]] * 50)
    page.wait_for_selector(".tray li >> nth=49", state="attached")
    assert page.locator(".tray li").count() == 50


def test_what_is_saved_early_waits_for_its_range(open_page: Any, service: Any, two: tuple[Path, Path]) -> None:
    watched = open_page()
    page = watched.page
    page.request.delete(f"{service.url}/v1/everything?confirm=everything")
    held: list[Any] = []
    page.route(RANGES, lambda route: route.continue_() if "save=" in route.request.url else held.append(route))
    with page.expect_request(RANGES):
        watched.check(two[0], "explaining")
    page.click("#save")
    page.click("#keep-it")
    page.wait_for_selector("text=as soon as its range is measured")
    held[0].continue_()
    page.wait_for_selector("#open-saved")
    (saved,) = page.request.get(f"{service.url}/v1/verdicts").json()["verdicts"]
    kept = page.request.get(f"{service.url}/v1/verdicts/{saved['id']}").json()
    assert kept["stability"]["views"] == 8


def test_the_kinds_of_art_are_there_before_a_finger_opens_their_list(open_page: Any, two: tuple[Path, Path]) -> None:
    watched = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800})
    watched.check(two[0])
    watched.page.evaluate("document.querySelector('#kind').scrollIntoView()")
    watched.page.wait_for_selector("#kind option >> nth=2", state="attached")
