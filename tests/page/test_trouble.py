"""When the server is away, busy or slow, and when scripts do not run: nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.needs_chromium

HOSTILE = '"><img src=x onerror=alert(1)>.png'


def test_the_file_is_sent_again_once_the_server_is_back(open_page: Any, service: Any, pictures: Path) -> None:
    watched = open_page()
    service.stop()
    try:
        watched.check(pictures / "painting.png", "away")
        assert "does not answer" in watched.page.inner_text("#alert")
        assert "painting.png" in watched.page.inner_text("#alert")
    finally:
        service.start()
    watched.wait("done")
    assert watched.page.inner_text("#alert") == ""
    assert watched.page.is_visible("#answer")


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    refusals = iter([True])

    def once(route: Any) -> None:
        if not next(refusals, False):
            return route.continue_()
        problem = '{"title": "Too busy just now", "detail": "3 pictures wait already.", "request_id": "r1"}'
        headers = {"Retry-After": "2", "Content-Type": "application/problem+json"}
        return route.fulfill(status=429, headers=headers, body=problem)

    watched.page.route("**/v1/verdicts*", once)
    watched.check(pictures / "painting.png", "busy")
    assert "3 pictures wait already." in watched.page.inner_text("[role=alert]")
    assert watched.page.inner_text("[role=timer]") in ("2 s", "1 s")
    watched.wait("done")


def test_a_server_that_stays_busy_is_not_pestered_for_ever(open_page: Any, pictures: Path) -> None:
    watched = open_page()
    asked = []

    def never(route: Any) -> None:
        asked.append(1)
        route.fulfill(status=503, headers={"Retry-After": "1"}, body="not even JSON")

    watched.page.route("**/v1/verdicts*", never)
    watched.page.set_input_files("#image", pictures / "painting.png")
    watched.wait("error")
    assert len(asked) == 5
    assert watched.page.is_visible("#retry")


def test_a_file_that_changed_on_the_disk_is_told_so(open_page: Any, pictures: Path, tmp_path: Path) -> None:
    watched = open_page()
    mine = tmp_path / "mine.png"
    mine.write_bytes((pictures / "painting.png").read_bytes())
    watched.check(mine)
    mine.write_bytes((pictures / "tiny.png").read_bytes())
    os.utime(mine, (1, 1))  # the browser looks at the time of the last change, in seconds
    watched.page.click("#annotated")
    watched.page.wait_for_selector(".said:has-text('Choose it again')")
    watched.page.click("#save")
    watched.page.click("#keep-it")
    watched.page.wait_for_selector(".said:has-text('cannot be read any more')")
    assert watched.page.is_visible("#answer")


def test_the_plain_form_answers_without_scripts(open_page: Any, pictures: Path) -> None:
    watched = open_page(java_script_enabled=False)
    page = watched.page
    assert not page.is_visible("text=drop it anywhere")
    page.set_input_files("#image", pictures / HOSTILE)
    page.click("text=Check it")
    assert page.inner_text("#answer")
    assert "><img src=x onerror=alert(1)>.png" in page.inner_text(".result")  # browsers send a quote as %22
    assert page.locator("img").count() == 0
    page.set_input_files("#image", pictures / "broken.png")
    page.click("text=Check it")
    assert "broken.png" in page.inner_text("[role=alert]")
    page.set_input_files("#image", pictures / "painting.png")
    page.click("text=Check it")
    assert page.inner_text("#answer")
    assert [line for line in watched.said if "422" not in line] == []


def test_both_ways_say_the_same(open_page: Any, pictures: Path) -> None:
    plain, scripted = open_page(java_script_enabled=False), open_page()
    plain.page.set_input_files("#image", pictures / "painting.png")
    plain.page.click("text=Check it")
    scripted.check(pictures / "painting.png")
    for part in ("#answer", ".why", ".rate", ".advice", ".gauge figcaption", ".gauge .value", ".model"):
        assert _words(plain, part) == _words(scripted, part)
    rows = [sorted(way.page.locator(".reader").all_inner_texts()) for way in (plain, scripted)]
    assert rows[0] == rows[1]


def _words(way: Any, part: str) -> str:
    return "".join(way.page.text_content(part).split())
