"""The blind review of a service as it comes: who did not decide yet sees that others did, not what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.page.conftest import Watched
from tests.page.looks import wait_for_count
from tests.page.running import Service
from tests.page.seeds import HOSTILE, Seeded, seed

pytestmark = pytest.mark.needs_chromium


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("blind")) as running:
        yield running


@pytest.fixture
def seeded(blind: Service) -> Seeded:
    return seed(blind.url)


@pytest.fixture
def newcomer(browser: Any) -> Iterator[Watched]:
    """A page of a browser in which nobody said yet who decides."""
    context = browser.new_context()
    yield Watched(context.new_page())
    context.close()


def test_the_record_of_a_result_shows_itself_to_who_decided(newcomer: Watched, blind: Service, seeded: Seeded) -> None:
    page = newcomer.page
    page.goto(f"{blind.url}/p/{seeded.ids[0]}")
    page.wait_for_selector("text=2 more are shown once you decided")
    assert page.locator(".record li").count() == 0
    page.fill("#reviewer", "Juror 3")
    page.click("#decide-escalate")
    wait_for_count(page, ".record li", 3)
    assert HOSTILE in page.inner_text(".record")


def test_disagreements_are_listed_for_who_decided_on_the_picture(
    newcomer: Watched, blind: Service, seeded: Seeded
) -> None:
    page = newcomer.page
    page.goto(f"{blind.url}/review?show=disagreements")
    page.wait_for_selector("text=Nobody disagrees")
    page.fill("#reviewer", "Ada")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reviewed >> text=Grace")
