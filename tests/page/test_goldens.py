"""The screens look as they did when somebody last found them good, as far as fonts allow to say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.page.golden_pictures import FOLDER, MOST, MOST_BYTES, SHOTS, SHRUNK, Shot, differing, taken, write
from tests.page.seeds import seed

HINT = "look at it; where the change is wanted, take the pictures again: make goldens"


@pytest.fixture(scope="module")
def page(browser: Any, service: Any) -> Iterator[Any]:
    """A page on a service whose history is empty, as it was for the golden pictures."""
    context = browser.new_context()
    opened = context.new_page()
    opened.request.delete(f"{service.url}/v1/everything?confirm=everything")
    yield opened
    context.close()


@pytest.mark.needs_chromium
@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.file.stem)
def test_a_screen_looks_as_it_did(page: Any, service: Any, shot: Shot, tmp_path: Path) -> None:
    now = taken(page, service.url, shot)
    now.save(tmp_path / shot.file.name)
    part = differing(Image.open(shot.file), now)
    assert part <= MOST, f"{part:.1%} of {tmp_path / shot.file.name} differ from {shot.file.name}; {HINT}"


@pytest.mark.needs_chromium
@pytest.mark.parametrize(
    "broken", ["main { margin-left: 25% }", "nav.aside { display: none }", "h1 { font-size: 9rem !important }"]
)
def test_a_broken_layout_is_seen(page: Any, service: Any, broken: str, tmp_path: Path) -> None:
    """The tolerance is no blindness: with each of these rules the same screen is refused."""
    shot = Shot("/help", 768)
    good = taken(page, service.url, shot)
    page.evaluate("(rule) => document.styleSheets[0].insertRule(rule, document.styleSheets[0].cssRules.length)", broken)
    page.screenshot(path=tmp_path / "broken.png")
    write(good, tmp_path / "golden.png")
    assert differing(Image.open(tmp_path / "golden.png"), good) < MOST / 4
    assert differing(Image.open(tmp_path / "golden.png"), Image.open(tmp_path / "broken.png")) > MOST


@pytest.mark.needs_chromium
def test_another_screen_is_seen(page: Any, service: Any) -> None:
    seed(service.url)
    full = taken(page, service.url, Shot("/history", 768))
    page.request.delete(f"{service.url}/v1/everything?confirm=everything")
    assert differing(Image.open(Shot("/help", 768).file), full) > MOST


def test_golden_pictures_are_small_and_each_belongs_to_a_screen() -> None:
    kept = set(FOLDER.glob("*.png"))
    assert kept == {shot.file for shot in SHOTS}
    for path in kept:
        assert path.stat().st_size < MOST_BYTES, path.name
        image = Image.open(path)
        assert image.mode == "P"
        assert image.width * SHRUNK in (320, 768, 1440)
