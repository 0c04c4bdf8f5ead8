"""Whole walks: an artist who was refused, a journalist with an address, somebody without a mouse; and every link."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from brushwork.report.check import Evidence, check
from brushwork.service.page import NAV
from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import Elsewhere, gives
from tests.page.looks import sideways
from tests.page.seeds import seed

pytestmark = pytest.mark.needs_chromium

PATHS = [path for group in NAV for path, _ in group]
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
LINKS = """() => {
  const all = [...document.querySelectorAll("a[href]")].map((a) => new URL(a.href));
  const own = all.filter((url) => url.origin === location.origin);
  const here = own.filter((url) => url.hash && url.pathname === location.pathname).map((url) => url.hash.slice(1));
  return [own.map((url) => url.pathname + url.search), here.filter((id) => !document.getElementById(id))];
}"""
"""The links to this service, and the places on this screen that links name and that are not there."""
FAST = {**SLOW, "uploadThroughput": -1}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture just large enough to be measured: its range takes a moment only."""
    path = tmp_path_factory.mktemp("small") / "small.png"
    path.write_bytes(encoded(drawn("painterly", (260, 240), 5)))
    return path


def _quiet(watched: Any) -> None:
    assert [line for line in watched.said if "Failed to load resource" not in line] == []


def _tab_to(page: Any, wanted: str, most: int = 40) -> None:
    """Press Tab until the element with this id has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"#{wanted} is not reached within {most} stops")


def test_an_artist_who_was_refused_by_a_contest(open_page: Any, service: Any, small: Path) -> None:
    """She reads what to do, checks her picture, reads why, moves the slider, takes the case file and answers back."""
    watched = open_page("/help#artists")
    page = watched.page
    assert "Ask for the whole result" in page.inner_text("[aria-labelledby=artists]")
    page.click("nav >> text=Check")
    page.wait_for_selector(".sample")  # drawn by its scripts, which listen by then
    watched.check(small)
    for part in (".why", ".rate", ".advice"):
        assert page.inner_text(part)
    before = page.inner_text(".chance .told")
    page.fill("#share", "60")
    assert page.inner_text(".chance .told") != before
    page.click("#case")
    with page.expect_download() as download:
        page.click("#case-html")
    case = Path(download.value.path())
    assert check(case.read_bytes(), Evidence(picture=small.read_bytes())).holds
    assert page.inner_text("#answer") in case.read_text("utf-8")
    page.click("#feedback")
    page.check("#said-human")
    page.select_option("#basis", "made_it")
    page.fill("#feedback-note", "I have the layered file")
    page.click("#send-feedback")
    page.wait_for_selector("#undo")
    page.goto(f"{service.url}/review")
    page.wait_for_selector(".card >> text=I have the layered file")
    page.goto(f"{service.url}/compare?mode=progress")
    page.set_input_files("#a", small)
    page.set_input_files("#b", small)
    page.wait_for_selector("#relation")
    assert "sketch can be traced" in page.inner_text(".caveat")
    _quiet(watched)


def test_a_journalist_with_an_address(open_page: Any, service: Any, small: Path, other_site: Elsewhere) -> None:
    """The server fetches it; the answer is quoted, looked at more closely, saved, and passed on by a link."""
    other_site.replies["/found.png"] = gives(small.read_bytes())
    watched = open_page("/")
    page = watched.page
    page.fill("#url", other_site.url("/found.png"))
    page.keyboard.press("Enter")
    watched.wait("done")
    answer = page.inner_text("#answer")
    assert other_site.url("/found.png") in page.inner_text("[aria-labelledby=file]")
    assert page.inner_text("[aria-labelledby=provenance]")
    page.click("#save")
    page.click("#keep-it")
    page.click("#open-saved")
    page.wait_for_selector("#decide-accept")  # drawn by its scripts, which listen by then
    page.click("text=Make a link")
    page.wait_for_selector("#link")
    shared = open_page(page.input_value("#link").removeprefix(service.url), java_script_enabled=False)
    assert shared.page.inner_text("#answer") == answer
    assert not [address for address in watched.asked if str(other_site.port) in address]
    _quiet(watched)


def test_a_check_and_a_comparison_without_a_mouse(open_page: Any, service: Any, small: Path) -> None:
    watched = open_page("/")
    page = watched.page
    page.wait_for_selector(".sample")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the menu
    with page.expect_file_chooser() as chooser:
        _tab_to(page, "image")
        page.keyboard.press("Enter")
    chooser.value.set_files(small)
    watched.wait("done")
    _tab_to(page, "share")
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".share") == "11 %"
    page.goto(f"{service.url}/compare")
    for part in ("a", "b"):
        with page.expect_file_chooser() as chooser:
            _tab_to(page, part)
            page.keyboard.press("Enter")
        chooser.value.set_files(small)
    watched.wait("done")
    _tab_to(page, "line")
    page.keyboard.press("End")
    assert page.input_value("#line") == "100"
    _quiet(watched)


def test_a_server_that_is_killed_while_a_file_is_sent_gets_it_again(
    open_page: Any, service: Any, tmp_path: Path
) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(encoded(drawn("noise_texture", (900, 700), 1)))
    watched = open_page("/")
    session = watched.page.context.new_cdp_session(watched.page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    with watched.page.expect_request("**/v1/verdicts*"):
        watched.page.set_input_files("#image", large)
    watched.wait("uploading")
    service.process.kill()
    service.process.wait(30)
    try:
        watched.wait("away")
        assert "large.png" in watched.page.inner_text("#alert")
        assert "is sent again" in watched.page.inner_text("#after-alert")
    finally:
        session.send("Network.emulateNetworkConditions", FAST)
        service.start()
    watched.wait("done")
    assert watched.page.inner_text("#alert") == ""


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [("huge.jpg", "5000 \u00d7 5000", ""), ("tiny.png", "10 \u00d7 10", "smaller than any")],
)
def test_very_large_and_very_small_pictures_on_the_check(
    open_page: Any, pictures: Path, name: str, size: str, said: str
) -> None:
    watched = open_page("/", viewport={"width": 320, "height": 640})
    watched.check(pictures / name)
    assert said in watched.page.inner_text(".result")
    watched.page.click("[aria-labelledby=file] summary")  # on a phone the facts of the file fold
    assert size in " ".join(watched.page.inner_text("[aria-labelledby=file]").split())
    assert sideways(watched.page) == 0
    assert 100 < watched.page.locator(".frame img").bounding_box()["width"] <= 320
    watched.page.set_viewport_size({"width": 1280, "height": 720})
    assert 100 < watched.page.locator(".frame img").bounding_box()["width"] < 900
    _quiet(watched)


def test_every_link_of_every_screen_leads_somewhere_and_no_screen_breaks_its_policy(
    open_page: Any, service: Any
) -> None:
    """From the menu on, through everything that a link of this service names; what is behind a hash has to exist."""
    seeded = seed(service.url)
    starts = [*PATHS, "/review?show=pictures", "/review?show=record", f"/p/{seeded.ids[1]}", f"/s/{seeded.token}"]
    waiting, seen, broken = deque(starts), set(starts), []
    watched = open_page("/livez")
    page = watched.page
    while waiting:
        path = waiting.popleft()
        if page.goto(service.url + path).status != 200:
            broken.append(path)
            continue
        page.wait_for_load_state("networkidle")
        links, anchors = page.evaluate(LINKS)
        broken += [f"{path}#{anchor}" for anchor in anchors]
        for link in dict.fromkeys(links):
            if link in seen:
                continue
            seen.add(link)
            if re.match(r"/(v1|metrics|health|readyz|openapi)|/compare\?|/history\?", link):
                if page.request.get(service.url + link).status != 200:
                    broken.append(link)
            else:
                waiting.append(link)
    assert broken == []
    assert len(seen) > len(starts) + 20
    assert [line for line in watched.said if "Failed to load resource" not in line] == []
