"""A running service on a loopback port, and a Chromium that looks at it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import NEEDS, ROOT, give_up
from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import Elsewhere, elsewhere
from tests.page.running import Service, launched

NODE = ROOT / "node_modules"
NODE_HINT = "run `npm install --no-save --no-package-lock axe-core@4 typescript@5`"


@pytest.fixture(scope="package")
def other_site() -> Iterator[Elsewhere]:
    """A server of somebody else, from which the service may fetch."""
    with elsewhere() as place:
        yield place


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory, other_site: Elsewhere) -> Iterator[Service]:
    """One service for the whole package, for it takes seconds to start. Nothing is blind in it unless it is asked for.
    Who empties its history or kills it leaves it running."""
    folder = tmp_path_factory.mktemp("service")
    allowed = json.dumps([other_site.here])
    settings = {"URL_FETCH_ALLOW": allowed, "SIGNING_FOLDER": str(folder), "BLIND_REVIEW": "false"}
    with Service(folder, settings={f"BRUSHWORK_{name}": value for name, value in settings.items()}) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    need = next(need for need in NEEDS if need.marker == "needs_chromium")
    if not need.present():
        give_up(need.reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = launched(playwright)
        yield opened
        opened.close()


class Watched:
    """A page, with everything that the browser said about it and every address that it asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.set_default_timeout(60_000)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def check(self, path: Path, state: str = "done") -> None:
        """Choose a file and wait for the page to be in `state`."""
        self.page.set_input_files("#image", path)
        self.wait(state)

    def wait(self, state: str) -> None:
        self.page.wait_for_selector(f"html[data-state={state}]")


@pytest.fixture
def open_page(browser: Any, service: Service) -> Iterator[Any]:
    """A function that opens a page, the check by default, in a fresh context; its arguments are those of a context."""
    contexts = []

    def opened(path: str = "/", **options: Any) -> Watched:
        context = browser.new_context(**options)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.goto(f"{service.url}{path}")
        return watched

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def watched(open_page: Any) -> Iterator[Watched]:
    """The check page. At the end the browser must have had nothing to say, but that an answer was an error."""
    page = open_page()
    yield page
    assert [line for line in page.said if "Failed to load resource" not in line] == []


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one picture of each sort, all drawn by code."""
    folder = tmp_path_factory.mktemp("pictures")
    painting = encoded(drawn("painterly", (640, 480), 1))
    (folder / "painting.png").write_bytes(painting)
    (folder / "broken.png").write_bytes(painting[: len(painting) // 3])
    (folder / "notes.txt").write_text("this is no picture")
    (folder / "tiny.png").write_bytes(encoded(drawn("painterly", (10, 10), 1)))
    huge = Image.linear_gradient("L").resize((5000, 5000)).convert("RGB")
    (folder / "huge.jpg").write_bytes(encoded(huge, "JPEG", quality=80))
    (folder / "scan.tiff").write_bytes(encoded(drawn("painterly", (300, 200), 1), "TIFF"))
    (folder / '"><img src=x onerror=alert(1)>.png').write_bytes(painting)
    return folder


@pytest.fixture(scope="package")
def axe() -> str:
    """The source of axe-core, the checker of accessibility rules."""
    named = os.environ.get("BRUSHWORK_AXE")
    path = Path(named) if named else NODE / "axe-core" / "axe.min.js"
    if not path.is_file():
        give_up(f"needs axe-core; {NODE_HINT}, or name axe.min.js with BRUSHWORK_AXE")
    return path.read_text("utf-8")


@pytest.fixture(scope="package")
def tsc() -> str:
    """The TypeScript compiler, which checks the JSDoc types."""
    local = NODE / ".bin" / "tsc"
    found = str(local) if local.is_file() else shutil.which("tsc")
    if found is None:
        give_up(f"needs the TypeScript compiler; {NODE_HINT}")
    return str(found)
