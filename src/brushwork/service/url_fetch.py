"""Calls addresses that strangers gave, for a picture or for a webhook, and no machine that only this one can reach.

A name is resolved once, every address that it has is checked, and the connection goes to a checked one, with the name
as TLS and Host want it: a name that answers otherwise the second time changes nothing. Redirects are followed by hand,
each with the whole check. "May not be called" and "does not answer" are told in the same words, so that nobody can
map a network from outside.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import httpx

from .. import __version__
from ..errors import PictureTooLarge, UrlBlocked, UrlFetchFailed, UrlTimeout
from ..settings import Settings
from ..text import shown
from .addresses import is_public
from .uploads import Upload, clean_name

CONNECT_S: Final = 3.0
TOTAL_S: Final = 10.0
"""Seconds for everything, the look-up of the name and all redirects included."""
MAX_REDIRECTS: Final = 3
MAX_URL: Final = 2048
TRIED_ADDRESSES: Final = 2
PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
IMAGE_TYPES: Final = frozenset({
    "image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/apng", "image/webp", "image/gif", "image/tiff",
    "image/bmp", "image/x-ms-bmp", "image/avif", "image/heic", "image/heif",
})  # fmt: skip
USER_AGENT: Final = f"Brushwork/{__version__}"
_HEADERS: Final = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
_names: Final = ThreadPoolExecutor(8, "brushwork-names")  # a slow name server holds up look-ups only, not the store

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]


async def resolve_by_system(host: str, port: int) -> tuple[str, ...]:
    """The addresses that the operating system has for `host`, in its order; none where it knows none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_names, _look_up, host, port)
    except (OSError, UnicodeError, ValueError):  # no such name, or nothing that could be one
        return ()
    return tuple(dict.fromkeys(str(place[4][0]) for place in found))


