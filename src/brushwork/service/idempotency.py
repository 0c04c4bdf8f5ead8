"""`Idempotency-Key`: the same request sent again gets the answer of the first one, and nothing is done twice.

Wraps every POST of the interface. The key is claimed before the body is read, so that nothing is buffered; the answer
is in the store before the caller has it. Not kept are answers of trouble that passes, pictures, and what is too long.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import BrushworkError, IdempotencyConflict, IdempotencyInFlight, RequestRefused
from ..store.idempotency import LEASE, Answered, Claim, Idempotency
from .callers import Caller
from .entry import is_api
from .fingerprint import Fingerprint
from .logs import log
from .stages import MEDIA_TYPE as LINES

REPLAYED: Final = "Idempotency-Replayed"
MOST_KEPT: Final = 8 * 1024 * 1024
"""Bytes of an answer that is kept; the request behind a longer one is done anew."""
PASSING: Final = frozenset({401, 403, 408, 409, 425, 429})
"""Statuses below 500 that another try may not meet again."""
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_SECRET: Final = ("/v1/keys", "/v1/session")
_SHARE: Final = "/share"
_ID: Final = re.compile(rb'"(?:id|batch_id|verdict_id|subject_id)": ?"([A-Za-z0-9_-]{16,40})"')


HEADER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A random UUID: the request may be sent again with it, and is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
}
"""The header as the OpenAPI document has it."""


class Idempotent:
    """Answers what was answered before; lets through what comes for the first time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request. Raises IdempotencyConflict (422, or 409 in flight) and RequestRefused for a bad key."""
        key = _key_of(scope) if scope["type"] == "http" else None
        caller: Caller | None = None if key is None else scope["state"]["caller"]
        if key is None or caller is None:  # what is open to strangers has nobody to keep an answer for
            await self._app(scope, receive, send)
            return
        records: Idempotency = scope["app"].state.desk.store.idempotency
        found = await asyncio.to_thread(records.claim, caller.owner, key)
        asked = Fingerprint(scope, receive)
        if found is None:
            raise IdempotencyInFlight(
                "The first request with that Idempotency-Key is not done yet.", "Ask again later."
            )
        if isinstance(found, Answered):
            await _replay(found, asked, send)
            return
        answer = _Answer(records, found, asked, send)
        async with _held(records, found, answer):
            await self._app(scope, asked.receive, answer.send)


def _key_of(scope: Scope) -> str | None:
    """The key of a request that is to be done once; None where there is none."""
    given = Headers(scope=scope).getlist("idempotency-key")
    if not given or scope["method"] != "POST" or not is_api(scope["path"]):
        return None
    if not takes_key(scope["path"]):
        raise RequestRefused(
            "This route takes no Idempotency-Key: its answer holds a secret, which is not kept.", "Send it without."
        )
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise RequestRefused(
            "The Idempotency-Key is not one: up to 255 visible ASCII characters, once.", "Send a random UUID."
        )
    return given[0]


def takes_key(path: str) -> bool:
    """Whether a POST to `path` may have a key; False where the answer holds a secret, and outside the interface."""
    return is_api(path) and not (path.startswith(_SECRET) or path.endswith(_SHARE))


async def _replay(found: Answered, asked: Fingerprint, send: Send) -> None:
    await asked.read_all()
    if await asked.digest() != found.fingerprint:
        raise IdempotencyConflict(
            "That Idempotency-Key came with another request before.", "Take a new key for a new request."
        )
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found.headers.items()]
    start: Message = {"type": "http.response.start", "status": found.status, "headers": headers}
    MutableHeaders(scope=start)[REPLAYED] = "true"
    await send(start)
    await send({"type": "http.response.body", "body": found.body})


class _Answer:
    """The first answer on its way out: a copy is kept before its end is sent."""

    def __init__(self, records: Idempotency, claim: Claim, asked: Fingerprint, send: Send) -> None:
        self._records, self._claim, self._asked, self._send = records, claim, asked, send
        self._start: Message = {}
        self._body: list[bytes] | None = []
        self._size = 0
        self.kept = False

    async def send(self, message: Message) -> None:
        """Send on; at the end, keep what was sent."""
        if message["type"] == "http.response.start":
            self._start = message
        elif self._body is not None:
            self._body.append(message.get("body", b""))
            self._size += len(self._body[-1])
            if self._size > MOST_KEPT:
                self._body = None
            elif not message.get("more_body", False):
                await self._keep(b"".join(self._body))
        await self._send(message)

    async def _keep(self, body: bytes) -> None:
        status, headers = self._start["status"], Headers(raw=self._start["headers"])
        kind = headers.get("content-type", "")
        outcome = _problem_status(body) or status if kind.startswith(LINES) else status
        if outcome >= 500 or outcome in PASSING or kind.startswith("image/") or not self._asked.complete:
            return
        answered = Answered(await self._asked.digest(), status, dict(headers), body)
        subjects = {found.decode() for found in _ID.findall(body)}
        try:
            await asyncio.to_thread(self._records.finish, self._claim, answered, subjects)
            self.kept = True
        except BrushworkError as error:  # the work is done: its answer goes out, and the claim runs out by itself
            log().warning("answer not kept", problem=error.slug)


def _problem_status(lines: bytes) -> int | None:
    """The status of the problem that an answer in lines ends with; None where it ends with none."""
    last = lines.rstrip().rpartition(b"\n")[2]
    return int(json.loads(last)["problem"]["status"]) if last.startswith(b'{"problem"') else None


@asynccontextmanager
async def _held(records: Idempotency, claim: Claim, answer: _Answer) -> AsyncIterator[None]:
    """Hold the claim while the request is worked on; give it back where no answer was kept."""
    renewing = asyncio.create_task(_renew(records, claim))
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        if not answer.kept:
            await _give_back(records, claim)


async def _renew(records: Idempotency, claim: Claim) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        try:
            await asyncio.to_thread(records.renew, claim)
        except BrushworkError as error:  # the next turn tries again, in time
            log().warning("claim not renewed", problem=error.slug)


async def _give_back(records: Idempotency, claim: Claim) -> None:
    try:
        await asyncio.to_thread(records.release, claim)
    except BrushworkError as error:  # its lease runs out
        log().warning("claim not given back", problem=error.slug)
