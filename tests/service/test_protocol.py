"""A client that sends the head of a request slowly or endlessly is cut off; the others are served meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from brushwork.service import protocol
from brushwork.service.protocol import HEAD_BYTES, BoundedProtocol


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """A real server whose clients have 0.3 s for the head of a request."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(hello, http=BoundedProtocol, ws="none", lifespan="off", log_config=None))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    running.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()
    server.should_exit = True
    running.join()


def connect(address: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(address)
    connection.settimeout(30)
    return connection


def ends(connection: socket.socket) -> bool:
    """Whether the other side closes; it may say something before."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_whole_head_is_answered_again_and_again(address: tuple[str, int]) -> None:
    with connect(address) as connection:
        for _ in range(3):
            connection.sendall(WHOLE)
            answer = b""
            while not answer.endswith(b"hi"):  # head and body may arrive apart
                part = connection.recv(65536)
                assert part, "the connection stays open"
                answer += part
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(0.4)  # longer than a head may take: between two requests other rules hold


@pytest.mark.parametrize("start", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n"])
def test_a_head_that_does_not_end_is_cut_off(address: tuple[str, int], start: bytes) -> None:
    with connect(address) as slow, connect(address) as other:
        slow.sendall(start)
        other.sendall(WHOLE)
        assert other.recv(65536).startswith(b"HTTP/1.1 200")
        assert ends(slow)


def test_a_head_that_drips_is_cut_off_too(address: tuple[str, int]) -> None:
    with connect(address) as slow:
        with pytest.raises(OSError):
            for _ in range(3000):
                slow.sendall(b"X-A: b\r\n" if _ else b"GET / HTTP/1.1\r\n")
                time.sleep(0.01)
        assert _ < 1000


def test_sec_04_an_endless_head_is_cut_off_by_its_size(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 60.0)
    sent = 0
    with connect(address) as greedy, pytest.raises(OSError):
        greedy.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        while sent < 200 * HEAD_BYTES:
            greedy.sendall(b"a" * 4096)
            sent += 4096
    assert sent < 200 * HEAD_BYTES


def test_a_body_may_take_longer_than_a_head(address: tuple[str, int]) -> None:
    with connect(address) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(0.6)
        connection.sendall(b"cd")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
