"""What every route asks before it runs: may this caller do that, and is every parameter of the query one of its own?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError

from ..text import shown
from .callers import ACT_OF_ADMIN, DEFAULTS, SAFE_METHODS, Require

OPEN_PATHS: Final = frozenset({
    "/", "/livez", "/readyz", "/health", "/version", "/docs", "/openapi.json", "/v1/session", "/v1/instance",
    "/.well-known/security.txt",
    "/batch", "/compare", "/history", "/review", "/lab", "/model", "/status", "/help",
    "/sign-in",
})  # fmt: skip
OPEN_FOLDERS: Final = ("/static/", "/problems/", "/v1/shared/", "/s/")
"""What needs no key: the files and empty frames of the page, how the service is, where a key is shown, and links that
owners gave away."""
_ALIASES: Final = frozenset({"/predict", "/batch-predict"})


def is_open(path: str) -> bool:
    """True where nobody is asked for a key. Every other path asks, also one that does not exist."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


def is_api(path: str) -> bool:
    """True for the interface that programs call, which takes no parameter that it does not know."""
    return path.startswith("/v1/") or path in _ALIASES


def check_entry(request: Request) -> None:
    """The dependency of every route. Raises Unauthenticated, NotAllowed or RequestValidationError."""
    path, dependant = request.scope["path"], request.scope["route"].dependant
    own = [part.call for part in _parts(dependant) if isinstance(part.call, Require)]
    if not own and not is_open(path):
        DEFAULTS[request.method in SAFE_METHODS](request)
    request.scope["state"][ACT_OF_ADMIN] = any(part.scopes == ("admin",) for part in own)
    if is_api(path):
        _check_query(request, dependant)


def _check_query(request: Request, dependant: Dependant) -> None:
    known = [field.alias for part in _parts(dependant) for field in part.query_params]
    wrong = [_unknown(name, known) for name in dict.fromkeys(request.query_params) if name not in known]
    if wrong:
        raise RequestValidationError(wrong)


def _unknown(name: str, known: list[str]) -> dict[str, Any]:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known) or 'none here'}."
    return {"type": "unknown", "loc": ("query", shown(name, 60)), "msg": f"is no parameter of this route; {hint}"}


def _parts(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for part in dependant.dependencies:
        yield from _parts(part)
