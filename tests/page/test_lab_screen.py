"""The lab: every view with its caveat, facts in words, private fields covered; none of it a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from brushwork.look import TOLD
from tests.made.drawings import drawn, encoded
from tests.page.looks import assert_good

pytestmark = pytest.mark.needs_chromium
VIEWS = [told for told in TOLD.values() if not told.in_the_verdict]


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    """A JPEG whose metadata has markup and a serial number."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x010E] = "<img src=x onerror=alert(1)>"
    exif.get_ifd(0x8769)[0xA431] = "SERIAL-12345"
    path = tmp_path / '"><img src=x onerror=alert(1)>.jpg'
    path.write_bytes(encoded(drawn("painterly", (320, 240), 4), "JPEG", quality=85, exif=exif))
    return path


def test_every_view_says_what_it_does_not_prove(open_page: Any, jpeg: Path, axe: str) -> None:
    watched = open_page("/lab", bypass_csp=True)
    page = watched.page
    assert "none of this goes into a verdict" in page.inner_text(".lead")
    watched.check(jpeg)
    page.wait_for_function("document.querySelector('.frame img')?.naturalWidth === 320")
    assert_good(page, axe)
    for told in VIEWS:
        page.check(f"#view-{told.kind.value}", force=True)
        page.wait_for_selector(f".caption >> text={told.title}")
        page.wait_for_function("document.querySelector('.frame img')?.naturalWidth > 100")
        assert told.does_not_prove in page.inner_text(".caveat")
        assert page.url.endswith(f"view={told.kind.value}")
    page.go_back()
    page.wait_for_selector(f".caption >> text={VIEWS[-2].title}")
    assert_good(page, axe)
    assert watched.said == []


def test_facts_are_text_and_private_ones_covered_until_asked_for(open_page: Any, jpeg: Path) -> None:
    watched = open_page("/lab")
    page = watched.page
    watched.check(jpeg)
    facts = page.inner_text(".lab-facts")
    assert "<img src=x onerror=alert(1)>" in facts
    assert page.locator(".lab-facts img").count() == 0
    assert "SERIAL-12345" not in page.content()
    assert page.locator(".quantisation").first.locator("td").count() == 64
    page.click("#reveal")
    page.wait_for_selector("text=SERIAL-12345")
    page.fill("#find-field", "serial")
    assert page.locator(".raw dt").count() == 1
    assert watched.said == []


def test_what_cannot_be_looked_at_is_said(open_page: Any, pictures: Path, axe: str) -> None:
    watched = open_page("/lab", bypass_csp=True)
    watched.check(pictures / "notes.txt", "error")
    assert "notes.txt" in watched.page.inner_text("#alert")
    assert_good(watched.page, axe)
    watched.check(pictures / "tiny.png")
    assert "10 \u00d7 10" in watched.page.inner_text(".lab-facts")


def test_the_file_is_looked_at_again_once_the_server_is_back(open_page: Any, service: Any, pictures: Path) -> None:
    page = open_page("/lab").page
    service.stop()
    try:
        page.set_input_files("#image", pictures / "painting.png")
        page.wait_for_selector("#alert >> text=does not answer")
        assert "The file is still here" in page.inner_text("#after-alert")
    finally:
        service.start()
    page.wait_for_selector("html[data-state=done]")
    assert page.inner_text("#alert") == ""
