"""Requests from several clients at once while something happens to the service."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from .door import image


@dataclass
class Load:
    """What came back: statuses counted, the problems by type, ids of what was saved, and what broke off."""

    statuses: Counter[int] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    saved: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    unpaused: int = 0

    @property
    def total(self) -> int:
        return self.statuses.total() + len(self.broken)

    def note(self, answer: httpx.Response) -> None:
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            self.saved.append(answer.json()["id"])
            return
        self.problems[answer.json()["type"].removeprefix("/problems/")] += 1
        self.unpaused += answer.status_code in (429, 503) and "retry-after" not in answer.headers


@contextmanager
def under_load(url: str, picture: bytes, clients: int = 4, query: str = "") -> Iterator[Load]:
    """`clients` post `picture` one after the other until the block ends; each finishes the request in its hands."""
    load, done = Load(), threading.Event()

    def post() -> None:
        while not done.is_set():
            try:
                load.note(httpx.post(f"{url}/v1/verdicts{query}", files=image(picture), timeout=60))
            except httpx.HTTPError as error:
                load.broken.append(f"{type(error).__name__}: {error}")

    with ThreadPoolExecutor(clients) as threads:
        running = [threads.submit(post) for _ in range(clients)]
        try:
            yield load
        finally:
            done.set()
        for one in running:
            one.result()
