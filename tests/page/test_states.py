"""Every state of the check has a screen of its own, good to everyone: axe, widths, themes, targets, size of text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.made.examples import EXAMPLES
from tests.page.looks import assert_good

pytestmark = pytest.mark.needs_chromium
ANSWERS = "**/v1/verdicts?*"
RANGES = "**/v1/verdicts?*stability*"


@pytest.fixture
def ready(open_page: Any) -> Any:
    """The check page, open for axe."""
    return open_page(bypass_csp=True)


def _example(folder: Path, name: str) -> Path:
    (data,) = (example.make() for example in EXAMPLES if example.name == name)
    path = folder / name
    path.write_bytes(data)
    return path


def _refuse(page: Any, status: int, wait: int) -> None:
    problem = json.dumps({"title": "Too busy just now", "detail": "3 pictures wait already.", "request_id": "r1"})
    headers = {"Retry-After": str(wait), "Content-Type": "application/problem+json"}
    page.route(ANSWERS, lambda route: route.fulfill(status=status, headers=headers, body=problem))


def test_empty_says_what_it_takes_and_what_becomes_of_it(ready: Any, axe: str) -> None:
    page = ready.page
    page.wait_for_selector(".sample")
    text = page.inner_text("main")
    for said in ("JPEG, PNG, WEBP", "20 MB", "not kept", "or drop it anywhere", "gets wrong"):
        assert said in text
    assert page.get_attribute("#camera", "capture") == "environment"
    assert not page.is_visible("#camera")
    assert_good(page, axe)
    page.evaluate("document.documentElement.dataset.dragging = ''")
    assert page.is_visible("#veil p")
    assert_good(page, axe)


def test_a_phone_is_offered_its_camera(open_page: Any) -> None:
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}).page
    assert page.is_visible("#camera")


def test_waiting_shows_the_picture_the_step_and_what_takes_so_long(ready: Any, axe: str, pictures: Path) -> None:
    page = ready.page
    held: list[Any] = []
    page.route(ANSWERS, lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    loading = {"ready": False, "model": "loading", "database": "ok", "disk": "ok", "queue": "ok"}
    page.route("**/readyz", lambda route: route.fulfill(status=503, body=json.dumps(loading)))
    page.set_input_files("#image", [pictures / "painting.png", pictures / "tiny.png"])
    page.wait_for_selector(".steps [aria-current=step]")
    assert page.inner_text(".waiting .which").startswith("painting.png, ")
    page.wait_for_selector("text=The server is loading its model")
    assert page.evaluate("document.querySelector('.frame img').naturalWidth") == 640
    assert_good(page, axe)
    page.click(".tray a:has-text('tiny.png')")
    page.wait_for_selector("h2:has-text('Waiting for its turn')")
    assert page.evaluate("document.documentElement.dataset.state") == "queued"


def test_an_answer_with_its_range_still_to_come_then_with_all_that_is_open(
    ready: Any, axe: str, pictures: Path
) -> None:
    page = ready.page
    held: list[Any] = []
    page.route(RANGES, lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    with page.expect_request(RANGES):
        ready.check(pictures / "painting.png", "explaining")
    page.wait_for_selector(".coming")
    held[0].continue_()
    ready.wait("done")
    page.check("#overlay-Regions")
    page.check("#size-2\\:1")
    page.click("#feedback")
    page.focus("#kind")
    page.wait_for_selector("#kind option >> nth=2", state="attached")
    page.select_option("#kind", "comic")
    assert "of this kind (comic)" in page.inner_text(".reference figcaption")
    for fold in page.locator(".below summary, .reading summary").all():
        fold.click()
    assert_good(page, axe)


def test_outside_its_range_there_is_no_gauge_but_what_helps(ready: Any, axe: str, pictures: Path) -> None:
    page = ready.page
    ready.check(pictures / "tiny.png")
    assert page.inner_text("#answer") == "Cannot tell"
    assert "Ask for the original file" in page.inner_text(".label")
    assert "Ask for its provenance: work in progress, layers, Content Credentials." in page.inner_text(".label")
    assert "never measured on such pictures" in page.inner_text("[aria-labelledby=pixels]")
    assert page.locator(".gauge, .chance, .thousand, .strength, #stability").count() == 0
    assert "Raw score" not in page.inner_text("main")
    assert_good(page, axe)


def test_what_a_file_declares_comes_before_its_pixels(ready: Any, axe: str, tmp_path: Path) -> None:
    page = ready.page
    ready.check(_example(tmp_path, "signed-generator.png"))
    order = page.locator(".result h3").all_inner_texts()
    assert order.index("What the file says") < order.index("What the pixels show")
    assert "signed" in page.inner_text(".tags >> nth=0")
    assert page.locator(".chance").count() == 0
    page.click("summary:has-text('behind this')")
    assert_good(page, axe)


def test_an_error_says_which_why_and_what_to_try(ready: Any, axe: str, pictures: Path) -> None:
    ready.check(pictures / "broken.png", "error")
    text = ready.page.inner_text("#alert")
    for said in ("broken.png", "ends early", "get the original", "Request"):
        assert said in text
    assert "The file is still here" in ready.page.inner_text("#after-alert")
    assert_good(ready.page, axe)


def test_a_server_that_is_away_or_busy_is_tried_again_by_itself(ready: Any, axe: str, pictures: Path) -> None:
    page = ready.page
    page.route(ANSWERS, lambda route: route.abort())
    page.route("**/livez", lambda route: route.abort())
    ready.check(pictures / "painting.png", "away")
    assert "The server does not answer" in page.inner_text("#alert")
    assert_good(page, axe)
    page.unroute(ANSWERS)
    _refuse(page, 429, 900)
    page.click("#retry")
    ready.wait("busy")
    page.wait_for_selector("[role=timer]:has-text('8')")
    assert "3 pictures wait already." in page.inner_text("[role=alert]")
    assert_good(page, axe)
    page.unroute(ANSWERS)
    page.click("#retry")
    ready.wait("done")
    assert page.inner_text("#alert") == ""


def test_a_device_without_network_says_so(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    watched.page.wait_for_selector(".sample")
    watched.page.set_input_files("#image", pictures / "tiny.png")
    watched.wait("done")
    watched.page.context.set_offline(True)
    watched.page.set_input_files("#image", pictures / "painting.png")
    watched.wait("away")
    assert "This device is offline" in watched.page.inner_text("#alert")
    watched.page.context.set_offline(False)
    watched.wait("done")


def test_technical_details_have_score_threshold_and_distance(watched: Any, pictures: Path) -> None:
    page = watched.page
    watched.check(pictures / "painting.png")
    page.click("text=Technical details")
    text = page.inner_text(".technical")
    for said in ("Raw score", "Thresholds", "Distance", "the nearer one", "Of two classes", "Perceptual hash", "Times"):
        assert said in text


def test_without_scripts_the_form_takes_an_address_too(open_page: Any, pictures: Path, other_site: Any) -> None:
    from tests.made.elsewhere import gives

    other_site.replies["/plain.png"] = gives((pictures / "painting.png").read_bytes())
    page = open_page(java_script_enabled=False).page
    page.fill("#url", other_site.url("/plain.png"))
    page.click("#by-address button")
    assert page.inner_text("#answer")
    assert "plain.png" in page.inner_text("[aria-labelledby=file]")
    page.fill("#url", other_site.url("/nothing.png"))
    page.click("#by-address button")
    assert "Request" in page.inner_text("#alert")
