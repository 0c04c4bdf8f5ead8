"""How long it takes to find near duplicates among saved verdicts by the indexed bands, against looking at every row.

    python -m benchmarks.near_duplicates [ROWS]

Hashes are random, with a few planted near each one that is asked for. Both ways have to find the same ones.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

from brushwork.failures import new_id
from brushwork.store.migrate import upgrade
from brushwork.store.phashes import bands, distance
from brushwork.store.store import Store
from brushwork.store.tables import SavedVerdict

OWNER, MOST, ASKED, PLANTED = "somebody", 6, 20, 5


def row(phash: str) -> dict[str, object]:
    """A saved verdict with that hash and nothing else of interest."""
    return {
        "id": new_id(), "owner": OWNER, "created_at": datetime.now(UTC), "sha256": "0" * 64, "phash": phash,
        "bundle_sha256": "0" * 64, "options": "", "answer": "cannot_tell", "probability": 0.5, "channel": "http",
        "for_review": False, "words": "", "body": {"filler": "x" * 3000},
        **{f"band{i}": value for i, value in enumerate(bands(phash))},
    }  # fmt: skip


def filled(url: str, rows: int, draw: random.Random) -> tuple[Store, list[str]]:
    """A store with so many verdicts, and the hashes to ask for."""
    upgrade(url)
    store = Store(url)
    hashes = [f"{draw.getrandbits(64):016x}" for _ in range(rows)]
    asked = hashes[:ASKED]
    for middle in asked:
        for _ in range(PLANTED):
            value = int(middle, 16)
            for bit in draw.sample(range(64), draw.randint(1, MOST)):
                value ^= 1 << bit
            hashes.append(f"{value:016x}")
    for start in range(0, len(hashes), 2000):
        with store.database.session("fill") as session:
            session.execute(insert(SavedVerdict), [row(phash) for phash in hashes[start : start + 2000]])
    return store, asked


def by_looking_at_all(store: Store, phash: str) -> set[str]:
    with store.database.session("look") as session:
        every = session.execute(select(SavedVerdict.id, SavedVerdict.phash).where(SavedVerdict.owner == OWNER))
        return {found.id for found in every if distance(found.phash, phash) <= MOST}


def by_bands(store: Store, phash: str) -> set[str]:
    return {one.id for one in store.verdicts.near(OWNER, phash, MOST, limit=1000)}


def timed(way: Callable[[Store, str], set[str]], store: Store, asked: list[str]) -> tuple[float, list[set[str]]]:
    """The median milliseconds of one question, and what was found."""
    times, found = [], []
    for phash in asked:
        start = time.perf_counter()
        found.append(way(store, phash))
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), found


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, asked = filled(f"sqlite:///{Path(folder) / 'store.sqlite3'}", rows, random.Random(1))
        slow, expected = timed(by_looking_at_all, store, asked)
        fast, found = timed(by_bands, store, asked)
        store.close()
    missed = sum(len(one - other) for one, other in zip(expected, found, strict=True))
    print(
        f"{rows:,} rows: every row {slow:.1f} ms, bands {fast:.2f} ms, {slow / fast:.0f} times faster, {missed} missed"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
