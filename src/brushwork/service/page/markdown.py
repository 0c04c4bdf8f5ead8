"""The few forms of Markdown that a model card uses, as HTML: headings, paragraphs, lists, tables, folds.

Everything is escaped first, so that no text of a card can become markup of the page beyond those forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

_FOLD: Final = re.compile(r"<details><summary>(.*)</summary>")
_INLINE: Final = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*]+)\*"), r"<em>\1</em>"),
)


def to_html(text: str) -> Markup:
    """`text` as HTML. A form that is not known is a paragraph."""
    lines = _joined(text.splitlines())
    return Markup("\n").join(Markup("").join(_RENDER[kind](list(group))) for kind, group in groupby(lines, key=_kind))


def _joined(lines: list[str]) -> Iterator[str]:
    """Put the continuation of a list item, which is indented, back on its line."""
    held: str | None = None
    for line in lines:
        if held is not None and held.startswith("- ") and line.startswith("  "):
            held = f"{held} {line.strip()}"
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if line.startswith("#"):
        return "heading"
    if line.startswith("- "):
        return "list"
    if line.startswith("|"):
        return "table"
    return "fold" if _FOLD.match(line) or line.strip() == "</details>" else "paragraph"


def _inline(text: str) -> Markup:
    shown = str(escape(text.strip()))
    for pattern, replacement in _INLINE:
        shown = pattern.sub(replacement, shown)
    return Markup(shown)  # noqa: S704 escaped above; only the tags of _INLINE were added


def _headings(lines: list[str]) -> Iterator[Markup]:
    for line in lines:
        level = min(6, len(line) - len(line.lstrip("#")))
        yield Markup("<h{0}>{1}</h{0}>").format(level, _inline(line.lstrip("#")))


def _paragraph(lines: list[str]) -> Iterator[Markup]:
    yield Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _list(lines: list[str]) -> Iterator[Markup]:
    items = Markup("").join(Markup("<li>{}</li>").format(_inline(line[2:])) for line in lines)
    yield Markup('<ul class="notes">{}</ul>').format(items)


def _table(lines: list[str]) -> Iterator[Markup]:
    """The first line has the names of the columns, the second the dashes. A wide table scrolls by itself."""
    head, body = _cells(lines[0]), [_cells(line) for line in lines[2:]]
    names = Markup("").join(Markup('<th scope="col">{}</th>').format(_inline(cell)) for cell in head)
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(_inline(cell)) for cell in row))
        for row in body
    )
    yield Markup(
        '<div class="scroll" tabindex="0" role="group" aria-label="Table">'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(names, rows)


def _cells(line: str) -> list[str]:
    return line.strip().strip("|").split("|")


def _fold(lines: list[str]) -> Iterator[Markup]:
    for line in lines:
        opened = _FOLD.match(line)
        summary = _inline(opened.group(1)) if opened else Markup("")
        yield Markup("<details><summary>{}</summary>").format(summary) if opened else Markup("</details>")


def _blank(_: list[str]) -> Iterator[Markup]:
    yield Markup("")


_RENDER: Final[Mapping[str, Callable[[list[str]], Iterator[Markup]]]] = {
    "blank": _blank,
    "heading": _headings,
    "list": _list,
    "table": _table,
    "fold": _fold,
    "paragraph": _paragraph,
}
