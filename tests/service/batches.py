"""What the tests of batches share: forms, zips, and waiting for the end."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.made.drawings import drawn, encoded

PATIENCE_S = 120


def picture(seed: int = 1) -> bytes:
    """A small drawing; another one for each seed."""
    return encoded(drawn("painterly", (48, 40), seed))


def files(*named: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    """The form with these files."""
    return [("images", (name, data, "application/octet-stream")) for name, data in named]


def zipped(named: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in named:
            archive.writestr(name, data)
    return out.getvalue()


def until(ask: Callable[[], Any], ready: Callable[[Any], bool]) -> Any:
    """What `ask` gives once it is `ready`."""
    for _ in range(PATIENCE_S * 20):
        said = ask()
        if ready(said):
            return said
        time.sleep(0.05)
    pytest.fail(f"it stood still at {said}")


def done(client: TestClient, url: str) -> Any:
    """The batch at `url` once it is at its end."""
    return until(lambda: client.get(url).json(), lambda said: said["state"] in ("done", "cancelled"))
