"""One split of a streamed data set on its way to the disk: which pictures are drawn, and what is there already."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappush, heappushpop, nsmallest
from itertools import count, takewhile
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..datasets import blob_id
from ..journal import Journal
from ..manifest import write_bytes
from .layouts import Tick

PICTURES: Final = "pictures"
STREAMED: Final = "streamed.jsonl"
LOOKED_AT: Final = 10_000
"""A stream of unknown length says each time that so many more pictures went by."""
_ENDINGS: Final = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"), (b"RIFF", "webp"), (b"GIF8", "gif"))
Say = Callable[[str], None]
Line = dict[str, Any]
Told = Callable[[Any], tuple[bytes, int, str]]
"""The bytes, label and generator of an item of the stream."""


def first_line(error: Exception) -> str:
    """What an error says first, its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


@dataclass(frozen=True)
class Draw:
    """`most` pictures by `seed`: every place of a split has a key, and the smallest are drawn. None draws all."""

    most: int | None
    seed: int

    def keys(self, split: str) -> Iterator[float]:
        """The key of each place, from the first on."""
        rng = random.Random(f"{self.seed} {split}")  # noqa: S311  a draw that can be repeated
        while True:
            yield rng.random()

    def among(self, split: str, total: int) -> dict[int, float]:
        """What is drawn of a split of `total` pictures: the keys by place."""
        keyed = zip(self.keys(split), range(total), strict=False)
        return {number: key for key, number in nsmallest(total if self.most is None else self.most, keyed)}


class Part:
    """One split, with a journal of what is there."""

    def __init__(self, out: Path, name: str, split: str, say: Say, tick: Tick[Any]) -> None:
        self._out, self._name, self._split, self._say, self._tick = out, name, split, say, tick
        self._journal = Journal(out / STREAMED)
        lines = [line for line in self._journal.lines() if line["split"] == split]
        there = [line for line in lines if "number" in line and (out / line["path"]).is_file()]
        self._lines: dict[int, Line] = {line["number"]: line for line in there}
        self._total: int | None = next((line["total"] for line in reversed(lines) if "total" in line), None)
        if there:
            say(f"{name}, {split}: {len(self._lines):,} pictures are there and are not fetched again")

    def read(self, stream: Any, promised: int | None, told: Told, draw: Draw) -> Iterator[tuple[float, Path, Line]]:
        """Key, file and line of each picture that is drawn; what is not there is fetched.

        `promised` is the length where the hub says one. Where it says none, a draw passes the whole split.
        """
        total = promised if self._total is None else self._total
        drawn = {} if total is None else draw.among(self._split, total)
        if total is None or not self._fetch(stream, total, told, drawn):
            drawn = self._fetch_unmeasured(stream, told, draw)
        for number, key in drawn.items():
            yield key, self._out / self._lines[number]["path"], self._lines[number]

    def _fetch(self, stream: Any, total: int, told: Told, drawn: dict[int, float]) -> bool:
        """Fetch what is drawn and not there; False where the split is shorter than promised."""
        missing = drawn.keys() - self._lines.keys()
        if missing:
            first = min(missing)
            for number, item in self._walk(stream, first, self._tick(range(first, max(missing) + 1))):
                if number in missing:
                    self._keep(number, item, told)
        if missing <= self._lines.keys():
            return True
        self._say(f"{self._name}, {self._split}: fewer pictures came than the {total:,} that are promised")
        return False

    def _fetch_unmeasured(self, stream: Any, told: Told, draw: Draw) -> dict[int, float]:
        """Pass the whole split, and keep what is drawn of it; the keys by place."""
        if draw.most is None:
            self._fetch_all(stream, told)
            return draw.among(self._split, self._total or 0)
        return self._sample(stream, told, draw, draw.most)

    def _fetch_all(self, stream: Any, told: Told) -> None:
        first = sum(1 for _ in takewhile(self._lines.__contains__, count()))
        number = first - 1
        for number, item in self._walk(stream, first, count(first)):
            if number not in self._lines:
                self._keep(number, item, told)
        self._ended(number + 1)

    def _sample(self, stream: Any, told: Told, draw: Draw, most: int) -> dict[int, float]:
        """Reservoir sampling: what is drawn so far is on the disk, and what a smaller key displaces leaves it."""
        heap: list[tuple[float, int]] = []
        uses = self._uses()
        number = -1
        for (number, item), key in zip(self._walk(stream, 0, count()), draw.keys(self._split), strict=False):
            if len(heap) < most:
                heappush(heap, (-key, number))
            else:
                gone = heappushpop(heap, (-key, number))[1]
                if gone == number:
                    continue
                self._drop(gone, uses)
            if number not in self._lines:
                uses[self._keep(number, item, told)] += 1
        self._ended(number + 1)
        return {number: -key for key, number in heap}

    def _uses(self) -> Counter[str]:
        """How many places, of all splits, have each file: copies share one."""
        lines = [line for line in self._journal.lines() if "number" in line]
        paths = {(line["split"], line["number"]): line["path"] for line in lines}
        return Counter(path for path in paths.values() if (self._out / path).is_file())

    def _walk(self, stream: Any, first: int, numbers: Any) -> Iterator[tuple[int, Any]]:
        """Number and item from the place `first` on. Raises LabError where the stream breaks off."""
        items = iter(stream.skip(first))
        for number in numbers:
            with self._unbroken():
                item = next(items, None)
            if item is None:
                return
            if number and number % LOOKED_AT == 0:
                self._say(f"{self._name}, {self._split}: {number:,} pictures passed, {len(self._lines):,} are there")
            yield number, item

    def _keep(self, number: int, item: Any, told: Told) -> str:
        with self._unbroken():
            data, label, generator = told(item)
        name = blob_id(data)
        ending = next((word for beginning, word in _ENDINGS if data.startswith(beginning)), "picture")
        path = f"{PICTURES}/{name[:2]}/{name}.{ending}"
        write_bytes(self._out / path, data)
        line = {"split": self._split, "number": number, "path": path, "label": label, "generator": generator}
        self._journal.add(line)
        self._lines[number] = line
        return path

    def _drop(self, number: int, uses: Counter[str]) -> None:
        path = self._lines.pop(number)["path"]
        uses[path] -= 1
        if uses[path] <= 0:
            (self._out / path).unlink(missing_ok=True)

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        import aiohttp
        import datasets
        import httpx

        try:
            yield
        except (OSError, httpx.HTTPError, aiohttp.ClientError, ValueError, datasets.exceptions.DatasetsError) as error:
            raise LabError(
                f"{self._name}, {self._split} breaks off: {first_line(error)}",
                f"{len(self._lines):,} of its pictures are kept in {self._out}; the same command, started again, "
                "goes on.",
            ) from error

    def _ended(self, total: int) -> None:
        self._total = total
        self._journal.add({"split": self._split, "total": total})
