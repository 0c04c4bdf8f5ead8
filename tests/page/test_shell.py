"""What stands around every screen: the menu, its weight, and where it asks (S0-06, S4-21)."""

from __future__ import annotations

from typing import Any

import pytest

from brushwork.service.page import NAV

pytestmark = pytest.mark.needs_chromium

MENU = [entry for group in NAV for entry in group]
PATHS = [path for path, _ in MENU]
HEAVIEST = 120_000


@pytest.mark.parametrize("path", PATHS)
def test_each_screen_has_an_address_and_is_marked_in_the_menu(open_page: Any, path: str) -> None:
    page = open_page(path).page
    assert page.locator("nav[aria-label=Main] [aria-current=page]").get_attribute("href") == path
    assert page.locator("h1").count() == 1
    assert page.title().endswith("· Brushwork")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_light_and_asks_its_own_server_only(open_page: Any, service: Any, path: str) -> None:
    """INTERFACES: less than 120 kB before the picture, counted without compression; no request to another origin."""
    watched = open_page("/livez", viewport={"width": 1280, "height": 800})
    answers: list[Any] = []
    watched.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (playwright marks its handlers)
    watched.page.goto(service.url + path)
    watched.page.wait_for_load_state("networkidle")
    weight = sum(len(answer.body()) for answer in answers if answer.status == 200)
    assert 10_000 < weight < HEAVIEST
    assert all(address.startswith((service.url, "blob:", "data:")) for address in watched.asked)


def test_the_screen_of_one_batch_is_light_on_the_wire(open_page: Any, service: Any) -> None:
    """It has the most modules; what counts is what is sent, which is packed."""
    watched = open_page("/livez")
    batch = watched.page.request.post(f"{service.url}/v1/batches?open=true", multipart={"name": "Light"}).json()
    asked: list[Any] = []
    watched.page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 (as above)
    watched.page.goto(f"{service.url}/batch/{batch['id']}")
    watched.page.wait_for_selector("#add")
    watched.page.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in asked]
    assert 10_000 < sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) < HEAVIEST


@pytest.mark.parametrize("path", PATHS)
def test_the_browser_has_nothing_to_say(open_page: Any, path: str) -> None:
    watched = open_page(path)
    watched.page.wait_for_load_state("networkidle")
    assert watched.said == []


def test_the_menu_opens_and_closes_by_keyboard_in_a_narrow_window(open_page: Any) -> None:
    page = open_page(viewport={"width": 320, "height": 640}).page
    assert not page.is_visible("text=History")
    page.focus("text=Menu")
    page.keyboard.press("Enter")
    assert [page.is_visible(f"nav >> text={title}") for _, title in MENU] == [True] * len(MENU)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == MENU[0][1]
    page.keyboard.press("Escape")
    assert not page.is_visible("text=History")
    assert page.evaluate("document.activeElement.textContent") == "Menu"


def test_the_menu_works_without_scripts(open_page: Any, service: Any) -> None:
    page = open_page("/help", java_script_enabled=False, viewport={"width": 320, "height": 640}).page
    page.click("text=Menu")
    page.click("nav >> text=Model")
    assert page.url == f"{service.url}/model"


def test_the_skip_link_leads_past_the_menu(open_page: Any) -> None:
    page = open_page("/help").page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_chosen_colours_stay_on_every_screen(open_page: Any, service: Any) -> None:
    page = open_page("/help", color_scheme="light").page
    page.check("input[value=dark]")
    page.goto(f"{service.url}/model")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.is_checked("input[value=dark]")
