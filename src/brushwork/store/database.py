"""One database: its sessions, its state, and the traces that a deletion leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from ..errors import StoreError
from .engine import POSTGRES_STATEMENT_S, open_engine, told
from .migrate import current, newest
from .patience import Outage

State = Literal["ok", "behind", "full", "unreachable"]
MIN_FREE_BYTES: Final = 64 * 1024 * 1024


class Database:
    """The connections to one database."""

    def __init__(self, url: str, statement_s: float = POSTGRES_STATEMENT_S) -> None:
        """Open `url` without connecting; see `open_engine`. Raises SettingsError where it cannot be used."""
        self._engine: Engine = open_engine(url, statement_s)
        self._outage = Outage()

    @property
    def dialect(self) -> str:
        """sqlite or postgresql."""
        return self._engine.dialect.name

    def state(self) -> State:
        """ok; behind (run `brushwork db upgrade`); full (SQLite's disk is); unreachable."""
        try:
            with told("answer"), self._outage.watched("answer"), self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                if current(connection) != newest():
                    return "behind"
        except StoreError:
            return "unreachable"  # that is the answer here, not an error
        return "full" if self._disk_full() else "ok"

    @contextmanager
    def session(self, doing: str) -> Iterator[Session]:
        """One transaction. Its failures become a StoreError that says what could not be done: `doing`."""
        with told(doing), self._outage.watched(doing), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def writing(self, doing: str) -> Iterator[Session]:
        """A transaction that reads first and then writes. SQLite takes its one write lock at the start, so that nothing
        that was read can change before the commit; elsewhere rows are locked as they are read, `with_for_update`."""
        with self.session(doing) as session:
            if self.dialect == "sqlite":
                session.execute(text("BEGIN IMMEDIATE"))
            yield session

    @contextmanager
    def moment(self, doing: str) -> Iterator[Session]:
        """A transaction that reads several times and sees the same moment each time."""
        with self.session(doing) as session:
            if self.dialect == "sqlite":
                session.execute(text("BEGIN"))
            else:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def forget_log(self) -> None:
        """SQLite's write-ahead log still holds the old page of a deleted row: write it back and cut the log."""
        if self.dialect == "sqlite":
            with told("clear its log"), self._engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _disk_full(self) -> bool:
        database = self._engine.url.database
        if self.dialect != "sqlite" or not database or database == ":memory:":
            return False
        return shutil.disk_usage(Path(database).resolve().parent).free < MIN_FREE_BYTES
