"""A free port on loopback, for a server that a test starts."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