def _look_up(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # type: ignore[return-value]  # no AF without addresses


@lru_cache(maxsize=1)
def public_authorities() -> ssl.SSLContext:
    """TLS that trusts the public certificate authorities, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Network:
    """How names become addresses, and which certificates are believed."""

    resolve: Resolve = resolve_by_system
    tls: Callable[[], ssl.SSLContext] = public_authorities


async def fetch(url: str, settings: Settings, network: Network | None = None) -> Upload:
    """The picture at `url`, at most `max_bytes` of it, named by the last part of its path.

    Raises UrlBlocked, UrlFetchFailed or UrlTimeout; PictureTooLarge where there is more.
    """
    trip = _Trip(url, settings, network or Network())
    async with trip.within_time():
        target = trip.parsed(url)
        for _ in range(MAX_REDIRECTS + 1):
            async with trip.answer("GET", target) as response:
                if not response.has_redirect_location:
                    return Upload(clean_name(unquote(target.path)), await trip.picture(response))
                target = trip.onward(target, response)
        raise trip.failed(f"It was redirected more than {MAX_REDIRECTS} times.")


async def post(
    url: str, body: bytes, headers: Mapping[str, str], settings: Settings, network: Network | None = None
) -> int:
    """Send `body` to `url` and return the status of the answer, which is not read. No redirect is followed.

    Raises UrlBlocked, UrlFetchFailed or UrlTimeout.
    """
    trip = _Trip(url, settings, network or Network())
    async with trip.within_time(), trip.answer("POST", trip.parsed(url), headers, body) as response:
        return response.status_code


def check_address(url: str, settings: Settings) -> None:
    """Refuse at once what would never be called, and a host that is written as an address of no public machine; where
    a name leads is found out when it is called. Raises UrlBlocked."""
    trip = _Trip(url, settings, Network())
    trip.check_allowed()
    trip.check_literal(trip.parsed(url))


class _Trip:
    """One call, with its redirects: every message names the address that was given, without its query."""

    def __init__(self, url: str, settings: Settings, network: Network) -> None:
        self._settings = settings
        self._network = network
        self._given = spoken(url)

    @asynccontextmanager
    async def within_time(self) -> AsyncIterator[None]:
        """Refuse where this is switched off; end everything at the deadline; tell what went wrong in our words."""
        self.check_allowed()
        try:
            async with asyncio.timeout(TOTAL_S):
                yield
        except (TimeoutError, httpx.TimeoutException) as error:
            raise UrlTimeout(
                f"{self._given} did not answer in full within {TOTAL_S:g} s.", "Try again, or send the picture itself."
            ) from error
        except httpx.HTTPError as error:
            raise self.failed("The connection broke off.") from error

    def check_allowed(self) -> None:
        """Refuse where this is switched off."""
        if not self._settings.fetches_urls:
            raise UrlBlocked(
                f"{self._given} is not fetched: fetching is switched off here.",
                "Send the picture itself; the operator can set BRUSHWORK_URL_FETCH=true.",
            )

    def parsed(self, url: str) -> httpx.URL:
        """`url`, if it is one that may be called at all. Its host is judged later, by its addresses."""
        try:
            target = httpx.URL(url if len(url) <= MAX_URL else "")
        except httpx.InvalidURL as error:
            raise self._not_allowed("It is no web address.") from error
        if target.scheme not in PORTS or not target.host:
            raise self._not_allowed("Only http and https addresses are fetched.")
        if target.userinfo:
            raise self._not_allowed("An address with a user name or password is not fetched.")
        if _port(target) not in PORTS.values() and not self._opened(target):
            raise self._not_allowed("Only the ports 80 and 443 are called.")
        return target

    def check_literal(self, target: httpx.URL) -> None:
        """Judge a host that is an address already, in whichever way it is written; no name is looked up for that."""
        host = target.raw_host.decode("ascii").rstrip(".").lower()
        if not (self._opened(target) or all(map(is_public, _written_out(host)))):
            raise self._not_allowed("It is not the address of a public machine.")

    def onward(self, target: httpx.URL, response: httpx.Response) -> httpx.URL:
        """Where `response` redirects to."""
        try:
            following = target.join(response.headers["location"])
        except httpx.InvalidURL as error:
            raise self.failed("It redirects to what is no address.") from error
        if target.scheme == "https" and following.scheme != "https":
            raise self._not_allowed("It redirects from https to an address without.")
        return self.parsed(str(following))

    @asynccontextmanager
    async def answer(
        self, method: str, target: httpx.URL, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AsyncIterator[httpx.Response]:
        """The answer to one request, its body unread. Each has a connection of its own, without cookies or proxies."""
        addresses = await self._addresses(target)
        tls = await asyncio.to_thread(self._network.tls)
        async with httpx.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
            for address in addresses[:TRIED_ADDRESSES]:
                request = _request(method, target, address, {**(headers or {}), **_HEADERS}, body)
                try:
                    response = await transport.handle_async_request(request)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
                try:
                    yield response
                finally:
                    await response.aclose()
                return
        raise self._out_of_reach()

    async def _addresses(self, target: httpx.URL) -> tuple[str, ...]:
        """The addresses of the host, resolved once. All must be public, or the operator opened host and port."""
        found = await self._network.resolve(target.raw_host.decode("ascii"), _port(target))
        if not found or not (self._opened(target) or all(is_public(address) for address in found)):
            raise self._out_of_reach()
        return found

    async def picture(self, response: httpx.Response) -> bytes:
        """The body of `response`, counted while it arrives: what the other side announces about it is not believed."""
        if response.status_code != httpx.codes.OK:
            raise self.failed(f"The server answered with {response.status_code}.")
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() not in IMAGE_TYPES:
            raise self.failed("What it gives is not called a picture.")
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise self.failed("It is compressed, which was not asked for.")
        data = bytearray()
        async for piece in response.aiter_raw():
            data += piece
            if len(data) > self._settings.max_bytes:
                raise PictureTooLarge(
                    f"{self._given} has more than the {self._settings.max_bytes:,} bytes allowed.",
                    "Give a smaller picture.",
                )
        return bytes(data)

    def failed(self, why: str) -> UrlFetchFailed:
        """The host was called, and what it gave is of no use."""
        return UrlFetchFailed(f"{self._given} gave no picture. {why}", "Check the address, or send the picture itself.")

    def _not_allowed(self, why: str) -> UrlBlocked:
        return UrlBlocked(f"{self._given} is not fetched. {why}", "Give another address, or send the picture itself.")

    def _out_of_reach(self) -> UrlBlocked:
        """One text for what may not be called and for what does not answer."""
        return UrlBlocked(
            f"{self._given} leads to nothing that may be fetched and answers.",
            "Check the address, or send the picture itself.",
        )

    def _opened(self, target: httpx.URL) -> bool:
        return f"{target.host.rstrip('.')}:{_port(target)}" in self._settings.url_fetch_allow


def spoken(url: str) -> str:
    """`url` as messages name it: without user, query and fragment, on one short line."""
    bare = url.partition("#")[0].partition("?")[0]
    scheme, slashes, rest = bare.partition("://")
    authority, slash, path = rest.partition("/")
    return shown(f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}", 160) or "The address"


def _written_out(host: str) -> tuple[str, ...]:
    """The address that `host` spells, e.g. 127.0.0.1 for "0x7f.1" and "localhost"; none for any other name."""
    if host == "localhost" or host.endswith(".localhost"):  # this machine, by RFC 6761
        return ("127.0.0.1",)
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return ()
    return tuple(str(place[4][0]) for place in found)


def _request(
    method: str, target: httpx.URL, address: str, headers: Mapping[str, str], body: bytes | None
) -> httpx.Request:
    """A request to `address` that asks for the host of `target`."""
    host = target.raw_host.decode("ascii")
    times = {"connect": CONNECT_S, "read": TOTAL_S, "write": TOTAL_S, "pool": TOTAL_S}
    return httpx.Request(
        method,
        target.copy_with(host=address, fragment=None),
        headers={"Host": target.netloc.decode("ascii"), "Accept": "image/*" if body is None else "*/*", **headers},
        content=body,
        extensions={"timeout": times, "sni_hostname": host},
    )


def _port(target: httpx.URL) -> int:
    return target.port or PORTS[target.scheme]
