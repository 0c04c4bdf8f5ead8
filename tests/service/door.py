"""The real service in this process: its application with its worker processes and a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from brushwork.service.app import create_app
from brushwork.settings import Settings

BASE = "http://127.0.0.1:8000"


def settings_for(folder: Path, **changed: Any) -> Settings:
    """The default settings with a SQLite store in `folder`, and whatever is `changed`."""
    url, pictures = f"sqlite:///{folder / 'store.sqlite3'}", str(folder / "pictures")
    own: dict[str, Any] = {"database_url": url, "spool": folder / "spool", "pictures": pictures}
    return Settings(_env_file=None, **(own | changed))


@contextmanager
def opened(folder: Path, **changed: Any) -> Iterator[TestClient]:
    """A client of a running application; leaving it stops its workers."""
    app = create_app(settings_for(folder, **changed))
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        yield client


def image(data: bytes, name: str = "picture.png", kind: str = "image/png") -> dict[str, tuple[str, bytes, str]]:
    """The form with one picture."""
    return {"image": (name, data, kind)}
