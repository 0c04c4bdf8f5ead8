"""Connections that begin a request and never finish it."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

HEAD = b"POST /v1/verdicts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"
STARTS = (b"", HEAD[:20], HEAD + b"ab")


def may_open(files: int) -> bool:
    """Raise the limit of open files, where this process and those that it starts may have so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < files:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    return True


@contextmanager
def silent(port: int, number: int) -> Iterator[list[socket.socket]]:
    """So many of them: with nothing, with half a head, with a head and a part of the body, in turns."""
    with ExitStack() as held:
        made = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(number)]
        for place, one in enumerate(made):
            one.sendall(STARTS[place % len(STARTS)])
        yield made
