"""Lets a request in: finds out who asks and counts what that one asks for, before any route sees it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import BrushworkError
from . import problems
from .access import Access
from .callers import unauthenticated
from .entry import is_api, is_open
from .limits import Limits, headers_of


class Admission:
    """The door of `app`: who, how often, how many at once. What is open to everyone is not counted."""

    def __init__(self, app: ASGIApp, access: Access, limits: Limits) -> None:
        self._app = app
        self._access = access
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through with its caller, or answer it with the problem."""
        if scope["type"] != "http" or not (is_api(scope["path"]) or not is_open(scope["path"])):
            await self._app(scope, receive, send)
            return
        told = _telling(scope, send)
        try:
            await self._admit(scope)
            with self._limits.running(scope):
                await self._app(scope, receive, told)
        except BrushworkError as error:  # of the door only: a route's own were answered inside
            await problems.answer(scope, error)(scope, receive, told)

    async def _admit(self, scope: Scope) -> None:
        try:
            caller = await self._access.caller(scope, scope["app"].state.desk.store.keys)
        except BrushworkError:
            self._limits.admit(scope)  # a refusal counts as well, by address
            raise
        scope["state"]["caller"] = caller
        self._limits.admit(scope)
        if caller is None and not is_open(scope["path"]):
            raise unauthenticated()


def _telling(scope: Scope, send: Send) -> Send:
    """`send`, which says on every answer where the caller stands."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in headers_of(scope["state"].get("standings", {}).values()).items():
                headers[name] = value
        await send(message)

    return told
