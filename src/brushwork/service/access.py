"""Finds the caller of a request: by the key in `Authorization: Bearer`, or by the cookie that a browser got for one."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from ..errors import RequestRefused, TooOften, Unauthenticated
from ..settings import Settings, is_loopback
from ..store.keys import KeyFacts, Keys
from .callers import AT_THIS_MACHINE, LOCAL, Caller
from .limits import Limiter, Policy, peer_of

COOKIE: Final = "brushwork_session"
TLS_COOKIE: Final = "__Host-brushwork_session"
ANYONE: Final = Caller(LOCAL, frozenset({"read", "write"}))
"""Who asks without a key where the operator said that anyone may."""
BELIEVED_S: Final = 2.0
"""Seconds for which a key that was found good is not looked up again: another process's revocation takes that long."""
MOST_BELIEVED: Final = 1024
FAILURES: Final = Policy("failures", 10)
_SECRET_IN_ADDRESS: Final = re.compile(
    r"bw_[0-9a-f]{12}_|(^|&)(api[_-]?key|key|token|access_token|authorization)=", re.I
)


class Access:
    """Who may come in. One per service."""

    def __init__(self, settings: Settings) -> None:
        self.asks_for_keys = settings.asks_for_keys
        self._without_key = None if self.asks_for_keys else AT_THIS_MACHINE if is_loopback(settings.host) else ANYONE
        self._believed: OrderedDict[bytes, tuple[KeyFacts, float]] = OrderedDict()
        self._failures = Limiter(FAILURES)

    async def caller(self, scope: Scope, keys: Keys) -> Caller | None:
        """The caller; None for one without a key where keys are asked for.

        Raises Unauthenticated for a key that is not good, RequestRefused, TooOften after many bad ones.
        """
        if _SECRET_IN_ADDRESS.search(scope["query_string"].decode("latin-1")):
            raise RequestRefused(
                "The address holds a key, and addresses are written into logs and histories.",
                "Revoke that key and send the new one as `Authorization: Bearer bw_...`.",
            )
        headers = Headers(scope=scope)
        key = self._key(headers)
        if key is not None:
            return await self.by_key(key, scope, keys)
        token = token_of(scope)
        return (await self._by_token(token, keys) if token else None) or self._without_key

    async def by_key(self, key: str, scope: Scope, keys: Keys) -> Caller:
        """The caller with that key. Bad ones are counted by address, and after too many none is looked at."""
        known = self._remembered(key)
        if known is not None:
            return _caller(known)
        peer = peer_of(scope)
        if self._failures.take(peer, 0).remaining < 1:
            wait_s = self._failures.take(peer).wait_s
            raise TooOften("Too many bad keys came from this address.", f"Wait {wait_s} s.", wait_s)
        try:
            return _caller(await self._looked_up(key, keys.verified))
        except Unauthenticated:
            self._failures.take(peer)
            raise

    def forget(self) -> None:
        """Look everything up again: a key or session was ended here."""
        self._believed.clear()

    def _key(self, headers: Headers) -> str | None:
        """The key that was sent. A header that is for a proxy in front is left to it where no key is asked for."""
        given = headers.getlist("authorization")
        if not given:
            return None
        scheme, _, key = given[0].partition(" ")
        fits = len(given) == 1 and scheme.lower() == "bearer"
        if fits and (self.asks_for_keys or key.startswith("bw_")):
            return key.strip()
        if self.asks_for_keys:
            raise Unauthenticated(
                "The Authorization header is not one that is read here.", "Send it once, as `Bearer bw_...`."
            )
        return None

    async def _by_token(self, token: str, keys: Keys) -> Caller | None:
        """The caller of a session; None where it is over, so that a stale cookie is as good as none."""
        try:
            return _caller(self._remembered(token) or await self._looked_up(token, keys.of_session))
        except Unauthenticated:
            return None

    def _remembered(self, secret: str) -> KeyFacts | None:
        facts, until = self._believed.get(_digest(secret), (None, 0.0))
        if facts is None or until < time.monotonic() or facts.trouble(datetime.now(UTC)) is not None:
            return None
        return facts

    async def _looked_up(self, secret: str, look: Callable[[str], KeyFacts]) -> KeyFacts:
        facts = await asyncio.to_thread(look, secret)
        self._believed[_digest(secret)] = (facts, time.monotonic() + BELIEVED_S)
        while len(self._believed) > MOST_BELIEVED:
            self._believed.popitem(last=False)
        return facts


def token_of(scope: Scope) -> str | None:
    """The session token in the cookies. Raises RequestRefused where there are two: one was planted by somebody."""
    name = TLS_COOKIE if scope.get("scheme") == "https" else COOKIE
    parts = [part.strip() for line in Headers(scope=scope).getlist("cookie") for part in line.split(";")]
    found = [part.partition("=")[2] for part in parts if part.partition("=")[0] == name]
    if len(found) > 1:
        raise RequestRefused("Two session cookies came with the request.", "Delete this site's cookies, then go on.")
    return found[0] if found else None


def _caller(facts: KeyFacts) -> Caller:
    return Caller(facts.id, facts.scopes, facts.label, by_key=True)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
