"""The fingerprint of a request: whether one that comes again is the same one.

The body is hashed in threads, a bounded piece at a time, while it passes. The boundary of a form is left out: clients
draw a new one each time they send the same files. `Accept` counts: it decides in which form the answer comes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from email.message import Message as Header
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

PIECE: Final = 1024 * 1024
"""Bytes that are gathered before they are hashed."""


class Fingerprint:
    """Hashes one request as its body is received. `complete` is false while more of it may come."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        kind, self._boundary = _content_type(headers.get("content-type", ""))
        query = sorted(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        form = [part.strip().lower() for line in headers.getlist("accept") for part in line.split(",")]
        self._hash = hashlib.sha256(json.dumps([scope["method"], scope["path"], query, kind, form]).encode())
        self._receive = receive
        self._gathered: list[bytes] = []
        self._size = 0
        self._rest = b""
        self.complete = "transfer-encoding" not in headers and headers.get("content-length", "0") == "0"

    async def receive(self) -> Message:
        """The next piece of the body, as the application gets it."""
        message = await self._receive()
        if message["type"] == "http.request":
            await self._gather(message.get("body", b""))
            self.complete = not message.get("more_body", False)
        return message

    async def read_all(self) -> None:
        """Receive what is left; nothing of it is kept. A client that left leaves it incomplete."""
        while not self.complete and (await self.receive())["type"] == "http.request":
            pass

    async def digest(self) -> str:
        """The fingerprint of the whole request."""
        await asyncio.to_thread(self._add)
        self._hash.update(self._rest)
        self._rest = b""
        return self._hash.hexdigest()

    async def _gather(self, piece: bytes) -> None:
        self._gathered.append(piece)
        self._size += len(piece)
        if self._size >= PIECE:
            await asyncio.to_thread(self._add)

    def _add(self) -> None:
        data = self._rest + b"".join(self._gathered)
        self._gathered, self._size = [], 0
        if not self._boundary:
            self._rest = b""
            self._hash.update(data)
            return
        *whole, last = data.split(self._boundary)
        for part in whole:
            self._hash.update(part)
            self._hash.update(b"\0boundary\0")
        kept = len(last) - len(self._boundary) + 1  # what is behind may be the beginning of the next boundary
        self._hash.update(last[: max(kept, 0)])
        self._rest = last[max(kept, 0) :]


def _content_type(given: str) -> tuple[str, bytes]:
    """The media type, and the boundary of a form (empty for anything else)."""
    header = Header()
    header["content-type"] = given
    boundary = header.get_boundary("") if header.get_content_maintype() == "multipart" else ""
    return header.get_content_type(), boundary.encode("utf-8", "replace")
