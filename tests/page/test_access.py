"""For everyone: keyboard alone, a narrow window, large targets, and the rules of axe in every state and theme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from brushwork.forensics.bundle import DEFAULT
from brushwork.service.page import NAV

AROUND = ["/docs", "/problems/image-corrupt", f"/v1/models/{DEFAULT}/card"]
pytestmark = pytest.mark.needs_chromium


@pytest.mark.parametrize("path", AROUND)
def test_axe_finds_nothing_on_the_pages_around(open_page: Any, axe: str, service: Any, path: str) -> None:
    watched = open_page(bypass_csp=True)
    watched.page.goto(service.url + path)
    watched.page.add_script_tag(content=axe)
    found = watched.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found["violations"]] == []


@pytest.mark.parametrize("path", AROUND)
def test_no_sideways_scroll_on_the_pages_around(open_page: Any, service: Any, path: str) -> None:
    watched = open_page(viewport={"width": 320, "height": 800})
    watched.page.goto(service.url + path)
    assert watched.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_walk_by_keyboard_alone(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    page = watched.page
    menu = [title for group in NAV for _, title in group]
    seen = _walk(page, len(menu) + 6)
    assert seen[: len(menu) + 2] == ["Skip to the content", "Brushwork", *menu]
    assert "image" in seen
    watched.check(pictures / "painting.png")
    page.focus("#image")
    around = [
        "url",
        "Check it",
        "size-Fit",
        "overlay-None",
        "copy",
        "annotated",
        "case",
        "save",
        "feedback",
        "drop",
        "kind",
        "share-less",
        "share",
    ]
    assert _walk(page, len(around)) == around
    page.keyboard.press("ArrowRight")
    assert page.inner_text("output") == "11 %"


def test_every_stop_of_the_walk_shows_where_it_is(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    watched.check(pictures / "painting.png")
    watched.page.evaluate("document.activeElement.blur()")
    for _ in range(16):
        watched.page.keyboard.press("Tab")
        outline = watched.page.evaluate("""() => {
          const here = document.activeElement;
          const drawn = [here, here.nextElementSibling].filter(Boolean).map((e) => getComputedStyle(e));
          return drawn.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
        }""")
        assert outline, watched.page.evaluate("document.activeElement.outerHTML.slice(0, 80)")


def test_the_focus_is_not_stolen_by_an_answer_or_an_error(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    for name, state in (("painting.png", "done"), ("broken.png", "error")):
        watched.page.focus("#image")
        watched.check(pictures / name, state)
        assert watched.page.evaluate("document.activeElement.id") == "image"


def test_a_button_that_goes_away_leaves_the_focus_near(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    watched.check(pictures / "broken.png", "error")
    watched.page.focus("#retry")
    with watched.page.expect_response("**/v1/verdicts*"):
        watched.page.keyboard.press("Enter")
    watched.wait("error")
    assert watched.page.evaluate("document.activeElement.id") == "main"
    assert _walk(watched.page, 1) == ["image"]


def test_progress_and_errors_are_spoken(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    assert watched.page.get_attribute("#progress", "role") == "status"
    watched.check(pictures / "painting.png")
    assert watched.page.text_content("#progress") == f"Done: {watched.page.inner_text('#answer')}"


def test_forced_colours_keep_the_pattern_of_the_answer(open_page: Any, pictures: Path) -> None:
    watched = open_page(forced_colors="active")
    watched.check(pictures / "tiny.png")
    style = watched.page.evaluate("getComputedStyle(document.querySelector('.band')).borderTopStyle")
    assert style == "dashed"


def test_nothing_moves_where_motion_is_unwanted(open_page: Any) -> None:
    watched = open_page(reduced_motion="reduce")
    moving = watched.page.evaluate("""() => [...document.querySelectorAll("*")]
      .filter((e) => getComputedStyle(e).transitionDuration !== "0s" || getComputedStyle(e).animationName !== "none")
      .map((e) => e.tagName)""")
    assert moving == []


def _walk(page: Any, steps: int) -> list[str]:
    """Press Tab and say where one is: the id, or the text."""
    places = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        places.append(page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()"))
    return places
