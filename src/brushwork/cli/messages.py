"""What the command line says to people: on stderr, on one line each, and clean whatever a file is called."""

from __future__ import annotations

import sys
from typing import Final

import typer

from ..errors import BrushworkError
from ..text import shown

LONGEST: Final = 1500


def say(message: str) -> None:
    """Print one line on stderr."""
    typer.echo(shown(message, LONGEST), err=True)


def complain(error: BrushworkError) -> None:
    """Print an error: what happened to which input, and what to do next."""
    say(f"error: {error.detail} {error.advice}")


def usage(problem: str, hint: str = "", *, option: str | None = None) -> typer.BadParameter:
    """The usage error to raise: it ends the command with exit code 2 and points at --help."""
    return typer.BadParameter(shown(f"{problem} {hint}", LONGEST), param_hint=option)


def is_terminal(stream: object = None) -> bool:
    """True where a person watches `stream` (default: stderr)."""
    return bool(getattr(sys.stderr if stream is None else stream, "isatty", lambda: False)())
