"""The page: a few documents rendered on the server, and the files in `static/` that the browser gets at /static/.

The browser's modules draw the same result as `templates/result.html`, from the same words: those of the verdict
itself, and `words.json` for the rest. Every value is escaped by Jinja; there is no inline script and no inline style.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...picture import FORMATS, Limits
from ...verdict import Verdict
from .chance import chances
from .markdown import to_html

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What the page may load: nothing but its own files, and the picture that its reader chose."""


@dataclass(frozen=True)
class Shell:
    """What stands around every page: the limits to announce, and the bundle whose card the menu links."""

    limits: Limits
    model: str


def check_page(shell: Shell) -> str:
    """The page at /: choose, drop or paste a picture; a plain form where scripts do not run."""
    return _render("index.html", shell)


def result_page(shell: Shell, verdict: Verdict, name: str) -> str:
    """The verdict on the file called `name`, for the plain form. A failed verdict has `problem_page` instead."""
    if verdict.error is not None:
        raise ValueError("a verdict without an answer is shown by problem_page")
    return _render("result.html", shell, verdict=verdict.to_dict(), name=name, chances=chances(verdict.rates))


def problem_page(shell: Shell, problem: Mapping[str, Any], name: str | None = None) -> str:
    """An RFC 9457 problem document in words, with the form to try again."""
    return _render("index.html", shell, problem=problem, name=name)


def card_page(shell: Shell, name: str, card: str) -> str:
    """The card of the bundle `name`, Markdown, as a page."""
    return _render("card.html", shell, name=name, body=to_html(card))


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The vocabulary that the server's and the browser's rendering share, beside that of the verdict."""
    found: dict[str, Any] = json.loads((FOLDER / "words.json").read_text("utf-8"))
    return found


def _render(template: str, shell: Shell, **context: Any) -> str:
    limits = shell.limits
    return (
        _environment()
        .get_template(template)
        .render(
            model=shell.model,
            formats=FORMATS,
            max_bytes=limits.max_bytes,
            max_size=size_words(limits.max_bytes),
            max_megapixels=f"{limits.max_pixels / 1e6:g}",
            **context,
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words()
    environment.filters["size"] = size_words
    return environment


def size_words(count: int) -> str:
    """A number of bytes as people read it, in units of 1024: 20971520 is "20 MB"."""
    if count < 1024:
        return f"{count} bytes"
    amount, unit = (count / 1024, "kB") if count < 1024 * 1024 else (count / (1024 * 1024), "MB")
    return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"
