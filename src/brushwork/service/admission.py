"""Finds out who asks, before any route sees the request."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from .callers import AT_THIS_MACHINE


class Admission:
    """Names the caller of every request of `app`, in its state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through with its caller."""
        if scope["type"] == "http":
            scope["state"]["caller"] = AT_THIS_MACHINE
        await self._app(scope, receive, send)
