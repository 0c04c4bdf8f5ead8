"""One running service for the tests that only ask it something, and an empty store of each kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from brushwork.store.migrate import downgrade, upgrade
from brushwork.store.store import Store
from tests.made.drawings import drawn, encoded

from .door import opened


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with opened(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def painting() -> bytes:
    return encoded(drawn("painterly", (300, 200), 1))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite3'}"
        return
    url = os.environ["BRUSHWORK_TEST_POSTGRES_URL"]
    downgrade(url, "base")
    yield url
    downgrade(url, "base")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    upgrade(url)
    opened = Store(url)
    yield opened
    opened.close()
