"""What time does to what is kept: old verdicts and pictures go, a few at a time, by one process at once.

A clock that jumped is not believed at once. Where it stands much further on than the last look and the process's own
steady clock explain, or behind it, that look deletes nothing; the next one, an hour later by the steady clock, does. So
a clock that is put right within the hour costs nothing, and one that is set back only makes things stay.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from ..settings import Settings
from .batch_upkeep import BatchUpkeep
from .database import Database
from .pictures import Pictures
from .removal import AT_ONCE, Removal
from .tables import Chore, KeptPicture, SavedVerdict

NAME: Final = "retention"
LEASE: Final = timedelta(minutes=10)
EVERY_S: Final = 3600.0
BELIEVED_GAP: Final = timedelta(hours=25)
"""A service that was off for longer than this since its last look waits for the second one, as after a jump."""
DRIFT: Final = timedelta(minutes=5)
MOST_ROUNDS: Final = 50
"""Rounds of AT_ONCE rows in one look; what is left waits for the next, so that nobody waits for the janitor."""


@dataclass(frozen=True)
class Periods:
    """How long verdicts, with all that belongs to them, and the pictures of verdicts are kept."""

    verdicts: timedelta
    pictures: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Periods:
        """Those of the settings."""
        return cls(timedelta(days=settings.retention_days), timedelta(days=settings.picture_retention_days))


@dataclass(frozen=True)
class Tidied:
    """What one look removed. `held` is True where the clock had jumped, and nothing was deleted for its age."""

    verdicts: int = 0
    pictures: int = 0
    batches: int = 0
    strays: int = 0
    held: bool = False


@dataclass(frozen=True)
class Due:
    """What would be deleted now, and when the last look was and what it removed."""

    verdicts: int
    pictures: int
    done_at: datetime | None
    last: Tidied | None


@dataclass(frozen=True)
class Clock:
    """The time of day, and seconds of a clock that nobody sets."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    steady: Callable[[], float] = time.monotonic


class Retention:
    """The janitor of one database and its place for pictures. Each method blocks."""

    def __init__(
        self, database: Database, removal: Removal, pictures: Pictures, batches: BatchUpkeep, clock: Clock = Clock()
    ) -> None:
        self._database = database
        self._removal = removal
        self._pictures = pictures
        self._batches = batches
        self._clock = clock
        self._holder = secrets.token_hex(16)
        self._looked: tuple[datetime, float] | None = None

    def tidy(self, periods: Periods, *, sure: bool = False) -> Tidied | None:
        """Look once and delete what is old enough; None where another process does so just now.

        A person who knows that the clock is right says so with `sure`.
        """
        now = self._clock.now()
        before = self._lease(now)
        if before is None:
            return None
        held = not sure and self._jumped(now, before[0])
        self._looked = (now, self._clock.steady())
        try:
            done = Tidied(held=True) if held else self._delete(periods, now)
            self._release(now, done)
        except BaseException:
            self._release(now, None)
            raise
        return done

    def due(self, periods: Periods) -> Due:
        """What waits, without touching it."""
        now = self._clock.now()
        with self._database.session("look for what is old") as session:
            chore = session.get(Chore, NAME)
            return Due(
                verdicts=_count(session, SavedVerdict.id, SavedVerdict.created_at < now - periods.verdicts),
                pictures=_count(
                    session, KeptPicture.sha256, KeptPicture.purpose == "verdict",
                    KeptPicture.created_at < now - periods.pictures,
                ),
                done_at=chore.done_at if chore else None,
                last=Tidied(**chore.result) if chore and chore.result else None,
            )  # fmt: skip

    def _delete(self, periods: Periods, now: datetime) -> Tidied:
        verdicts = _rounds(lambda: self._removal.older(now - periods.verdicts))
        pictures = _rounds(lambda: self._pictures.drop_older(now - periods.pictures, AT_ONCE))
        batches = self._batches.forget(now - periods.verdicts)
        self._removal.loose_ends(now)
        return Tidied(verdicts, pictures, batches, self._pictures.sweep_strays(AT_ONCE))

    def _jumped(self, now: datetime, before: datetime | None) -> bool:
        """Whether `now` is not where the last look of this process, or of any, lets one expect it."""
        if self._looked is not None:
            then, steady = self._looked
            expected = then + timedelta(seconds=self._clock.steady() - steady)
            return abs(now - expected) > DRIFT
        return before is not None and not before - DRIFT <= now <= before + BELIEVED_GAP

    def _lease(self, now: datetime) -> tuple[datetime | None] | None:
        """Be the one who tidies; when it was done before. None where another one is."""
        with self._database.writing("begin to tidy") as session:
            chore = session.get(Chore, NAME, with_for_update=True)
            if chore is None:
                chore = Chore(name=NAME)
                session.add(chore)
            other = chore.holder not in (None, self._holder)
            if other and chore.lease_until is not None and now <= chore.lease_until <= now + LEASE:
                return None  # a lease further off than one can be is of a clock that was wrong
            chore.holder, chore.lease_until = self._holder, now + LEASE
            before, chore.looked_at = chore.looked_at, now
        return (before,)

    def _release(self, now: datetime, done: Tidied | None) -> None:
        values: dict[str, Any] = {"holder": None, "lease_until": None}
        if done is not None:
            values |= {"done_at": now, "result": asdict(done)}
        mine = or_(Chore.holder == self._holder, Chore.holder.is_(None))
        with self._database.session("end tidying") as session:
            session.execute(update(Chore).where(Chore.name == NAME, mine).values(**values))


def _rounds(step: Callable[[], int]) -> int:
    """Steps until one finds less than it may take."""
    total = 0
    for _ in range(MOST_ROUNDS):
        found = step()
        total += found
        if found < AT_ONCE:
            break
    return total


def _count(session: Session, column: object, *conditions: object) -> int:
    number: int = session.execute(select(func.count(column)).where(*conditions)).scalar_one()  # type: ignore[arg-type]
    return number
