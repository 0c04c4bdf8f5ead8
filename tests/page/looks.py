"""What is asked of every screen in every state: no broken rule of axe, no sideways scroll, targets large enough."""

from __future__ import annotations

from typing import Any

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 768, 1440)
SCHEMES = ("light", "dark")


def broken_rules(page: Any, axe: str) -> list[tuple[str, Any]]:
    """The rules of axe that the page breaks, with the elements. The context must have been opened with bypass_csp."""
    page.evaluate(axe)
    script = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
    found = page.evaluate(script, RULES)
    assert len(found["passes"]) > 10
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found["violations"]]


def sideways(page: Any) -> int:
    """Pixels that the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def small_targets(page: Any) -> list[str]:
    """What one can press and is less than 24 pixels wide or high, links inside of text left out."""
    found = page.evaluate("""() =>
      [...document.querySelectorAll("button, input, select, textarea, summary, nav a, a.button, a.name")]
        .filter((e) => e.checkVisibility())
        .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 24)
        .map(([text]) => text)""")
    return [str(text) for text in found]


def assert_good(page: Any, axe: str) -> None:
    """Hold the page to all of it, at every width and in both schemes, and at twice the size of its text."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert sideways(page) == 0, f"{width} px"
            assert broken_rules(page, axe) == [], f"{scheme}, {width} px"
    assert small_targets(page) == []
    page.set_viewport_size({"width": 640, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sideways(page) == 0, "at twice the size"
    page.evaluate("document.documentElement.style.fontSize = ''")
