"""Where a key is asked for: it is shown once, stands in a cookie that no script reads, and is given up again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.page.conftest import Watched
from tests.page.looks import assert_good
from tests.page.running import Service

pytestmark = pytest.mark.needs_chromium


@pytest.fixture(scope="module")
def service_of_a_jury(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A service that asks for keys, and a key. It does not start before there is one."""
    folder = tmp_path_factory.mktemp("locked")
    locked = Service(folder, settings={"BRUSHWORK_REQUIRE_KEYS": "true"})
    options = ["--label", "jury", "--url", locked.database_url]
    command = [sys.executable, "-m", "brushwork.cli", "keys", "create", *options]
    key = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split()[-1]
    with locked:
        yield locked, key


@pytest.fixture
def locked(service_of_a_jury: tuple[Service, str]) -> Service:
    return service_of_a_jury[0]


@pytest.fixture
def key(service_of_a_jury: tuple[Service, str]) -> str:
    return service_of_a_jury[1]


@pytest.fixture
def stranger(browser: Any, locked: Service) -> Iterator[Watched]:
    """A page of a browser that never showed a key."""
    context = browser.new_context(bypass_csp=True)
    yield Watched(context.new_page())
    context.close()


def test_a_key_opens_what_was_asked_for_and_is_given_up_again(
    stranger: Watched, locked: Service, key: str, axe: str
) -> None:
    page = stranger.page
    page.goto(f"{locked.url}/history?answer=cannot_tell")
    page.click("text=Sign in with a key")
    page.wait_for_selector("#key")
    assert_good(page, axe)
    page.fill("#key", "bw_000000000000_wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=That key is not good")
    page.fill("#key", key)
    page.keyboard.press("Enter")
    page.wait_for_url("**/history?answer=cannot_tell")
    page.wait_for_selector("text=Nothing like that is saved")
    assert key not in page.content()
    assert "brushwork_session" not in page.evaluate("document.cookie")
    page.click("nav >> text=Key")
    page.wait_for_selector("text=jury")
    page.click("#sign-out")
    page.wait_for_selector("#key")
    page.goto(f"{locked.url}/history")
    page.wait_for_selector("text=Sign in with a key")


def test_the_check_that_asked_for_a_key_is_shown_again_after_it(
    stranger: Watched, locked: Service, key: str, pictures: Path
) -> None:
    page = stranger.page
    page.goto(locked.url)
    stranger.check(pictures / "tiny.png", "error")
    page.click("text=Sign in with a key")
    page.fill("#key", key)
    page.keyboard.press("Enter")
    page.wait_for_selector("#alert:has-text('tiny.png')")
    page.click("#retry")
    stranger.wait("done")


def test_the_way_back_never_leads_to_another_site(stranger: Watched, locked: Service, key: str) -> None:
    page = stranger.page
    for wanted in ("https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"):
        page.goto(f"{locked.url}/sign-in")
        page.evaluate("(next) => history.replaceState(null, '', `?next=${encodeURIComponent(next)}`)", wanted)
        page.wait_for_selector(":is(#key, #sign-out):visible")
        if page.is_visible("#key"):
            page.fill("#key", key)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{locked.url}/")
        else:
            page.reload()
            page.wait_for_selector("#sign-out")
            assert page.get_attribute("a.button:has-text('Go on')", "href") == "/"


def test_a_saved_result_without_a_key_says_where_to_sign_in(stranger: Watched, locked: Service) -> None:
    page = stranger.page
    answer = page.goto(f"{locked.url}/p/anything")
    assert answer.status == 401
    assert page.get_attribute("main a", "href") == "/sign-in?next=/p/anything"


def test_where_no_key_is_asked_for_the_screen_says_so(open_page: Any) -> None:
    page = open_page("/sign-in").page
    page.wait_for_selector("text=No key is asked for here")
    assert not page.is_visible("#key")
    assert page.locator("nav >> text=Key").count() == 0
