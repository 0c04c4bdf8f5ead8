"""The few ways in which a reader answers: absent, unreadable, not checked, or found with its facts."""

from __future__ import annotations

from ..text import shown
from ..verdict import Claim, Evidence, Fact, State, Trust

MAX_FACTS = 40
"""Facts kept per piece of evidence: enough for a long chain of ingredients, too few to fill a page."""


def fact(name: str, value: object) -> Fact:
    """One field with its value made fit to be shown: one line, no control characters, shortened."""
    return Fact(name=shown(name, 120), value=shown(str(value)))


def absent(source: str, summary: str) -> Evidence:
    """Looked, and there is nothing."""
    return Evidence(kind="provenance", source=source, state=State.ABSENT, summary=summary)


def not_checked(source: str, summary: str) -> Evidence:
    """No reader here can look for this."""
    return Evidence(kind="provenance", source=source, state=State.NOT_CHECKED, summary=summary)


def bare_pixels(source: str) -> Evidence:
    """Bare pixels were given: there is no file whose metadata could be read."""
    return not_checked(source, "Only pixels were given, so what the file says of itself could not be read.")


def unreadable(source: str, summary: str, facts: tuple[Fact, ...] = ()) -> Evidence:
    """There is something, and it could not be read."""
    return Evidence(
        kind="provenance", source=source, state=State.UNREADABLE, summary=shown(summary), facts=facts[:MAX_FACTS]
    )


def found(
    source: str,
    summary: str,
    *,
    claim: Claim = Claim.NOT_STATED,
    trust: Trust = Trust.UNSIGNED,
    tool: str | None = None,
    facts: tuple[Fact, ...] = (),
) -> Evidence:
    """There is something, and this is what it says."""
    return Evidence(
        kind="provenance",
        source=source,
        state=State.FOUND,
        summary=shown(summary),
        claim=claim,
        trust=trust,
        tool=None if tool is None else shown(tool, 120),
        facts=facts[:MAX_FACTS],
    )
