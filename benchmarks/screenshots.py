"""Take the pictures of the page that the documents show.

    python -m benchmarks.screenshots [FOLDER] [--only check,compare]

A service is started and Chromium looks at its page. Every picture on it is drawn by the page itself or by the tests, so
that nobody's work is shown and the result is the same on every machine with the same fonts. Needs Chromium and
Playwright, as the page tests do.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from benchmarks.screens import SCREENS, frames_of_a_check
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.conftest import ROOT
from tests.page.running import Service, free_port, launched

SIZE: Final = {"width": 1440, "height": 960}
COLOURS: Final = 96
MOST_BYTES: Final = 150_000
ANIMATED_WIDTH, ANIMATED_COLOURS, ANIMATED_BYTES = 900, 96, 1_000_000
TOLD: Final = "check.gif"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--only", default=",".join((*SCREENS, TOLD)), help="names of pictures")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    wanted = given.only.split(",")
    with looking() as (page, url):
        for name, show in chosen(wanted).items():
            save(still(page, url, show), given.folder / f"{name}.png")
        if TOLD in wanted:
            animate(list(frames_of_a_check(page, url)), given.folder / TOLD)


def chosen(names: list[str]) -> Mapping[str, Callable[[Any, str], None]]:
    """The screens of these names."""
    return {name: show for name, show in SCREENS.items() if name in names}


@contextmanager
def looking() -> Iterator[tuple[Any, str]]:
    """A page of Chromium, and the address of a fresh service."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        service = Service(Path(place), free_port(), settings={"BRUSHWORK_TIME_LIMIT": "600"})
        service.start()
        try:
            browser = launched(playwright)
            page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
            page.set_default_timeout(120_000)
            yield page, service.url
            browser.close()
        finally:
            service.stop()


def still(page: Any, url: str, show: Callable[[Any, str], None]) -> Image.Image:
    """The window once `show` brought it to what is to be seen, with the pointer out of the way."""
    show(page, url)
    page.mouse.move(0, 0)
    page.evaluate("Promise.all([...document.images].filter((i) => i.src).map((i) => i.decode().catch(() => 0)))")
    page.wait_for_timeout(300)
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def save(image: Image.Image, path: Path) -> None:
    """With as many colours as a palette needs: a third of the bytes, and the eye sees little difference."""
    image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)
    say(path, image, MOST_BYTES)


def animate(frames: list[tuple[Image.Image, int]], path: Path) -> None:
    """Frames with their milliseconds as one animation, with one palette for all of them."""
    height = round(ANIMATED_WIDTH * frames[0][0].height / frames[0][0].width)
    small = [frame.resize((ANIMATED_WIDTH, height), Image.Resampling.LANCZOS) for frame, _ in frames]
    strip = Image.new("RGB", (ANIMATED_WIDTH, height * len(small)))
    for number, image in enumerate(small):
        strip.paste(image, (0, number * height))
    palette = strip.quantize(ANIMATED_COLOURS, method=Image.Quantize.MEDIANCUT)
    first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in small]
    durations = [milliseconds for _, milliseconds in frames]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)
    say(path, first, ANIMATED_BYTES)


def say(path: Path, image: Image.Image, most: int) -> None:
    """Print what was written; refuse what is too large for a page."""
    size = path.stat().st_size
    print(f"{path}: {image.width} x {image.height}, {size:,} bytes")
    if size > most:
        raise SystemExit(f"{path} is larger than {most:,} bytes; show less of it.")


if __name__ == "__main__":
    main()
