"""Around everything: the request id, the security headers, one log line and the metrics of each request."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import WorkerLost
from . import problems
from .logs import log
from .page import CONTENT_SECURITY_POLICY

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
"""On every answer, unless the route says otherwise (only static files may be cached)."""
_HSTS: Final = "max-age=31536000"
_GOOD_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
CLIENT_LEFT: Final = 499
"""The status that is logged, never sent, where the client closed the connection first."""


class Observed:
    """Names, times, logs and counts every request of `app`, and answers where `app` failed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        scope.setdefault("state", {})["request_id"] = answer.request_id
        start = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=answer.request_id):
            try:
                await self._app(scope, receive, answer.send)
            except ClientDisconnect:
                answer.status = CLIENT_LEFT
            except asyncio.CancelledError:  # the service is stopped, and this took longer than it may then
                if answer.status == 0:
                    await problems.answer(scope, _stopped())(scope, receive, answer.send)
                raise
            except Exception as error:  # noqa: BLE001  the last stop: it is logged, and the caller gets a clear 500
                log().exception("failed")
                if answer.status == 0:
                    await problems.answer(scope, error)(scope, receive, answer.send)
            finally:
                _count(scope, answer.status, time.perf_counter() - start)


def _stopped() -> WorkerLost:
    return WorkerLost("The service was stopped before this was done.", "Send it again.")


class _Answer:
    """One answer on its way out: gets its headers, and its status is kept."""

    def __init__(self, scope: Scope, send: Send) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.request_id = given if _GOOD_ID.fullmatch(given) else secrets.token_hex(8)
        self.status = 0
        self._secure = scope.get("scheme") == "https"
        self._send = send

    async def send(self, message: Message) -> None:
        """Send on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if self._secure:
                headers["Strict-Transport-Security"] = _HSTS
            headers["X-Request-ID"] = self.request_id
        await self._send(message)


def _count(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    desk = getattr(scope["app"].state, "desk", None)
    if desk is not None:
        desk.metrics.request(route, scope["method"], status, seconds)
    log().info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
