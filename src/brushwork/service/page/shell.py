"""What stands around every page: the menu, the limits to announce, and the one way to draw a template."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...picture import FORMATS, Limits
from ...verdict import Answer

FOLDER: Final = Path(__file__).parent

CHECK, BATCH, COMPARE, HISTORY, REVIEW, LAB = "/", "/batch", "/compare", "/history", "/review", "/lab"
MODEL, STATUS, HELP = "/model", "/status", "/help"
SIGN_IN: Final = "/sign-in"
NAV: Final[tuple[tuple[tuple[str, str], ...], ...]] = (
    ((CHECK, "Check"), (BATCH, "Batch"), (COMPARE, "Compare"), (HISTORY, "History"), (REVIEW, "Review"), (LAB, "Lab")),
    ((MODEL, "Model"), (STATUS, "Status"), (HELP, "Help")),
)
"""The menu: what one works with, and what one reads. A screen is one line here, one route and one template."""


@dataclass(frozen=True)
class Shell:
    """What stands around every page: the limits to announce, the bundle in use, whether keys are asked for, whether
    addresses are fetched, and whether case files can be had as PDF."""

    limits: Limits
    model: str
    asks_for_keys: bool = False
    fetches_urls: bool = True
    makes_pdf: bool = True


def render(template: str, shell: Shell, here: str = "", **context: Any) -> str:
    """The template, every value escaped; `here` is the entry of NAV that is marked as the current page."""
    limits = shell.limits
    return (
        _environment()
        .get_template(template)
        .render(
            here=here,
            model=shell.model,
            asks_for_keys=shell.asks_for_keys,
            fetches_urls=shell.fetches_urls,
            makes_pdf=shell.makes_pdf,
            formats=FORMATS,
            max_bytes=limits.max_bytes,
            max_size=size_words(limits.max_bytes),
            max_megapixels=f"{limits.max_pixels / 1e6:g}",
            **context,
        )
    )


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The vocabulary that the server's and the browser's rendering share: `words.json`, and the answers' own words."""
    found: dict[str, Any] = json.loads((FOLDER / "words.json").read_text("utf-8"))
    return {**found, "answer": {answer.value: answer.words for answer in Answer}}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}  # the order of words is that of the page
    environment.globals.update(words=words(), nav=NAV)
    environment.filters["size"] = size_words
    return environment


def size_words(count: int) -> str:
    """A number of bytes as people read it, in units of 1024: 20971520 is "20 MB"."""
    if count < 1024:
        return f"{count} bytes"
    amount, unit = (count / 1024, "kB") if count < 1024 * 1024 else (count / (1024 * 1024), "MB")
    return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"
