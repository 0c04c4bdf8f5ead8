"""What the page itself costs, in Chromium against a service of its own on loopback: the wait, the weight, the memory.

    python -m benchmarks.page [--rounds 25] [--checks 500] [--only wait,weight,memory]

The wait is that from choosing a 1-megapixel file to the answer on screen, less what the same request takes a program:
rounds of both alternate, with a file that was never sent before, so that other work on the machine falls on both. The
weight is what a screen loads before any picture, uncompressed, and from where. The memory is JavaScript's heap after
a collection, with the nodes and listeners of the document, after 50 checks and after all of them in one open page.
Needs Chromium and Playwright, as the page tests do. `benchmarks/page_rows.py` measures the table of the batch.
"""

from __future__ import annotations

import argparse
import http.client
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.machine import described
from benchmarks.service import HEADERS, form
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import sync_playwright

from brushwork.cli.bench import DRAWN_SIDE, draw
from brushwork.service.page import NAV
from tests.made.drawings import drawn
from tests.page.running import Service, free_port, launched

SETTLED: Final = 50
"""Checks after which the memory is looked at first: everything is loaded, and a tab holds no more than so many."""
SMALL: Final = 256
WAIT_LIMIT_MS, WEIGHT_LIMIT = 150, 120_000
WATCH: Final = """
document.addEventListener("change", (event) => {
  if (event.target.id !== "image") return;
  window.shownAfter = null;
  const begun = performance.now();
  const before = document.querySelector("#answer");
  const look = () => {
    const now = document.querySelector("#answer");
    if (!now || now === before) return requestAnimationFrame(look);
    requestAnimationFrame(() => (window.shownAfter = performance.now() - begun));
  };
  look();
}, true);
"""
"""Milliseconds from the choice of a file to the frame after the one that has its answer. It stands before any script of
the page, and hears of the choice first."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25, help="of the wait")
    parser.add_argument("--checks", type=int, default=500, help="of the memory, more than 50")
    parser.add_argument("--only", default="wait,weight,memory", help="what to measure")
    given = parser.parse_args()
    print(described("playwright", "fastapi", "onnxruntime"))
    measures: dict[str, Callable[[Opened], None]] = {
        "wait": lambda opened: wait(opened, given.rounds),
        "weight": weight,
        "memory": lambda opened: memory(opened, max(given.checks, SETTLED + 1)),
    }
    with opened() as page_and_service:
        print(f"Chromium {page_and_service.browser.version}")
        for name in given.only.split(","):
            print()
            measures[name.strip()](page_and_service)


@dataclass(frozen=True)
class Opened:
    """A browser, and the address of the service that it looks at."""

    browser: Any
    url: str

    def page(self) -> Any:
        """A page in a context of its own, with nothing in its cache."""
        page = self.browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(60_000)
        return page


@contextmanager
def opened() -> Iterator[Opened]:
    """The service on a free loopback port and a browser, both stopped at the end."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        service = Service(Path(folder), free_port())
        service.start()
        browser = launched(playwright)
        try:
            yield Opened(browser, service.url)
        finally:
            browser.close()
            service.stop()


def wait(opened: Opened, rounds: int) -> None:
    """Print how long the answer takes to appear, and how much of that is the page's."""
    data = draw(1)[0][1]
    assert isinstance(data, bytes)
    page = opened.page()
    page.add_init_script(WATCH)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.goto(opened.url)
    shown(page, unlike(data, 0))  # warm, and tells what the page asks for
    path = asked[0].removeprefix(opened.url)
    program(opened.url, path, unlike(data, 1))
    pairs = []
    for number in range(2, 2 * rounds + 2, 2):
        pairs.append((shown(page, unlike(data, number)), program(opened.url, path, unlike(data, number + 1))))
    own = sorted(seen - told for seen, told in pairs)
    middle, most = statistics.median(own), own[int(0.9 * len(own))]
    print(
        f"first answer on screen, {rounds} rounds, a JPEG of {DRAWN_SIDE} x {DRAWN_SIDE} pixels, {len(data):,} bytes\n"
        f"  on screen after      {statistics.median(seen for seen, _ in pairs):7.1f} ms\n"
        f"  asked by a program   {statistics.median(told for _, told in pairs):7.1f} ms, POST {path}\n"
        f"  the page's own part  {middle:7.1f} ms, the median of differences; 90 % within {most:.1f} ms\n"
        f"  {verdict_on(middle, WAIT_LIMIT_MS, 'ms')}"
    )
    page.close()


