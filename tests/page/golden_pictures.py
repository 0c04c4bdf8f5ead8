"""Golden pictures of the page: how its screens looked when somebody last found them good.

    python -m tests.page.golden_pictures

takes them again, after a wanted change. Fonts differ between machines, so that pictures are never the same to the
pixel: both are shrunk to cells, and only the part of cells that differ clearly counts. That catches a column that
fell below another, a lost stylesheet, an element over others; it does not catch a word.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image

from tests.conftest import chromium
from tests.page.running import BROWSER_FLAGS, Service

FOLDER: Final = Path(__file__).parent / "goldens"
HEIGHT: Final = 900
SHRUNK: Final = 2
"""A golden picture is kept at half the size: small files, and fonts matter less."""
CELL: Final = 48
"""Pixels of the window in one cell of the comparison."""
CLEAR: Final = 12
"""Grey levels, of 255, by which two cells differ clearly."""
MOST: Final = 0.12
"""The part of cells that may differ clearly: a column that moves by a quarter of the window gives 13 to 30 %, a
monospaced font in place of the usual one up to 16 %, another proportional one less."""
COLOURS: Final = 32
MOST_BYTES: Final = 60_000


class Shot(NamedTuple):
    """One screen to take: its path, the window's width in pixels and the colour scheme."""

    path: str
    width: int
    scheme: str = "light"

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.path.strip('/') or 'check'}-{self.width}-{self.scheme}.png"


SHOTS: Final = (
    *(
        Shot(path, width)
        for path in ("/", "/compare", "/lab", "/help", "/model", "/history")
        for width in (320, 768, 1440)
    ),
    *(Shot(path, 1440, "dark") for path in ("/lab", "/model")),
    *(Shot("/batch", width) for width in (320, 768, 1440)),
)


def taken(page: Any, url: str, shot: Shot) -> Image.Image:
    """The screen as it looks now, below its menu, which grows with every screen."""
    page.set_viewport_size({"width": shot.width, "height": HEIGHT})
    page.emulate_media(color_scheme=shot.scheme, reduced_motion="reduce")
    page.goto(url + shot.path)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelector('header.top').remove()")
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def differing(golden: Image.Image, now: Image.Image) -> float:
    """The part of cells, 0 to 1, that differ clearly; 1 where the pictures have other sizes."""
    if (golden.width * SHRUNK, golden.height * SHRUNK) != now.size:
        return 1.0
    distance = np.abs(_cells(golden.convert("L"), CELL // SHRUNK) - _cells(now.convert("L"), CELL))
    return float((distance > CLEAR).mean())


def _cells(grey: Image.Image, side: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    size = (grey.width // side, grey.height // side)
    return np.asarray(grey.resize(size, Image.Resampling.BOX), dtype=np.float64)


def write(image: Image.Image, path: Path) -> None:
    """Keep `image` as a golden picture."""
    half = image.resize((image.width // SHRUNK, image.height // SHRUNK), Image.Resampling.LANCZOS)
    half.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)


def pages() -> Iterator[tuple[Any, str]]:
    """A page of Chromium and the address of a fresh service, for as long as it is looked at."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place, Service(Path(place)) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=BROWSER_FLAGS)
        yield browser.new_page(), service.url
        browser.close()


def main() -> None:
    """Take every golden picture again."""
    FOLDER.mkdir(exist_ok=True)
    for page, url in pages():
        for shot in SHOTS:
            write(taken(page, url, shot), shot.file)
            print(f"{shot.file.name}: {shot.file.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
