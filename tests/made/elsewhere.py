"""A server of somebody else on loopback, as the service meets them when it fetches: obedient, slow, lying or greedy."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID

Reply = Callable[[BaseHTTPRequestHandler], None]


class Elsewhere:
    """A running server. `replies` says what each path does; `seen` keeps what was asked: path and headers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.replies: dict[str, Reply] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.names: list[str | None] = []

    @property
    def here(self) -> str:
        """Its host and port, as the setting that opens it wants them."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/a.png", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]


@contextmanager
def elsewhere(tls: ssl.SSLContext | None = None) -> Iterator[Elsewhere]:
    """A server on a free port of loopback, stopped at the end; with `tls` it speaks https and notes the names asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            place.seen.append((self.path, dict(self.headers.items())))
            place.bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
            place.replies.get(self.path.partition("?")[0], gives(b"nothing here", "text/plain", 404))(self)
            self.close_connection = True

        do_POST = do_GET  # noqa: N815  the name that the library looks for

        def end_headers(self) -> None:
            self.send_header("Connection", "close")  # or a caller may ask again just as it is closed
            super().end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _Quiet(("127.0.0.1", 0), Handler) as server:
        place = Elsewhere(server.server_port)
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: place.names.append(name)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield place
        finally:
            server.shutdown()
            thread.join()


class _Quiet(ThreadingHTTPServer):
    """The callers of these tests leave in the middle, which is no error here."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def gives(data: bytes, kind: str = "image/png", status: int = 200, **headers: str) -> Reply:
    """A plain answer; a header `X_Y` is sent as `X-Y`."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **said}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def redirects(to: str, status: int = 302) -> Reply:
    return gives(b"a body that nobody reads", "text/html", status, Location=to)


def endless(counted: list[int], most: int, kind: str = "image/png") -> Reply:
    """Writes without a length, chunk after chunk, up to `most` bytes; `counted` gets what went out."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        piece = b"x" * 65536
        while sum(counted) < most:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            counted.append(len(piece))

    return reply


def drips(until: threading.Event) -> Reply:
    """Sends a head and then one byte now and then, until `until` is set."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/png")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not until.wait(0.05):
            handler.wfile.write(b"x")

    return reply


def server_tls(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server that is called one of `names`, by an authority of its own, and TLS that believes only that."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Brushwork Test Server")])
    now = datetime.now(UTC)
    said = [x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(said), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())
