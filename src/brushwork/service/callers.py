"""Who asks, and what they may do: every route that keeps or gives back something knows its caller by this.

A route without a `require` of its own asks for `read` where it only reads and for `write` where it changes something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

from fastapi import Depends, Request

from ..errors import NotAllowed, Unauthenticated

ScopeName = Literal["read", "write", "review", "metrics", "admin"]
"""read what was saved; write: examine, save, delete one's own; review feedback; read /metrics; admin: the rest."""

SCOPES: Final[tuple[ScopeName, ...]] = get_args(ScopeName)
LOCAL: Final = "local"
"""The owner of everything where the service asks for no key: only this machine reaches it then."""
ACT_OF_ADMIN: Final = "act_of_admin"
"""The name in a request's state that says whether its route is for administrators alone."""
AUDITED: Final = "audited"
"""The name in a request's state that says that its route wrote the audit log itself, in the transaction of the act."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """`owner` is the id of the key that what is saved belongs to; `scopes` what that key may do.

    `label` is what the operator called the key; `by_key` is false where none was shown.
    """

    owner: str
    scopes: frozenset[str]
    label: str = ""
    by_key: bool = False


EVERYTHING: Final = frozenset[str](SCOPES)
AT_THIS_MACHINE: Final = Caller(LOCAL, EVERYTHING)


def caller_of(request: Request) -> Caller:
    """The caller of a request. Raises Unauthenticated where there is none."""
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is None:
        raise unauthenticated()
    return caller


Asking = Annotated[Caller, Depends(caller_of)]


@dataclass(frozen=True)
class Require:
    """The dependency that lets a caller through who has one of `scopes`; made by `require`."""

    scopes: tuple[ScopeName, ...]

    def __call__(self, request: Request) -> Caller:
        """The caller. Raises Unauthenticated (401) or NotAllowed (403)."""
        caller = caller_of(request)
        if caller.scopes.isdisjoint(self.scopes):
            raise NotAllowed(
                f"The key may not do this; it needs the scope {' or '.join(self.scopes)}.",
                "Ask whoever runs the service for a key with that scope.",
            )
        return caller


def require(*scopes: ScopeName) -> Require:
    """What a route depends on that needs more than `read` or `write`: `dependencies=[Depends(require("admin"))]`."""
    return Require(scopes)


DEFAULTS: Final[Mapping[bool, Require]] = {True: Require(("read",)), False: Require(("write",))}
"""What a route asks for that names nothing itself, by whether it only reads."""


def unauthenticated() -> Unauthenticated:
    """The error of a request without a key where one is needed."""
    return Unauthenticated(
        "This service answers only those who have a key.",
        "Send it as `Authorization: Bearer bw_...`; whoever runs the service makes one with `brushwork keys create`.",
    )
