"""The screens look as they did when somebody last found them good, as far as fonts allow to say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.page.golden_pictures import (
    FOLDER,
    MOST,
    MOST_BYTES,
    SHRUNK,
    VIEWS,
    View,
    differing,
    picture,
    shown,
    taken,
    write,
)
from tests.page.running import Service

INSERT = "(rule) => document.styleSheets[0].insertRule(rule, document.styleSheets[0].cssRules.length)"
HINT = "look at it; where the change is wanted, take the pictures again: make goldens"


@pytest.fixture
def empty(service: Service) -> Iterator[Service]:
    """A service whose history is empty, as it was for the golden pictures, and is again afterwards."""
    _forget(service)
    yield service
    _forget(service)


def _forget(service: Service) -> None:
    httpx.delete(f"{service.url}/v1/everything", params={"confirm": "everything"}, timeout=60).raise_for_status()


@pytest.mark.needs_chromium
@pytest.mark.needs_dejavu
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.name}-{view.scheme}")
def test_a_screen_looks_as_it_did(browser: Any, empty: Service, view: View, tmp_path: Path) -> None:
    for width, now in taken(browser, empty, view).items():
        kept = view.file(width)
        now.save(tmp_path / kept.name)
        part = differing(Image.open(kept), now)
        assert part <= MOST, f"{part:.1%} of {tmp_path / kept.name} differ from {kept.name}; {HINT}"


@pytest.mark.needs_chromium
def test_a_broken_layout_is_seen(browser: Any, service: Service, tmp_path: Path) -> None:
    """The tolerance is no blindness: with each of these rules the same screen is refused."""
    golden = tmp_path / "golden.png"
    for broken in ("main { margin-left: 25% }", "nav.aside { display: none }", "h1 { font-size: 9rem !important }"):
        with shown(browser, service, View("/help", widths=(768,))) as page:
            good = picture(page, 768)
            page.evaluate(INSERT, broken)
            bad = picture(page, 768)
        write(good, golden)
        assert differing(Image.open(golden), good) < MOST / 4
        assert differing(Image.open(golden), bad) > MOST, broken


@pytest.mark.needs_chromium
@pytest.mark.parametrize(
    ("other", "view"),
    [(View("/help"), View("/history")), (View("/"), View("/", state="answered"))],
    ids=lambda view: view.name,
)
def test_another_screen_or_state_is_seen(other: View, view: View) -> None:
    """What is kept of one is refused for the other, at every width."""
    for width in view.widths:
        with Image.open(view.file(width)) as kept:
            whole = kept.convert("RGB").resize((kept.width * SHRUNK, kept.height * SHRUNK))
        assert differing(Image.open(other.file(width)), whole) > MOST, width


def test_golden_pictures_are_small_and_each_belongs_to_a_screen() -> None:
    kept = set(FOLDER.glob("*.png"))
    assert kept == {view.file(width) for view in VIEWS for width in view.widths}
    for path in kept:
        assert path.stat().st_size < MOST_BYTES, path.name
        image = Image.open(path)
        assert image.mode == "P"
        assert image.width * SHRUNK in (320, 768, 1440)
