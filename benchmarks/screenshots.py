"""Take the pictures of the page that the documents show.

    python benchmarks/screenshots.py [FOLDER]

A service is started, Chromium opens its page and checks the sample that the page draws by itself, so that the result
is the same on every machine with the same fonts. Needs Chromium and Playwright, as the page tests do.
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.conftest import chromium  # noqa: E402, after the path
from tests.page.running import BROWSER_FLAGS, Service, free_port  # noqa: E402

SIZE: Final = {"width": 1440, "height": 1000}
SAMPLE: Final = "Brush strokes"
COLOURS: Final = 256
MOST_BYTES: Final = 300_000


def main() -> None:
    """Write check.png into the folder given, docs/images by default."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        service = Service(Path(place), free_port())
        service.start()
        try:
            taken = _take(service)
        finally:
            service.stop()
    for name, data in taken.items():
        _save(data, folder / name)


def _take(service: Service) -> dict[str, bytes]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=BROWSER_FLAGS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(service.url)
        page.click(f"text={SAMPLE}")
        page.wait_for_selector("html[data-state=done]")
        return {"check.png": _still(page)}


def _still(page: Any) -> bytes:
    """The window once the picture is decoded and the pointer is out of the way."""
    page.mouse.move(0, 0)
    page.evaluate("document.querySelector('.frame img').decode()")
    page.wait_for_timeout(300)
    return bytes(page.screenshot())


def _save(data: bytes, path: Path) -> None:
    """With as many colours as a palette holds: a third of the bytes, and the eye sees no difference."""
    image = Image.open(BytesIO(data)).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    image.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {image.width} x {image.height}, {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"{path} is larger than {MOST_BYTES:,} bytes; show less of it.")


if __name__ == "__main__":
    main()
