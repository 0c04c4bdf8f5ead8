"""Builds and changes the tables, from code: no alembic.ini, no working directory, no command line."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from .engine import open_engine, told

SCRIPTS: Final = Path(__file__).parent / "migrations"


def prepare(url: str) -> None:
    """Bring a SQLite store to the newest version by itself. A PostgreSQL one may be shared: `brushwork db upgrade`.

    Raises SettingsError for an unusable URL of either kind, StoreError where SQLite refuses.
    """
    engine = open_engine(url)
    engine.dispose()
    if engine.dialect.name == "sqlite":
        upgrade(url)


def upgrade(url: str, revision: str = "head") -> str:
    """Bring the database at `url` to `revision` and return the one it is at then.

    Raises SettingsError for an unusable URL, StoreError where the database refuses.
    """
    return _move(url, revision, up=True)


def downgrade(url: str, revision: str) -> str:
    """Go back to `revision` ("base" removes every table, with what is in it)."""
    return _move(url, revision, up=False)


def newest() -> str:
    """The revision that this version of Brushwork needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the package carries its migrations"
    return head


def current(connection: Connection) -> str:
    """The revision of the connected database; "base" where nothing was built yet."""
    return MigrationContext.configure(connection).get_current_revision() or "base"


def _move(url: str, revision: str, *, up: bool) -> str:
    engine = open_engine(url, statement_s=None)  # a table with millions of rows takes its time
    try:
        with told("change its tables"):
            return _run(engine, revision, up)
    finally:
        engine.dispose()


def _run(engine: Engine, revision: str, up: bool) -> str:
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)
        return current(connection)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
