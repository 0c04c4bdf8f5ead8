"""Golden pictures of the page: how its screens looked when somebody last found them good.

    python -m tests.page.golden_pictures

takes them again, after a wanted change. The fonts are the same on every machine (`fonts.conf`), but versions of the
browser draw them a little differently: both pictures are shrunk to cells, and only the part of cells that differ
clearly counts. That catches a column that fell below another, a lost stylesheet, an element over others; it does not
catch a word.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image

from tests.made.drawings import drawn, encoded
from tests.page.batch_seeds import seeded
from tests.page.running import Service, launched

FOLDER: Final = Path(__file__).parent / "goldens"
WIDTHS: Final = (320, 768, 1440)
HEIGHT: Final = 900
PICTURE: Final = (260, 240)
"""Just large enough to be measured."""
ENTRIES: Final = 60
SHRUNK: Final = 2
"""A golden picture is kept at half the size: small files, and fonts matter less."""
CELL: Final = 48
"""Pixels of the window in one cell of the comparison."""
CLEAR: Final = 12
"""Grey levels, of 255, by which two cells differ clearly."""
MOST: Final = 0.06
"""The part of cells that may differ clearly: the same screen gives up to 3 % on another machine, a column that moves by
a quarter of the window 13 to 30 %, another font up to 26 %."""
COLOURS: Final = 32
MOST_BYTES: Final = 60_000


class View(NamedTuple):
    """One screen: its path, the colour scheme, the windows' widths in pixels, and what is done on it first."""

    path: str
    scheme: str = "light"
    widths: tuple[int, ...] = WIDTHS
    state: str = ""

    @property
    def name(self) -> str:
        return "-".join(filter(None, (self.path.strip("/") or "check", self.state)))

    def file(self, width: int) -> Path:
        return FOLDER / f"{self.name}-{width}-{self.scheme}.png"


VIEWS: Final = (
    *(View(path) for path in ("/", "/compare", "/lab", "/help", "/model", "/history", "/batch", "/review", "/status")),
    *(View(path, "dark", (1440,)) for path in ("/lab", "/model")),
    View("/", state="answered"),
    View("/", "dark", (1440,), state="answered"),
    View("/", state="refused"),
    View("/history", widths=(320, 1440), state="opened"),
    View("/batch", state="full"),
)


def _checked(page: Any, data: bytes, state: str) -> None:
    page.set_input_files("#image", {"name": "evening.png", "mimeType": "image/png", "buffer": data})
    page.wait_for_selector(f"html[data-state={state}]")


def _answered(page: Any, _: Service) -> None:
    _checked(page, encoded(drawn("painterly", PICTURE, 5)), "done")


def _refused(page: Any, _: Service) -> None:
    _checked(page, encoded(drawn("painterly", PICTURE, 5))[:5000], "error")


def _full(page: Any, service: Service) -> None:
    """The table of a batch. It stays among the batches until the history is emptied."""
    page.goto(f"{service.url}/batch/{seeded(service.database_url, ENTRIES)}")
    page.wait_for_selector(f"#show-all b >> text={ENTRIES}")


def _opened(page: Any, service: Service) -> None:
    """A saved result with its picture."""
    files = {"name": "evening.png", "mimeType": "image/png", "buffer": encoded(drawn("painterly", PICTURE, 5))}
    wish = f"{service.url}/v1/verdicts?explain=true&save=true&save_picture=true"
    page.goto(f"{service.url}/p/{page.request.post(wish, multipart={'image': files}).json()['id']}")
    page.wait_for_selector(".result")
    page.wait_for_load_state("networkidle")


STATES: Final[dict[str, Callable[[Any, Service], None]]] = {
    "answered": _answered,
    "refused": _refused,
    "full": _full,
    "opened": _opened,
}


@contextmanager
def shown(browser: Any, service: Service, view: View) -> Iterator[Any]:
    """A page that shows it, without its menu, which grows with every screen; closed at the end."""
    size = {"width": view.widths[0], "height": HEIGHT}
    page = browser.new_page(viewport=size, color_scheme=view.scheme, reduced_motion="reduce")
    try:
        page.set_default_timeout(60_000)
        page.goto(service.url + view.path)
        page.wait_for_load_state("networkidle")
        if view.state:
            STATES[view.state](page, service)
        page.evaluate("document.querySelector('header.top').remove()")
        yield page
    finally:
        page.close()


def picture(page: Any, width: int) -> Image.Image:
    """The page as it looks now in a window of `width` pixels, from its top."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate("scrollTo(0, 0)")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def taken(browser: Any, service: Service, view: View) -> dict[int, Image.Image]:
    """How it looks now in a window of each width."""
    with shown(browser, service, view) as page:
        return {width: picture(page, width) for width in view.widths}


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


def main() -> None:
    """Take every golden picture again."""
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    settings = {"BRUSHWORK_BLIND_REVIEW": "false"}  # as the service of the tests has it
    with (
        tempfile.TemporaryDirectory() as place,
        Service(Path(place), settings=settings) as service,
        sync_playwright() as playwright,
    ):
        browser = launched(playwright)
        for view in VIEWS:
            for width, image in taken(browser, service, view).items():
                write(image, view.file(width))
                print(f"{view.file(width).name}: {view.file(width).stat().st_size:,} bytes")  # noqa: T201
        browser.close()


if __name__ == "__main__":
    main()
