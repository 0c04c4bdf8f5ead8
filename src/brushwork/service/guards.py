"""What a request must pass before any route sees it: its host, the page that sent it, its size and its pace.

Written on bare ASGI, so that the limits hold while the body still arrives and before any parser reads it.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import BrushworkError, ForeignRequest, PictureTooLarge, QueueFull, RequestRefused, RequestTooSlow
from ..settings import Settings
from ..text import shown
from . import problems

GRACE_S: Final = 15.0
"""Seconds that are waited for a body, beside one for every PACE bytes that came already."""
PACE: Final = 16 * 1024
AT_ONCE_S: Final = 0.01
"""Seconds in which a short body that came with its head is through, so that the connection may stay."""
HELD_REQUESTS: Final = 4
"""Bodies of the largest size that may be held in memory at once; more is refused as too busy."""
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guards:
    """The guards in front of `app`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = frozenset(served_hosts(settings))
        self._hold = _Hold(settings.max_request_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it with the problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = _Body(receive, headers, self._hold)
        try:
            try:
                check_host(headers, self._hosts)
                check_origin(scope["method"], headers)
                body.check_announced()
            except BrushworkError as error:
                await problems.answer(scope, error)(scope, body.receive, body.closing(send))
                return
            await self._app(scope, body.receive, body.closing(send))
        finally:
            body.let_go()


def served_hosts(settings: Settings) -> tuple[str, ...]:
    """The Host headers that are answered, without the port: that of the address listened on, and those allowed."""
    allowed = tuple(host.lower() for host in settings.allowed_hosts)
    own = own_host(settings.host)
    return allowed if own is None or own in allowed else (own, *allowed)


def own_host(host: str) -> str | None:
    """`host` as it stands in an address, e.g. "[::1]"; None for a wildcard, which stands for no address of its own."""
    bare = host.strip("[]").lower()
    try:
        address = ip_address(bare)
    except ValueError:
        return bare or None
    if address.is_unspecified:
        return None
    return f"[{address}]" if address.version == 6 else str(address)


def check_host(headers: Headers, allowed: frozenset[str]) -> None:
    """Refuse a Host that is not served: a foreign name that resolves to this machine (DNS rebinding) is one."""
    given = headers.getlist("host")
    name = _without_port(given[0].lower()) if len(given) == 1 else ""
    if name.rstrip(".") not in allowed:
        raise RequestRefused(
            f"The host {shown(name, 80) or '(none)'} is not served here.",
            "Use the address that the service printed at its start, or add the host to BRUSHWORK_ALLOWED_HOSTS.",
        )


def _without_port(host: str) -> str:
    if host.startswith("["):
        name, _, rest = host.partition("]")
        return f"{name}]{'' if rest.startswith(':') else rest}"
    return host.partition(":")[0]


def check_origin(method: str, headers: Headers) -> None:
    """Refuse a change that a page of another site asked for through a browser.

    Browsers say so in Sec-Fetch-Site; older ones in Origin. A program sends neither and is let through.
    """
    if method in _SAFE_METHODS:
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        own = site in ("same-origin", "none")
    else:
        own = origin is None or (origin != "null" and urlsplit(origin).netloc.lower() == headers["host"].lower())
    if not own:
        raise ForeignRequest("Another site's page sent this request.", "Open Brushwork itself and send it from there.")


class _Hold:
    """The bytes of bodies that are in memory now, over all requests of this process."""

    def __init__(self, per_request: int) -> None:
        self.per_request = per_request
        self.most = HELD_REQUESTS * per_request
        self.held = 0


class _Body:
    """The body of one request as it arrives: counted, paced, and read to its end even where the answer is out already.

    Many clients read no answer while they send; and where a connection is closed on what they still send, the answer is
    lost with it. So what comes within the limits is taken and dropped, and the connection is closed then.
    """

    def __init__(self, receive: Receive, headers: Headers, hold: _Hold) -> None:
        self._receive = receive
        self._hold = hold
        self._announced = headers.get("content-length", "0")
        self._waits_for_leave = headers.get("expect", "").lower() == "100-continue"
        self._finished = "transfer-encoding" not in headers and self._announced == "0"
        self._came, self._held = 0, 0
        self._waited = 0.0
        self._coming: asyncio.Future[Message] | None = None
        self.drains = True

    def check_announced(self) -> None:
        """Refuse by the announced length, before anything is read."""
        if not (self._announced.isascii() and self._announced.isdigit()):
            raise RequestRefused("Content-Length is not a number.", "Send the request again.")
        if len(self._announced) > 18 or int(self._announced) > self._hold.per_request:
            self.drains = False
            raise self._too_large()

    async def receive(self) -> Message:
        """The next piece. Raises PictureTooLarge, RequestTooSlow or QueueFull."""
        message = await self._next()
        size = len(message.get("body", b""))
        self._held += size
        self._hold.held += size
        if self._hold.held > self._hold.most:
            raise QueueFull("Too many uploads are under way.", "Send it again in a few seconds.")
        return message

    async def _next(self) -> Message:
        if self._finished:
            return await self._receive()  # waits for the end of the connection, as ASGI has it
        message = await self._arrived()
        self._came += len(message.get("body", b""))
        self._finished = message["type"] == "http.disconnect" or not message.get("more_body", False)
        if self._came > self._hold.per_request:
            self.drains = False
            raise self._too_large()
        return message

    async def _arrived(self) -> Message:
        """The next message. Only the time in which it was waited for counts: a busy service is no slow client."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._receive())
        start = time.monotonic()
        left = GRACE_S + self._came / PACE - self._waited
        await asyncio.wait((self._coming,), timeout=max(left, 0))
        self._waited += time.monotonic() - start
        if not self._coming.done():  # what came while the loop was held up is there a moment later
            await asyncio.wait((self._coming,), timeout=AT_ONCE_S)
        if not self._coming.done():
            self.drains = False
            raise RequestTooSlow(
                "The body of the request did not arrive in time.", "Send it again, or send a smaller file."
            )
        message, self._coming = self._coming.result(), None
        return message

    def _too_large(self) -> PictureTooLarge:
        return PictureTooLarge(
            f"The request has more than the {self._hold.per_request:,} bytes allowed.", "Send fewer or smaller files."
        )

    def closing(self, send: Send) -> Send:
        """`send`, which answers at once although the body still arrives, and takes the rest of it afterwards."""
        early = False

        async def sent(message: Message) -> None:
            nonlocal early
            if message["type"] == "http.response.start":
                with suppress(TimeoutError):
                    async with asyncio.timeout(AT_ONCE_S):
                        await self._drain()
                early = not self._finished
                if early:
                    MutableHeaders(scope=message)["connection"] = "close"
            if not early or message["type"] != "http.response.body" or message.get("more_body", False):
                await send(message)
                return
            await send({**message, "more_body": True})
            await self._drain()
            await send({"type": "http.response.body", "body": b""})

        return sent

    async def _drain(self) -> None:
        if self._waits_for_leave and self._came == 0:
            return  # it asked before sending: it need not send
        try:
            while self.drains and not self._finished:
                await self._next()
        except BrushworkError:
            return  # too much or too slow: the answer that is on its way stands, and the connection is closed

    def let_go(self) -> None:
        """Forget what this body held, and wait for no more of it."""
        if self._coming is not None:
            self._coming.cancel()
        self._hold.held -= self._held
        self._held = 0
