"""What happens while PostgreSQL does not answer: nobody waits for ever, and nobody waits who can be told at once.

A server that is stopped, or behind a network that swallows packets, keeps its connections open and says nothing. libpq
bounds the time to connect only, so the wait for the answer to a statement is bounded here.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from ..errors import StoreError

if TYPE_CHECKING:
    import psycopg

_Got = TypeVar("_Got")


def bound(engine: Engine, seconds: float) -> None:
    """Bound every statement of an engine for PostgreSQL: the server gives it up after `seconds`, and where nothing is
    heard from the server either, the connection is given up a second later."""

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, words: list[Any], named: dict[str, Any]) -> psycopg.Connection[Any]:
        connection = _bounded_connection(seconds + 1).connect(*words, **named)
        connection.execute(f"SET statement_timeout = {int(1000 * seconds)}")
        connection.commit()
        return connection


def _bounded_connection(seconds: float) -> type[psycopg.Connection[Any]]:
    import psycopg  # with SQLite nobody needs it

    class Bounded(psycopg.Connection[Any]):
        """A connection that is closed where the server does not answer within `seconds`."""

        def wait(self, gen: Generator[Any, Any, _Got], *given: Any, **named: Any) -> _Got:
            """Wait as psycopg does, but not longer. Raises psycopg.OperationalError."""
            return super().wait(self._until(gen, time.monotonic() + seconds), *given, **named)

        def _until(self, gen: Generator[Any, Any, _Got], end: float) -> Generator[Any, Any, _Got]:
            """`gen`, which psycopg resumes ten times a second even where nothing came."""
            ready = None
            while True:
                try:
                    wanted = gen.send(ready)
                except StopIteration as done:
                    return done.value  # type: ignore[no-any-return]  # psycopg types it by the protocol of libpq
                if time.monotonic() > end:
                    gen.close()
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server did not answer in time")
                ready = yield wanted

    return Bounded


class Outage:
    """Whether a database is away. Then one caller at a time finds out whether it is back; the others are told at once,
    so that requests do not queue for threads that wait."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._away = False
        self._tried = False

    @contextmanager
    def watched(self, doing: str) -> Iterator[None]:
        """Note how an access ends. Raises StoreError before it begins where the database is away and being tried."""
        trial = self._enter(doing)
        try:
            yield
        except BaseException as error:
            self._leave(trial, away=is_away(error))
            raise
        self._leave(trial, away=False)

    def _enter(self, doing: str) -> bool:
        """True for the one that finds out."""
        with self._lock:
            if not self._away:
                return False
            if self._tried:
                raise StoreError(f"The database could not {doing}.", "It does not answer; try again in a few seconds.")
            self._tried = True
            return True

    def _leave(self, trial: bool, *, away: bool) -> None:
        with self._lock:
            self._away = away
            if trial:
                self._tried = False


def is_away(error: BaseException) -> bool:
    """True where the server could not be reached or was lost, not where it refused something.

    A server that refuses names an SQLSTATE; one that stops names one of class 57P; SQLite's errors name none of theirs.
    """
    if not isinstance(error, DBAPIError) or type(error.orig).__module__.partition(".")[0] != "psycopg":
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (
        isinstance(error, OperationalError) and (state is None or state.startswith(("57P", "08")))
    )
