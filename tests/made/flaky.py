"""A proxy in front of the real service that does to requests what networks and restarts do."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fate = Literal["drop", "lose", "busy", "late", "gone", "html"]
"""drop: closed unread; lose: done, but the answer is lost; busy: 503 with Retry-After; late: 503 with a date;
gone: 502 of a proxy, as HTML; html: 200 of a sign-in page."""
ANSWERS = {
    "busy": (503, "application/json", {"Retry-After": "0"}),
    "late": (429, "text/plain", {"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}),
    "gone": (502, "text/html", {}),
    "html": (200, "text/html", {}),
}


class Flaky:
    """`fates` are met by one request each, then everything passes; `seen` has the requests with their keys."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.fates: deque[Fate] = deque()
        self.seen: list[tuple[str, str | None]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def do_GET(self) -> None:
        proxy = self.server.flaky
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        proxy.seen.append((f"{self.command} {self.path.partition('?')[0]}", self.headers.get("idempotency-key")))
        fate = proxy.fates.popleft() if proxy.fates else None
        self.close_connection = True
        if fate in ANSWERS:
            self._say(*ANSWERS[fate], b"<p>not the service</p>")
        elif fate != "drop":
            answer = self._forward(body)
            if fate is None:
                self._say(*answer)

    do_POST = do_DELETE = do_GET  # noqa: N815  the names that the library looks for

    def _forward(self, body: bytes) -> tuple[int, str, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        kept = {k: v for k, v in answer.getheaders() if k.lower() in ("x-request-id", "retry-after")}
        return answer.status, answer.headers.get("content-type", ""), kept, data

    def _say(self, status: int, kind: str, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Proxy(ThreadingHTTPServer):
    def __init__(self, upstream: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self.flaky = upstream, Flaky(self.server_port)


@contextmanager
def flaky(upstream: int) -> Iterator[Flaky]:
    """A proxy to the service on the port `upstream`."""
    with _Proxy(upstream) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.flaky
        finally:
            server.shutdown()
            thread.join()
