"""What the pictures of the documents show: each screen brought to a state that tells something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any, Final

from PIL import Image

from tests.made.drawings import drawn, encoded
from tests.made.examples import EXAMPLES

MOST: Final = 7
"""Example pictures in the batch that is shown."""
SAMPLE: Final = ".sample:has-text('Brush strokes')"
Show = Callable[[Any, str], None]


def check(page: Any, url: str) -> None:
    """The answer to the sample that has no mark."""
    page.goto(url)
    page.click(SAMPLE)
    page.wait_for_selector("#answer")
    settle(page)


def compare(page: Any, url: str) -> None:
    """The line between an early state and the finished picture."""
    page.goto(f"{url}/compare")
    page.click("#pair-progress")
    page.wait_for_selector("#line")
    page.evaluate("document.querySelector('.tabs').scrollIntoView()")


def batch(page: Any, url: str) -> None:
    """Some example pictures of `make demo`, examined."""
    page.goto(f"{url}/batch")
    files = [{"name": one.name, "mimeType": "image/png", "buffer": one.make()} for one in EXAMPLES[:MOST]]
    page.set_input_files("#files", files)
    page.wait_for_selector("#begin")
    page.fill("#batch-name", "Spring contest")
    page.click("#begin")
    page.wait_for_selector(".going p >> text=/^Done:/", timeout=600_000)


def lab(page: Any, url: str) -> None:
    """The error level of a drawing that was saved as JPEG."""
    page.goto(f"{url}/lab")
    data = encoded(drawn("painterly", (420, 315), 1), "JPEG", quality=85)
    page.set_input_files("#image", {"name": "drawing.jpg", "mimeType": "image/jpeg", "buffer": data})
    page.wait_for_selector("html[data-state=done]")
    page.check("#view-error_level", force=True)
    page.wait_for_selector(".caption .caveat")
    page.wait_for_selector(".frame img[src^=blob]")


def model(page: Any, url: str) -> None:
    """The plots of the card."""
    page.goto(f"{url}/model")


SCREENS: Final[Mapping[str, Show]] = {"check": check, "batch": batch, "compare": compare, "lab": lab, "model": model}
"""By the name of the picture."""


def frames_of_a_check(page: Any, url: str) -> Iterator[tuple[Image.Image, int]]:
    """A check from the empty page to the base rate: each frame with the milliseconds for which it stays."""
    page.goto(url)
    page.wait_for_selector("#samples canvas")
    yield frame(page), 1600
    page.click(SAMPLE)
    page.wait_for_selector("html:not([data-state=empty])")
    yield frame(page), 900
    page.wait_for_selector("#answer")
    settle(page)
    yield frame(page), 2600
    page.click("label:has(#overlay-Regions)")
    yield frame(page), 2200
    page.evaluate("document.querySelector('#share').closest('section').scrollIntoView({block: 'center'})")
    yield frame(page), 2000
    for share in (30, 50):
        page.fill("#share", str(share))
        yield frame(page), 1400


def frame(page: Any) -> Image.Image:
    """The window now."""
    page.mouse.move(0, 0)
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def settle(page: Any) -> None:
    """Wait for the picture, and for the range under re-encodings where the page asks for it by itself."""
    page.wait_for_selector("html[data-state=done]")
    page.evaluate("document.querySelector('.frame img').decode()")
