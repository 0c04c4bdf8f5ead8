"""Serves the application: one address, bounded heads of requests, and an end that finishes what was accepted."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import uvicorn

from ..errors import SettingsError
from ..forensics.distant import bundle_of, with_local_model
from ..settings import Settings, is_loopback
from ..store.migrate import prepare
from ..store.store import Store
from . import logs
from .app import create_app
from .guards import own_host, served_hosts
from .log_file import open_log
from .protocol import BoundedProtocol


def run(settings: Settings, tell: Callable[[str], None]) -> None:
    """Serve until the process is told to stop; `tell` gets one line with the address once it answers.

    Raises SettingsError, BundleError or StoreError before anything listens.
    """
    settings = with_local_model(settings, bundle_of(settings, tell))
    prepare(settings.database_url)
    check_door(settings, tell)
    log_file = open_log(settings)
    listener = listen(settings)
    logs.configure(file=log_file)
    _Server(settings, tell).run(sockets=[listener])


def check_door(settings: Settings, tell: Callable[[str], None]) -> None:
    """Raise SettingsError where keys are asked for and there is none; warn where anyone on the network may ask."""
    if settings.asks_for_keys and not _has_key(settings.database_url):
        raise SettingsError(
            f"Whoever reaches {settings.host} needs an API key, and there is no usable one.",
            "Make one: `brushwork keys create --label NAME --scope read --scope write --scope admin`. "
            "BRUSHWORK_I_KNOW=true lets everybody in without.",
        )
    if not settings.asks_for_keys and not is_loopback(settings.host):
        tell(
            f"WARNING: {settings.host} is reachable from other machines and NOBODY IS ASKED FOR A KEY "
            "(BRUSHWORK_I_KNOW): everybody there may examine, read and delete what is saved."
        )


def _has_key(url: str) -> bool:
    store = Store(url)
    try:
        return store.keys.any_usable()
    finally:
        store.close()


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say. Raises SettingsError where nothing can listen there."""
    host = settings.host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, settings.port), family=family, backlog=1024)
    except OSError as error:
        raise SettingsError(
            f"Nothing can listen on {settings.host}, port {settings.port}: {error.strerror}.",
            "Stop what uses the port, or set BRUSHWORK_PORT to another one.",
        ) from error
    # Head and body of an answer are two writes: without this, the second waits some 40 ms for the client to acknowledge
    # the first. asyncio sets it only where a socket names its protocol, which those that are made here do not. Every
    # accepted connection inherits it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=settings.stop_limit,
    )


class _Server(uvicorn.Server):
    """Says where it listens, once it does."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        super().__init__(_config(settings))
        self._settings = settings
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell the address."""
        await super().startup(sockets)
        if self.started and sockets:
            self._tell(_where(self._settings, sockets[0].getsockname()[1]))


def _where(settings: Settings, port: int) -> str:
    """The address to open; for a wildcard, under which hosts it may be opened and how to add one."""
    own = own_host(settings.host)
    if own is not None:
        return f"Brushwork listens on http://{own}:{port}/"
    hosts = json.dumps([*served_hosts(settings), "this.host"])
    return (
        f"Brushwork listens on port {port} of every address of this machine and answers requests for "
        f"{', '.join(served_hosts(settings)) or 'no host'}. To add one, set BRUSHWORK_ALLOWED_HOSTS='{hosts}'."
    )
