"""Measure how smoothly the table of a batch scrolls: frames a second over 2,000 rows, in a real Chromium.

    python benchmarks/page_rows.py [ROWS]

A batch of that many results is written into the store of a fresh service. The page is scrolled from the first row to
the last and back at a constant pace, by the clock of the page's own frames, with the machine's own processor drawing
(no graphics card). Written down are the frames a second, the longest frame, and how many rows the document holds.
Frames a second depend on what else the machine does; so a second pass moves 100 pixels with each frame and counts the
processor time that the page's main thread spends on one, which does not: 20 ms leave room for 50 frames a second.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from machine import described  # noqa: E402, after the path
from tests.page.batch_seeds import seeded  # noqa: E402
from tests.page.running import Service, free_port, launched  # noqa: E402

ROWS: Final = 2000
SIZE: Final = {"width": 1440, "height": 900}
PIXELS_PER_SECOND: Final = 6000
"""A fast flick of the wheel; the whole table passes in about half a minute."""
SCROLL: Final = """async ([pace, seconds]) => {
  const end = document.documentElement.scrollHeight - innerHeight;
  const frames = [];
  let [at, way, before] = [0, 1, await new Promise(requestAnimationFrame)];
  const start = before;
  while (before - start < seconds * 1000) {
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    at += way * pace * (now - before) / 1000;
    if (at > end || at < 0) way = -way;
    scrollTo(0, at);
    before = now;
  }
  return frames;
}"""
STEP: Final = """async ([pixels, count]) => {
  scrollTo(0, 0);
  for (let i = 0; i < count; i += 1) {
    await new Promise(requestAnimationFrame);
    scrollBy(0, pixels);
  }
}"""
STEPS: Final = (100, 300)
"""Pixels of one step, and steps: 100 pixels a frame are 6,000 a second at 60 frames."""
DRAWN: Final = ".batch-table .table-body .row"
SECONDS: Final = 15


def main() -> None:
    """Print one block of Markdown."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as place:
        service = Service(Path(place), free_port())
        service.start()
        try:
            batch = seeded(service.database_url, count)
            frames, each_ms, drawn, shown_s = _measured(f"{service.url}/batch/{batch}", count)
        finally:
            service.stop()
    print("\n".join(f"> {line}" for line in described("playwright", "pillow", seed=count).splitlines()))
    print(f"\n**{count:,} rows:** {_told(frames)}; {each_ms:.1f} ms of processor time of the main thread for a frame "
          f"of {STEPS[0]} pixels; {drawn} rows in the document at the end, {shown_s:.1f} s from the address to all "
          f"rows counted.")  # fmt: skip


def _measured(url: str, count: int) -> tuple[list[float], float, int, float]:
    """The length of each frame in milliseconds, the processor time of one of the second pass, how many rows are drawn
    at the end, and seconds until all are there."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page(viewport=SIZE)
        page.goto(url)
        page.wait_for_selector(f"#show-all b >> text=/^{count}$/", timeout=120_000)
        ready: Any = page.evaluate("performance.now() / 1000")
        frames = page.evaluate(SCROLL, [PIXELS_PER_SECOND, SECONDS])
        each_ms = _processor_ms(page)
        drawn = page.locator(DRAWN).count()
        browser.close()
    return frames, each_ms, drawn, float(ready)


def _processor_ms(page: Any) -> float:
    """Milliseconds of processor time of the main thread for one step."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _busy_s(session)
    page.evaluate(STEP, list(STEPS))
    return (_busy_s(session) - before) * 1000 / STEPS[1]


def _busy_s(session: Any) -> float:
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))


def _told(frames: list[float]) -> str:
    ordered = sorted(frames)
    mean, late = 1000 * len(frames) / sum(frames), ordered[int(len(ordered) * 0.95)]
    return (
        f"{mean:.0f} frames a second over {sum(frames) / 1000:.0f} s of scrolling at {PIXELS_PER_SECOND:,} pixels a "
        f"second; 95 of 100 frames within {late:.0f} ms, the longest {ordered[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
