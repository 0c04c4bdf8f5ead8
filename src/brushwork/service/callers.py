"""Who asks: every route that keeps or gives back something knows its caller by this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

LOCAL: Final = "local"
"""The owner of everything where the service asks for no key: only this machine reaches it then."""


@dataclass(frozen=True)
class Caller:
    """`owner` is the id of the key that what is saved belongs to; `scopes` what that key may do."""

    owner: str
    scopes: frozenset[str]


def caller_of(request: Request) -> Caller:  # noqa: ARG001
    """The caller of a request."""
    return Caller(LOCAL, frozenset({"read", "write", "review", "admin"}))


Asking = Annotated[Caller, Depends(caller_of)]
