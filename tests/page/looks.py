"""What is asked of every screen in every state: no broken rule of axe, no sideways scroll, targets large enough."""

from __future__ import annotations

from typing import Any

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
WAIT_MS = 20_000
WIDTHS = (320, 768, 1440)
SCHEMES = (("light", ALL), ("dark", COLOURS))
"""What a scheme can change are the colours; the rest is looked at once for each width."""


def broken_rules(page: Any, axe: str, only: dict[str, Any]) -> list[tuple[str, Any]]:
    """The rules of axe that the page breaks, with the elements. The context must have been opened with bypass_csp."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(content=axe)  # once a document: to send and read half a megabyte takes longer than to look
    script = "(only) => axe.run(document, {runOnly: only, resultTypes: ['violations']})"
    found = page.evaluate(script, only)
    assert found["passes"], "no rule was looked at"
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found["violations"]]


def sideways(page: Any) -> int:
    """Pixels that the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def small_targets(page: Any) -> list[str]:
    """What one can press and is less than 24 pixels wide or high, links inside of text left out."""
    found = page.evaluate("""() =>
      [...document.querySelectorAll("button, input, select, textarea, summary, nav a, a.button, a.name")]
        .filter((e) => e.checkVisibility() && !e.closest(".unseen"))
        .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 24)
        .map(([text]) => text)""")
    return [str(text) for text in found]


def assert_good(page: Any, axe: str) -> None:
    """Hold the page to all of it, at every width and in both schemes, and at twice the size of its text."""
    for scheme, rules in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour is measured half way to its own
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert sideways(page) == 0, f"{width} px"
            found = broken_rules(page, axe, rules)
            assert found == [], f"{scheme}, {width} px: {found}"
    assert small_targets(page) == []
    page.set_viewport_size({"width": 640, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sideways(page) == 0, "at twice the size"
    page.evaluate("document.documentElement.style.fontSize = ''")


def wait_for_count(page: Any, selector: str, count: int) -> None:
    """Wait until so many elements are there. Without a script in the page, which its policy would refuse."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_count(count, timeout=WAIT_MS)


def wait_for_value(page: Any, selector: str, value: str) -> None:
    """Wait until a field holds `value`."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_value(value, timeout=WAIT_MS)
