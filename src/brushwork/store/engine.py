"""Opens the database: SQLite with a write-ahead log by default, PostgreSQL (psycopg 3) by BRUSHWORK_DATABASE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from ..errors import SettingsError, StoreError
from . import patience

DRIVERS: Final = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
BUSY_TIMEOUT_MS: Final = 5_000
POSTGRES_CONNECT_S: Final = 5
POSTGRES_STATEMENT_S: Final = 10.0
"""Seconds for one statement where nobody says otherwise."""
POOL_WAIT_S: Final = 5.0

_SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",  # readers do not wait for the writer
    "PRAGMA synchronous=NORMAL",  # safe with WAL; a power cut may lose the last transaction, never the file
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA secure_delete=ON",  # a deleted row is overwritten, not only unlinked
)


def open_engine(url: str, statement_s: float | None = POSTGRES_STATEMENT_S) -> Engine:
    """Return an engine for `url`; nothing is connected yet. Raises SettingsError where the URL cannot be used.

    PostgreSQL gets `statement_s` seconds for one statement, None: as long as it takes.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed)
        event.listen(engine, "connect", _set_pragmas)
        return engine
    engine = create_engine(
        parsed,
        pool_pre_ping=True,
        pool_timeout=POOL_WAIT_S,
        connect_args={"connect_timeout": POSTGRES_CONNECT_S},
    )
    if statement_s is not None:
        patience.bound(engine, statement_s)
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _bad_url() from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in DRIVERS:
        raise _bad_url()
    return parsed


def _bad_url() -> SettingsError:
    # Never repeats the URL: it may hold a password.
    return SettingsError(
        "BRUSHWORK_DATABASE_URL is not a database that can be used here.",
        "Give sqlite:///file.sqlite3 or postgresql+psycopg://user:password@host/database.",
    )


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn a database error into a StoreError that says what could not be done, without the library's text."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"The database could not {doing}.", _advice(error)) from error
    except SQLAlchemyError as error:
        raise StoreError(f"The database could not {doing}.", "Try it again in a few seconds.") from error


def _advice(error: DBAPIError) -> str:
    missing = "no such table" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "42P01"
    if missing:
        return "Its tables are missing: run `brushwork db upgrade`."
    return "Check that it runs and that BRUSHWORK_DATABASE_URL names it, then try again."
