"""Callers with keys of their own, on one running service that asks for keys."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from .door import BASE


class People:
    """Makes a client for each: they share the application of `client`, which is running."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def new(self, *scopes: Any) -> TestClient:
        """Somebody with a fresh key."""
        _, key = self.client.app.state.desk.store.keys.create("somebody", scopes, by="test")  # type: ignore[attr-defined]
        return self.nobody({"Authorization": f"Bearer {key}"})

    def nobody(self, headers: dict[str, str] | None = None) -> TestClient:
        """Somebody without a key."""
        other = TestClient(self.client.app, base_url=BASE, raise_server_exceptions=False, headers=headers)
        other.portal = self.client.portal  # the loop in which the application runs
        return other
