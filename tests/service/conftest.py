"""One running service for the tests that only ask it something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.made.drawings import drawn, encoded

from .door import opened


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with opened(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def painting() -> bytes:
    return encoded(drawn("painterly", (300, 200), 1))