def verdict_on(value: float, limit: float, unit: str) -> str:
    """A line that says whether a limit holds."""
    return f"limit {limit:,.0f} {unit}: {'met' if value <= limit else 'NOT met'}"


def shown(page: Any, data: bytes) -> float:
    """Milliseconds from the choice of the file to its answer on screen."""
    choose(page, data, "a.jpg", "image/jpeg")
    took = float(page.wait_for_function("() => window.shownAfter").json_value())
    page.wait_for_selector("html[data-state=done]")  # the range, which the page asks for after the answer
    return took


def choose(page: Any, data: bytes, name: str, kind: str) -> None:
    """Choose a file that lies in memory only."""
    page.set_input_files("#image", {"name": name, "mimeType": kind, "buffer": data})


def program(url: str, path: str, data: bytes) -> float:
    """Milliseconds that the same request takes without a page."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    start = time.perf_counter()
    connection.request("POST", path, form(data), HEADERS)
    answer = connection.getresponse()
    answer.read()
    took = 1000 * (time.perf_counter() - start)
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"the service answered {answer.status}")
    return took


def unlike(jpeg: bytes, number: int) -> bytes:
    """The same pixels in other bytes, by a comment after the start marker, so that no answer is known already."""
    text = b"round %d" % number
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]


def weight(opened: Opened) -> None:
    """Print what each screen loads before a picture, and whether anything came from elsewhere."""
    print("weight of a screen before a picture, uncompressed")
    elsewhere, heaviest = set(), 0
    for path, title in (entry for group in NAV for entry in group):
        page, answers = opened.page(), list[Any]()
        page.on("response", lambda answer, answers=answers: answers.append(answer))
        page.goto(opened.url + path)
        page.wait_for_load_state("networkidle")
        size = sum(len(answer.body()) for answer in answers if answer.status == 200)
        heaviest = max(heaviest, size)
        elsewhere |= {answer.url for answer in answers if not answer.url.startswith((opened.url, "blob:", "data:"))}
        print(f"  {title:<8} {size / 1000:6.1f} kB in {len(answers)} requests")
        page.close()
    print(f"  heaviest {heaviest / 1000:.1f} kB; {verdict_on(heaviest, WEIGHT_LIMIT, 'bytes')}")
    print(f"  requests to another origin: {len(elsewhere)}")


def memory(opened: Opened, checks: int) -> None:
    """Print the heap, nodes and listeners after 50 checks and after all of them."""
    page = opened.page()
    page.goto(opened.url)
    session = page.context.new_cdp_session(page)
    seen, image = [], drawn("painterly", (SMALL, SMALL), 1)
    for number in range(1, checks + 1):
        choose(page, declared(image, number), f"{number}.png", "image/png")
        shows = page.locator(f"html[data-state=done] .facts >> text={number}.png")
        shows.first.wait_for(state="attached")  # a handle on an element would keep its document in memory
        if number in (SETTLED, checks):
            seen.append(held(session))
    before, after = seen
    print(f"memory of one page after {SETTLED} and after {checks} checks of a PNG of {SMALL} x {SMALL} pixels")
    for name in before:
        print(f"  {name:<10} {before[name]:>12,} {after[name]:>12,}  {after[name] / before[name] - 1:+.1%}")
    page.close()


def held(session: Any) -> dict[str, int]:
    """Bytes of the heap after a collection, nodes and listeners."""
    session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    return {"heap bytes": int(heap), "nodes": counters["nodes"], "listeners": counters["jsEventListeners"]}


def declared(image: Image.Image, number: int) -> bytes:
    """The drawing in a file that says that AI made it: no range is asked for after such an answer."""
    told = PngInfo()
    told.add_text("parameters", f"Steps: 30, Sampler: Euler a, CFG scale: 7, Seed: {number}, Size: {SMALL}x{SMALL}")
    stream = io.BytesIO()
    image.save(stream, "PNG", pnginfo=told)
    return stream.getvalue()


if __name__ == "__main__":
    main()
