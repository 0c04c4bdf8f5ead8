"""A verdict in short plain text and as a small card: one place for page, command line, reports and notebooks."""

from __future__ import annotations

import html
import re
from typing import Final

from .text import shown
from .verdict import State, Trust, Verdict

SOURCES: Final = {
    "credentials": "Content Credentials",
    "source_type": "Source type",
    "generator_text": "Generator text",
    "hidden_marks": "Hidden marks",
    "camera": "Camera data",
    "pixels": "Pixels",
}
"""What the readers are called for people."""

STATES: Final = {
    State.ABSENT: "absent",
    State.FOUND: "found",
    State.UNREADABLE: "unreadable",
    State.NOT_CHECKED: "not checked",
}

TRUST: Final = {
    Trust.TRUSTED: "signed, on the trust list configured here",
    Trust.UNVERIFIED: "signed, signer not verified",
    Trust.TAMPERED: "altered after signing",
    Trust.UNSIGNED: "unsigned, anyone can write this",
}

LIMITS: Final = (
    "A score is about pixels, never about a person. It proves nothing on its own.",
    "Marks in a file can be added, copied or removed by anyone; only a signature on the trust list configured here "
    "says who wrote them.",
    "Some kinds of art are judged wrong more often than others, photographs among them; the model card says how often, "
    "kind by kind.",
    "A generator that the model has not met can pass unseen.",
)
"""What nobody may forget of a result."""

SOURCE_CAVEAT: Final = (
    "A guess from the pixels: a generator that the model has not met can look like one that it has, and "
    "so can a human work that was wrongly taken for AI."
)

MAP_CAVEAT: Final = (
    "A map of influence, not of forgery: a strong patch resembles generated texture. "
    "It does not show where AI was used."
)


def as_text(verdict: Verdict, name: str | None = None) -> str:
    """The verdict on the file called `name` as a few lines of plain text, to paste into a mail."""
    called = f"{shown(name)}: " if name else ""
    if verdict.error is not None:
        return f"{called}{verdict.error.title}\n{verdict.error.detail} {verdict.error.advice}".strip()
    assert verdict.wording is not None, "a verdict without an error has words"
    told = verdict.wording
    lines = [f"{called}{told.answer}", told.why, told.error_rate, *told.advice, ""]
    lines += found_lines(verdict)
    if verdict.attribution:
        lines.append(f"Likely source, by the pixels: {verdict.attribution.words}.")
    lines += [warning.detail for warning in verdict.warnings]
    lines += ["", digest_line(verdict), maker_line(verdict)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def found_lines(verdict: Verdict) -> list[str]:
    """One line for every reader of the file that came back with anything but "absent"."""
    return [
        f"{SOURCES.get(e.source, e.source)} ({STATES[e.state]}): {e.summary}"
        for e in verdict.evidence
        if e.kind == "provenance" and e.state is not State.ABSENT
    ]


def digest_line(verdict: Verdict) -> str:
    """Which file it was; "" for bare pixels."""
    digest = verdict.input.sha256 if verdict.input else None
    return f"SHA-256 of the file {digest}" if digest else ""


def maker_line(verdict: Verdict) -> str:
    """Which bundle looked at it, and when."""
    model = verdict.model
    return f"Brushwork, model {model.name} {model.version}, {verdict.created_at:%Y-%m-%d %H:%M} UTC" if model else ""


def as_card(verdict: Verdict) -> str:
    """A small piece of HTML for notebooks; every value is escaped."""
    if verdict.error is not None:
        return f"<p><b>{html.escape(verdict.error.title)}</b>: {html.escape(verdict.error.detail)}</p>"
    assert verdict.wording is not None, "a verdict without an error has words"
    found = "".join(
        f"<li>{html.escape(e.source)}: {html.escape(e.summary)}</li>"
        for e in verdict.evidence
        if e.state is not State.ABSENT
    )
    lines = (verdict.wording.why, verdict.wording.error_rate)
    body = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f"<section><h4>{html.escape(verdict.wording.answer)}</h4>{body}<ul>{found}</ul></section>"
