"""SECURITY.md 6.2: what a stranger's address can make the service call, and what it gets to see of that."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from brushwork.errors import PictureTooLarge, UrlBlocked, UrlFetchFailed, UrlTimeout
from brushwork.service import url_fetch
from brushwork.service.uploads import Upload
from brushwork.service.url_fetch import MAX_REDIRECTS, USER_AGENT, Network, post, spoken
from tests.made.calls import OUT_OF_REACH, PUBLIC, Resolver, get, refused, settings
from tests.made.elsewhere import Elsewhere, drips, elsewhere, endless, gives, redirects, server_tls


@pytest.fixture
def other() -> Iterator[Elsewhere]:
    with elsewhere() as place:
        place.replies["/a.png"] = gives(b"picture")
        yield place


def test_an_allowed_address_gives_its_bytes_and_its_name(other: Elsewhere) -> None:
    other.replies["/deep/b%20c.png"] = gives(b"picture")
    assert get(other.url("/deep/b%20c.png?secret=1"), other.here) == Upload("b c.png", b"picture")


def test_sec_13_off_beyond_loopback_unless_enabled(other: Elsewhere) -> None:
    beyond = {"host": "0.0.0.0", "i_know": True}
    assert "switched off" in refused(other.url(), other.here, **beyond).detail
    assert "switched off" in refused(other.url(), other.here, url_fetch=False).detail
    assert other.seen == []
    assert get(other.url(), other.here, url_fetch=True, **beyond).data == b"picture"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/a.png", "http and https"),
        ("file:///etc/passwd", "http and https"),
        ("gopher://example.org/", "http and https"),
        ("data:image/png;base64,AA", "http and https"),
        ("//example.org/a.png", "http and https"),
        ("http:///a.png", "http and https"),
        ("", "http and https"),
        ("http://example.org:22/", "ports 80 and 443"),
        ("https://example.org:8443/", "ports 80 and 443"),
        ("http://example.org:99999/", "ports 80 and 443"),
        ("http://user@example.org/", "user name or password"),
        ("http://user:secret@example.org/", "user name or password"),
        ("http://example.org\\@127.0.0.1/", "user name or password"),
        ("http://exam\x00ple.org/", "no web address"),
        ("http://example.org/\r\nHost: evil", "no web address"),
        ("http://" + "a" * 3000, "http and https"),
    ],
)
def test_sec_13_only_http_on_its_ports_without_a_user(url: str, why: str) -> None:
    nobody = Resolver((PUBLIC,))
    error = refused(url, network=Network(nobody))
    assert isinstance(error, UrlBlocked)
    assert why in error.detail
    assert "secret" not in str(error)
    assert nobody.asked == []


def test_sec_13_no_proxy_of_the_environment_is_used(other: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    assert get(other.url(), other.here).data == b"picture"


def test_sec_14_resolves_once_and_connects_to_what_was_checked(other: Elsewhere) -> None:
    """A name that answers with a checked address first and with another one later (rebinding) is asked only once."""
    rebinding = Resolver(("127.0.0.1",), ("10.0.0.1",))
    name = f"pictures.example:{other.port}"
    assert get(other.url(host="pictures.example"), name, network=Network(rebinding)).data == b"picture"
    assert rebinding.asked == [("pictures.example", other.port)]
    assert other.seen[0][1]["Host"] == name


def test_sec_14_every_address_of_a_name_is_checked(other: Elsewhere) -> None:
    for answer in ((PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), (PUBLIC, "::1"), ("fe80::1%eth0",), ("nonsense",)):
        assert refused("http://pictures.example/", network=Network(Resolver(answer))).detail.endswith("and answers.")
    assert other.seen == []


def test_sec_14_tls_asks_for_the_name_and_believes_only_its_certificate(tmp_path: Path) -> None:
    server, trust = server_tls(tmp_path, "pictures.example")
    here = Resolver(("127.0.0.1",))
    with elsewhere(server) as other:
        other.replies["/a.png"] = gives(b"picture")
        for host, believed, good in (
            ("pictures.example", trust, True),
            ("another.example", trust, False),
            ("pictures.example", ssl.create_default_context(), False),
        ):
            url, opened = other.url(host=host, scheme="https"), f"{host}:{other.port}"
            network = Network(here, lambda believed=believed: believed)
            if good:
                assert get(url, opened, network=network).data == b"picture"
            else:
                assert str(refused(url, opened, network=network)).endswith(OUT_OF_REACH)
    assert other.names == ["pictures.example", "another.example", "pictures.example"]
    assert other.seen[0][1]["Host"] == f"pictures.example:{other.port}"


def test_sec_17_redirects_are_followed_by_hand_and_counted(other: Elsewhere) -> None:
    for step in range(1, MAX_REDIRECTS + 2):
        other.replies[f"/{step}"] = redirects(f"/{step - 1}" if step > 1 else "/a.png", (301, 302, 303, 307)[step % 4])
    assert get(other.url(f"/{MAX_REDIRECTS}"), other.here).name == "a.png"
    other.seen.clear()
    assert "more than 3 times" in refused(other.url(f"/{MAX_REDIRECTS + 1}"), other.here).detail
    assert len(other.seen) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "to",
    ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "//localhost/", "file:///etc/passwd",
     "http://user:pass@example.org/", "http://127.0.0.1:22/", "gopher://127.0.0.1/", "http://0x7f.1/"],
)  # fmt: skip
def test_sec_17_every_redirect_gets_the_whole_check(other: Elsewhere, to: str) -> None:
    other.replies["/r"] = redirects(to)
    error = refused(other.url("/r"), other.here)
    assert isinstance(error, UrlBlocked)
    assert other.url("/r") in error.detail and to not in error.detail
    assert other.paths == ["/r"]


def test_sec_17_no_redirect_from_https_to_an_address_without(tmp_path: Path, other: Elsewhere) -> None:
    server, trust = server_tls(tmp_path, "127.0.0.1")
    with elsewhere(server) as safe:
        safe.replies["/r"] = redirects(other.url())
        network = Network(tls=lambda: trust)
        error = refused(safe.url("/r", scheme="https"), safe.here, other.here, network=network)
    assert "from https" in error.detail
    assert other.seen == []


def test_sec_18_an_endless_body_is_cut_off_at_the_limit(other: Elsewhere) -> None:
    went_out: list[int] = []
    other.replies["/endless"] = endless(went_out, 200_000_000)
    error = refused(other.url("/endless"), other.here, max_bytes=300_000)
    assert isinstance(error, PictureTooLarge)
    assert sum(went_out) < 100_000_000  # what the buffers of the system took beside


def test_sec_18_an_announced_length_is_not_believed(other: Elsewhere) -> None:
    other.replies["/small"] = gives(b"picture", Content_Length="3")
    assert get(other.url("/small"), other.here).data == b"pic"
    other.replies["/large"] = gives(b"picture", Content_Length="70")
    assert isinstance(refused(other.url("/large"), other.here), UrlFetchFailed)
    other.replies["/none"] = gives(b"picture", Content_Length="-1")
    assert isinstance(refused(other.url("/none"), other.here), UrlFetchFailed)


def test_sec_18_the_deadline_holds_for_everything_together(other: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (url_fetch.TOTAL_S, url_fetch.CONNECT_S) == (10.0, 3.0)
    monkeypatch.setattr(url_fetch, "TOTAL_S", 0.5)
    done = threading.Event()
    other.replies["/slow"] = drips(done)
    try:
        assert isinstance(refused(other.url("/slow"), other.here), UrlTimeout)
    finally:
        done.set()

    async def never(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(3600)
        return (PUBLIC,)

    assert isinstance(refused("http://slow.example/", network=Network(never)), UrlTimeout)


def test_sec_18_an_address_that_takes_no_connection_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_fetch, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        queued = [socket.socket() for _ in range(4)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        assert str(refused(f"http://127.0.0.1:{port}/", f"127.0.0.1:{port}")).endswith(OUT_OF_REACH)
        for one in queued:
            one.close()


def test_sec_18_nothing_is_decompressed(other: Elsewhere) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    other.replies["/bomb"] = gives(bomb, Content_Encoding="gzip")
    error = refused(other.url("/bomb"), other.here, max_bytes=1_000_000)
    assert isinstance(error, UrlFetchFailed) and "compressed" in error.detail
    assert other.seen[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/octet-stream", "application/json", "image/", ""]
)
def test_sec_18_only_what_is_called_a_picture_is_taken(other: Elsewhere, kind: str) -> None:
    other.replies["/x"] = gives(b"internal secret", kind)
    error = refused(other.url("/x"), other.here)
    assert isinstance(error, UrlFetchFailed)
    assert "secret" not in str(error) and (not kind or kind not in str(error))


def test_sec_18_no_credentials_go_out_and_no_body_comes_back(other: Elsewhere) -> None:
    other.replies["/set"] = gives(b"", "text/html", 302, Location="/get", Set_Cookie="session=1; Path=/")
    other.replies["/get"] = gives(b"internal secret", "text/html", 500, WWW_Authenticate="Basic")
    error = refused(other.url("/set"), other.here)
    assert "500" in error.detail and "secret" not in str(error)
    for _, headers in other.seen:
        assert headers["User-Agent"] == USER_AGENT
        assert set(headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}


def test_sec_18_blocked_and_unreachable_are_told_in_the_same_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    blocked = refused("http://a.example/p", network=Network(Resolver(("10.0.0.1",))))
    unknown = refused("http://a.example/p", network=Network(Resolver(())))
    deaf = refused(f"http://a.example:{closed}/p", f"a.example:{closed}", network=Network(Resolver(("127.0.0.1",))))
    told = {(type(e), e.slug, str(e).replace(f":{closed}", "")) for e in (blocked, unknown, deaf)}
    assert told == {(UrlBlocked, "url-blocked", f"http://a.example/p {OUT_OF_REACH}")}


def test_sec_20_a_webhook_passes_the_same_guard(other: Elsewhere) -> None:
    other.replies["/hook"] = gives(b"internal secret", "text/plain", 202)
    other.replies["/r"] = redirects("/hook", 307)

    def send(url: str, *opened: str) -> int:
        return asyncio.run(post(url, b"{}", {"X-Signature": "abc", "User-Agent": "own"}, settings(*opened)))

    assert send(other.url("/hook"), other.here) == 202
    assert (other.bodies, other.seen[0][1]["X-Signature"]) == ([b"{}"], "abc")
    assert other.seen[0][1]["User-Agent"] == USER_AGENT
    assert send(other.url("/r"), other.here) == 307  # not followed
    assert other.paths == ["/hook", "/r"]
    for url in (other.url("/hook"), "http://169.254.169.254/", "http://localhost/", "ftp://example.org/"):
        with pytest.raises(UrlBlocked):
            send(url)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://user:pass@example.org/a.png?token=1#x", "https://example.org/a.png"),
        ("http://example.org/\r\nInjected: \u202e1", "http://example.org/ Injected: 1"),
        ("", "The address"),
    ],
)
def test_sec_40_an_address_is_named_without_what_is_secret_in_it(url: str, named: str) -> None:
    assert spoken(url) == named


def test_sec_40_no_address_is_logged(other: Elsewhere) -> None:
    with capture_logs() as lines:
        get(other.url("/a.png?private"), other.here)
        refused("http://private.example:81/")
    assert lines == []
