"""Near duplicates by perceptual hash, without looking at every one.

A 64-bit hash is four bands of 16 bits. Where two hashes differ in at most 7 bits, some band differs in at most one
(four bands with two or more each would make 8). So it is enough to look, by index, for rows that have in one of the
four bands the same value or one of its 16 neighbours by a single bit, and to count the bits of those.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Select, select, union_all

from .tables import SavedVerdict

BITS: Final = 16
BANDS: Final = 4
MOST_DISTANCE: Final = 2 * BANDS - 1
"""Up to here nothing is missed; beyond it the search would have to look for two bits in a band."""
_COLUMNS: Final = (SavedVerdict.band0, SavedVerdict.band1, SavedVerdict.band2, SavedVerdict.band3)


def bands(phash: str) -> tuple[int, ...]:
    """The four bands of a hash of 16 hex digits, the first digits first."""
    return tuple(int(phash[i : i + 4], 16) for i in range(0, BITS, 4))


def distance(one: str, other: str) -> int:
    """In how many of 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def candidates(owner: str, phash: str) -> Select[str, str]:
    """(id, phash) of every verdict of `owner` that may be within MOST_DISTANCE; one may come more than once."""
    found = (
        select(SavedVerdict.id, SavedVerdict.phash).where(SavedVerdict.owner == owner, column.in_(_around(value)))
        for column, value in zip(_COLUMNS, bands(phash), strict=True)
    )
    every = union_all(*found).subquery()
    return select(every.c.id, every.c.phash)


def same(owner: str, phash: str, limit: int) -> Select[str, str]:
    """(id, phash) of verdicts of `owner` with that very hash, at most `limit` of them."""
    exact = (SavedVerdict.owner == owner, SavedVerdict.band0 == bands(phash)[0], SavedVerdict.phash == phash)
    return select(SavedVerdict.id, SavedVerdict.phash).where(*exact).limit(limit)


def _around(value: int) -> list[int]:
    return [value, *(value ^ 1 << bit for bit in range(BITS))]
