"""A running service that asks for keys, and the keys to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from brushwork.store.store import Store

from .door import opened


@dataclass(frozen=True)
class Keyed:
    """The service, and one key for each set of scopes that a test asks for."""

    client: TestClient

    @property
    def store(self) -> Store:
        return self.client.app.state.desk.store

    def key(self, *scopes: str, **more: Any) -> str:
        return self.store.keys.create("a test", scopes, by="cli", **more)[1]

    def ask(self, key: str | None, method: str, path: str, **more: Any) -> Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.client.request(method, path, **(more | {"headers": headers | more.get("headers", {})}))


@contextmanager
def keyed(folder: Path, **changed: Any) -> Iterator[Keyed]:
    with opened(folder, **({"require_keys": True} | changed)) as client:
        yield Keyed(client)
