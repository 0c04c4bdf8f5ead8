"""The page: a few documents rendered on the server, and the files in `static/` that the browser gets at /static/.

The browser's modules draw the same result as `templates/result.html`, from the same words: those of the verdict
itself, and `words.json` for the rest. Every value is escaped by Jinja; there is no inline script and no inline style.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...chance import chances, strength
from ...comparison import Comparison
from ...forensics.bundle import Bundle
from ...verdict import Verdict
from .figures import figures_of
from .markdown import to_html
from .shell import CHECK, COMPARE, FOLDER, MODEL, NAV, Shell, render, size_words, words

__all__ = [
    "CONTENT_SECURITY_POLICY", "FOLDER", "NAV", "STATIC", "Shell", "card_page", "check_page", "compare_page",
    "compared_page", "gone_page", "problem_page", "render", "result_page", "size_words", "words",
]  # fmt: skip

STATIC: Final = FOLDER / "static"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What the page may load: nothing but its own files, and the picture that its reader chose."""


def check_page(shell: Shell) -> str:
    """The page at /: choose, drop or paste a picture; a plain form where scripts do not run."""
    return render("index.html", shell, CHECK)


def result_page(shell: Shell, verdict: Verdict, name: str) -> str:
    """The verdict on the file called `name`, for the plain form. A failed verdict has `problem_page` instead."""
    if verdict.error is not None:
        raise ValueError("a verdict without an answer is shown by problem_page")
    weighed = {"chances": chances(verdict.rates), "strength": strength(verdict.rates)}
    return render("result.html", shell, CHECK, verdict=verdict.to_dict(), name=name, **weighed)


def problem_page(shell: Shell, problem: Mapping[str, Any], name: str | None = None) -> str:
    """An RFC 9457 problem document in words, with the form to try again."""
    return render("index.html", shell, CHECK, problem=problem, name=name)


def compare_page(shell: Shell, problem: Mapping[str, Any] | None = None) -> str:
    """The page at /compare, with what went wrong where the plain form could not be answered."""
    told = {} if problem is None else {"problem": problem, "name": None}
    return render("compare.html", shell, COMPARE, **told)


def compared_page(shell: Shell, found: Comparison, names: tuple[str, str]) -> str:
    """Two pictures called `names` and what they are to each other, for the plain form."""
    return render("compared.html", shell, COMPARE, found=found.model_dump(mode="json"), names=names)


def gone_page(shell: Shell, problem: Mapping[str, Any]) -> str:
    """An RFC 9457 problem document as a page of its own, where a browser asked for a page that there is not."""
    return render("gone.html", shell, problem=problem)


def card_page(shell: Shell, bundle: Bundle) -> str:
    """The card of `bundle` as a page: its plots between its first words and the rest of the card."""
    head, _, rest = bundle.card.partition("\n## ")
    drawn = {"recipe": bundle.recipe, "figures": figures_of(bundle)}
    return render("card.html", shell, MODEL, **drawn, head=to_html(head), body=to_html(f"## {rest}"))
