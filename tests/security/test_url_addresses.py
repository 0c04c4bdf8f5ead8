"""SECURITY.md 15 and 16: no address inside is reached, however it is written or carried."""

from __future__ import annotations

import socket
import threading

import pytest

from brushwork.errors import UrlBlocked
from brushwork.service.addresses import is_public
from brushwork.service.url_fetch import Network
from tests.made.calls import OUT_OF_REACH, PUBLIC, Resolver, refused

CLOSED = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::8.8.8.8", "100::1",
    "2001::1", "2001:0:7f00:1:0:ffff:80ff:fffe", "2001:20::1", "2001:db8::1", "2002:a9fe:a9fe::1", "2002:7f00:1::",
    "2002:808:808::1", "3fff::1", "5f00::1", "4000::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    "ff0e::1", "2a00:1450:4001:800:0:5efe:7f00:1", "2a00:1450:4001:800:200:5efe:a00:1",
)  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_sec_15_no_address_inside_is_public_in_any_form(address: str) -> None:
    assert not is_public(address)
    with_scope = f"http://[{address}]/" if ":" in address else f"http://{address}/"
    assert str(refused(with_scope)).endswith(OUT_OF_REACH)
    assert str(refused("http://a.example/", network=Network(Resolver((address,))))).endswith(OUT_OF_REACH)


@pytest.mark.parametrize(
    "address",
    [PUBLIC, "8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001:800::200e",
     "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"],
)  # fmt: skip
def test_sec_15_public_machines_are_public(address: str) -> None:
    assert is_public(address)


SPELLINGS = (
    "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "0177.1", "017700000001", "0", "0x0",
    "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "①②⑦.⓪.⓪.①", "127。0。0。1", "[::1]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:7f00:1]", "\uff11\uff12\uff17.0.0.1", "[::ffff:127.0.0.1]", "%31%32%37.0.0.1", "127.0.0.1%00.example.org",
)  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_sec_16_no_spelling_of_this_machine_gets_through(host: str) -> None:
    """With a listener on port 80 of loopback (where that may be had) which must see nothing."""
    with _listener_on_80() as seen:
        assert isinstance(refused(f"http://{host}/a.png"), UrlBlocked)
        assert seen == []


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_sec_16_hosts_are_judged_by_what_they_resolve_to(address: str) -> None:
    answer = Network(Resolver((address,)))
    assert str(refused("http://harmless.example/", network=answer)).endswith(OUT_OF_REACH)


class _listener_on_80:  # noqa: N801  reads as the function that it is
    """Notes every connection to port 80 of loopback; where the port may not be taken, it stays empty."""

    def __enter__(self) -> list[object]:
        self._seen: list[object] = []
        try:
            self._socket: socket.socket | None = socket.create_server(("127.0.0.1", 80))
        except OSError:
            self._socket = None
            return self._seen
        self._thread = threading.Thread(target=self._note, daemon=True)
        self._thread.start()
        return self._seen

    def _note(self) -> None:
        assert self._socket is not None
        try:
            while True:
                connection, place = self._socket.accept()
                self._seen.append(place)
                connection.close()
        except OSError:  # closed at the end
            return

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._thread.join()
