"""Two pictures side by side (R3-01): files, pairs drawn by the page, saved results, a slider, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.made.drawings import drawn, encoded
from tests.page.looks import assert_good
from tests.page.seeds import Seeded, seed

pytestmark = pytest.mark.needs_chromium
HOSTILE = '"><img src=x onerror=alert(1)>.png'
DATE = "2019:07:14 10:00:00"


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smaller copy of painting.png as JPEG, with a date in its EXIF."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0132] = DATE
    path = tmp_path_factory.mktemp("dated") / "smaller.jpg"
    small = drawn("painterly", (640, 480), 1).resize((320, 240))
    path.write_bytes(encoded(small, "JPEG", quality=85, exif=exif))
    return path


@pytest.fixture(scope="module")
def seeded(service: Any) -> Seeded:
    return seed(service.url)


def _choose(watched: Any, first: Path, second: Path, state: str = "done") -> Any:
    watched.page.set_input_files("#a", first)
    watched.page.set_input_files("#b", second)
    watched.wait(state)
    return watched.page


def test_two_files_are_compared_in_words_with_their_dates_and_names_as_text(
    open_page: Any, pictures: Path, dated: Path, axe: str
) -> None:
    watched = open_page("/compare", bypass_csp=True)
    assert_good(watched.page, axe)
    page = _choose(watched, pictures / HOSTILE, dated)
    assert page.inner_text("#relation") == "One looks like the other at another size"
    text = page.inner_text("#compared")
    for said in ("The first has more pixels", "640 x 480", "320 x 240", "EXIF DateTime", DATE, "Nobody signed them"):
        assert said in text
    assert HOSTILE in text
    assert page.locator("#compared img").count() == 2
    assert_good(page, axe)
    assert watched.said == []


def test_the_line_moves_by_keys_by_buttons_and_by_pointer(open_page: Any, pictures: Path, dated: Path) -> None:
    watched = open_page("/compare", viewport={"width": 1280, "height": 1600})
    page = _choose(watched, pictures / "painting.png", dated)
    page.focus("#line")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#line") == "51"
    assert page.get_attribute("#line", "aria-valuetext").startswith("51 percent")
    page.click("#line-left")
    assert page.input_value("#line") == "41"
    page.click("#only-first")
    assert page.input_value("#line") == "100"
    box = page.locator(".wipe-frame").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20)
    page.mouse.up()
    assert page.input_value("#line") == "25"
    clip = page.evaluate("getComputedStyle(document.querySelector('.layer.second')).clipPath")
    assert clip.replace(" ", "") == "inset(0px0px0px25%)"


def test_swap_and_remove_by_keyboard(open_page: Any, pictures: Path, dated: Path) -> None:
    watched = open_page("/compare")
    page = _choose(watched, pictures / "painting.png", dated)
    page.focus("#swap")
    page.keyboard.press("Enter")
    page.wait_for_selector("#filled-a >> text=smaller.jpg")
    page.wait_for_selector("html[data-state=done]")
    assert "The second has more pixels" in page.inner_text(".relation")
    page.focus("#remove-a")
    page.keyboard.press("Enter")
    watched.wait("empty")
    assert page.inner_text("#compared") == ""
    assert page.is_visible("#a")
    assert not page.is_visible("#b")


def test_a_work_in_progress_says_what_it_cannot_show_and_stands_in_the_address(open_page: Any, axe: str) -> None:
    watched = open_page("/compare", bypass_csp=True)
    page = watched.page
    assert not page.is_visible("#progress-told")
    page.click("#pair-progress")
    watched.wait("done")
    assert page.url.endswith("/compare?mode=progress")
    assert page.inner_text("#relation") == "They look alike, but not like copies"
    assert "a sketch can be traced" in page.inner_text(".relation .caveat")
    assert "It is never proof" in page.inner_text("#progress-told")
    assert "Work in progress" in page.inner_text("#filled-a")
    assert_good(page, axe)
    page.go_back()
    page.wait_for_selector("#progress-told", state="hidden")
    assert page.locator(".relation .caveat").count() == 0
    assert page.is_visible("#line")
    assert watched.said == []


def test_a_part_lies_where_it_was_found(open_page: Any) -> None:
    watched = open_page("/compare")
    watched.page.click("#pair-copy")
    watched.wait("done")
    assert watched.page.inner_text("#relation") == "One looks like a part of the other"
    left, top = watched.page.evaluate("""() => {
      const {left, top} = document.querySelector(".inner").style;
      return [parseFloat(left), parseFloat(top)];
    }""")
    assert abs(left - 25) < 3
    assert abs(top - 20) < 3


def test_saved_results_are_compared_by_address_and_from_the_history(
    open_page: Any, service: Any, seeded: Seeded
) -> None:
    kept, bare = seeded.ids[1], seeded.ids[2]
    watched = open_page("/history")
    page = watched.page
    page.wait_for_selector(".table-body [role=row]")
    for one in (kept, bare):
        page.check(f"[data-key='{one}'] input")
    page.click("#compare")
    watched.wait("done")
    assert page.url == f"{service.url}/compare?a={kept}&b={bare}"
    assert "were not kept" in page.inner_text("#compared")
    assert page.locator("#line").count() == 0
    page.goto(f"{service.url}/compare?a={kept}")
    page.wait_for_selector("#filled-a img")
    page.click("#saved-b")
    page.click(f"#filled-b [data-id='{kept}']")
    watched.wait("done")
    assert page.inner_text("#relation") == "Both are the same file"
    assert page.is_visible("#line")
    page.go_back()
    watched.wait("empty")
    assert watched.said == []


def test_what_cannot_be_compared_is_said_with_the_name_of_the_file(
    open_page: Any, service: Any, pictures: Path, seeded: Seeded, axe: str
) -> None:
    watched = open_page("/compare", bypass_csp=True)
    page = _choose(watched, pictures / "painting.png", pictures / "broken.png", "error")
    assert "broken.png" in page.inner_text("#alert")
    assert "still here" in page.inner_text("#after-alert")
    assert_good(page, axe)
    page.click("#remove-b")
    page.set_input_files("#b", pictures / "tiny.png")
    watched.wait("done")
    page.goto(f"{service.url}/compare?a={seeded.ids[0]}")
    page.set_input_files("#b", pictures / "painting.png")
    watched.wait("error")
    assert "A saved result is compared with another one" in page.inner_text("#alert")
    page.goto(f"{service.url}/compare?a=nobody&b={seeded.ids[0]}")
    page.wait_for_selector("#alert >> text=Nothing is here")


def test_both_are_compared_once_the_server_is_back(open_page: Any, service: Any, pictures: Path, dated: Path) -> None:
    watched = open_page("/compare")
    service.stop()
    try:
        page = _choose(watched, pictures / "painting.png", dated, "error")
        assert "does not answer" in page.inner_text("#alert")
        assert "smaller.jpg" in page.inner_text("#alert")
    finally:
        service.start()
    watched.wait("done")
    assert page.inner_text("#alert") == ""


def test_the_plain_form_says_the_same_without_scripts(open_page: Any, pictures: Path, dated: Path) -> None:
    page = open_page("/compare", java_script_enabled=False).page
    page.set_input_files("#a", pictures / HOSTILE)
    page.set_input_files("#b", dated)
    page.click("text=Compare them")
    assert page.inner_text("#relation") == "One looks like the other at another size"
    assert DATE in page.inner_text("#compared")
    assert page.locator("main img").count() == 0
    page.set_input_files("#a", pictures / "broken.png")
    page.set_input_files("#b", dated)
    page.click("text=Compare them")
    assert "broken.png" in page.inner_text("[role=alert]:visible")
