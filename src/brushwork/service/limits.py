"""How much one caller may ask: requests a minute, requests at once, and fewer of those that probe the model.

Token buckets in the memory of this process, one per key or address; several processes count each for itself. The
oldest are forgotten where there are too many, so that a crowd of addresses costs a bounded amount of memory.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Any, Final

from starlette.requests import Request
from starlette.types import Scope

from ..errors import TooOften
from ..settings import Settings, is_loopback
from .callers import Caller

MINUTE: Final = 60
MOST_CALLERS: Final = 10_000
"""Callers that are remembered at once."""
_WORK: Final = "work"
"""The name in a request's state of what goes on without its caller."""


@dataclass(frozen=True)
class Policy:
    """`quota` a `window_s` seconds; also what may come at once."""

    name: str
    quota: int
    window_s: int = MINUTE


@dataclass(frozen=True)
class Standing:
    """Where a caller stands: what is left, seconds until all is there again, and until one more is taken."""

    policy: Policy
    remaining: int
    reset_s: int
    wait_s: int


class Limiter:
    """The buckets of one policy. May be used from several threads."""

    def __init__(self, policy: Policy, clock: Callable[[], float] = time.monotonic) -> None:
        self.policy = policy
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, who: str, cost: int = 1) -> Standing:
        """Take `cost` from the bucket of `who`; where that is too little, take nothing and say how long to wait."""
        quota, per_second = self.policy.quota, self.policy.quota / self.policy.window_s
        with self._lock:
            now = self._clock()
            level, at = self._buckets.pop(who, (float(quota), now))
            level = min(quota, level + max(0.0, now - at) * per_second)
            missing = max(0.0, cost - level)
            level -= 0 if missing else cost
            self._buckets[who] = (level, now)
            if len(self._buckets) > MOST_CALLERS:
                self._buckets.popitem(last=False)
        return Standing(
            self.policy, int(level), math.ceil((quota - level) / per_second), math.ceil(missing / per_second)
        )


class Limits:
    """The limits of one service."""

    def __init__(self, settings: Settings) -> None:
        near = is_loopback(settings.host)
        self._requests = Limiter(Policy("default", settings.rate_limit or (60_000 if near else 600)))
        self._probes = Limiter(Policy("stability", settings.stability_rate_limit or (6_000 if near else 30)))
        self._most = settings.concurrency or (1024 if near else 16)
        self._running: Counter[str] = Counter()

    def admit(self, scope: Scope) -> None:
        """Count one request. Raises TooOften. `headers_of` tells where the caller stands, also then."""
        self._spend(scope, self._requests, 1)

    def probe(self, request: Request, pictures: int = 1) -> None:
        """Count `pictures` that are examined under changes: that many answers show where the model gives way."""
        self._spend(request.scope, self._probes, pictures)

    @contextmanager
    def running(self, scope: Scope) -> Iterator[None]:
        """Hold one of the places that the caller has at once. Raises TooOften where there is none.

        It is held until the answer is out, and the work that `outlasts` named is done: who leaves early frees nothing.
        """
        who = identity(scope)
        if self._running[who] >= self._most:
            raise TooOften(f"{self._most} requests of this caller are under way.", "Wait for one of them.")
        self._running[who] += 1
        try:
            yield
        finally:
            work: asyncio.Task[Any] | None = scope["state"].pop(_WORK, None)
            if work is None:
                self._leave(who)
            else:
                work.add_done_callback(lambda _: self._leave(who))  # at once where it is done

    def _leave(self, who: str) -> None:
        self._running[who] -= 1
        if not self._running[who]:
            del self._running[who]

    def _spend(self, scope: Scope, limiter: Limiter, cost: int) -> None:
        standing = limiter.take(identity(scope), cost)
        scope["state"].setdefault("standings", {})[limiter.policy.name] = standing
        if standing.wait_s:
            raise TooOften(
                f"This caller may ask {limiter.policy.quota} times in {limiter.policy.window_s} s "
                f"({limiter.policy.name}).",
                f"Wait {standing.wait_s} s, or send less at once.",
                standing.wait_s,
            )


def outlasts(request: Request, work: asyncio.Task[Any]) -> None:
    """Say that `work` goes on where the caller of `request` does not wait for it: its place is held until then."""
    request.scope["state"][_WORK] = work


def limits_of(request: Request) -> Limits:
    """The limits of the running service."""
    limits: Limits = request.app.state.limits
    return limits


def identity(scope: Scope) -> str:
    """Whom a request counts for: its key; without one its address, IPv6 by the network of 64 bits that a home has."""
    caller: Caller | None = scope["state"].get("caller")
    return f"key {caller.owner}" if caller is not None and caller.by_key else f"address {peer_of(scope)}"


def peer_of(scope: Scope) -> str:
    """The address that a request came from, as far as limits tell addresses apart."""
    host = (scope.get("client") or ("unknown", 0))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def headers_of(standings: Iterable[Standing]) -> dict[str, str]:
    """RateLimit and RateLimit-Policy, as the IETF's draft of RateLimit header fields has them."""
    told = tuple(standings)
    if not told:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{s.policy.name}";q={s.policy.quota};w={s.policy.window_s}' for s in told),
        "RateLimit": ", ".join(f'"{s.policy.name}";r={s.remaining};t={s.reset_s}' for s in told),
    }
