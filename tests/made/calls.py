"""One call to an address, for the tests of what may be called and of how."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from brushwork.errors import BrushworkError
from brushwork.service.uploads import Upload
from brushwork.service.url_fetch import Network, fetch
from brushwork.settings import Settings

PUBLIC = "93.184.215.14"
OUT_OF_REACH = "leads to nothing that may be fetched and answers. Check the address, or send the picture itself."


class Resolver:
    """Answers in turn with each of `answers`, then with the last one, and keeps what it was asked."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def settings(*opened: str, **changed: Any) -> Settings:
    return Settings(_env_file=None, url_fetch_allow=opened, **changed)


def get(url: str, *opened: str, network: Network | None = None, **changed: Any) -> Upload:
    return asyncio.run(fetch(url, settings(*opened, **changed), network))


def refused(url: str, *opened: str, network: Network | None = None, **changed: Any) -> BrushworkError:
    with pytest.raises(BrushworkError) as caught:
        get(url, *opened, network=network, **changed)
    return caught.value
