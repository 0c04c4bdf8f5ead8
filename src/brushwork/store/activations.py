"""Which bundle was chosen to be the active one. The choice outlives the service, and its other processes follow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from .audit import entry
from .database import Database
from .tables import Activation


@dataclass(frozen=True)
class Choice:
    """The bundle that was chosen last: its name and the sha256 of its recipe. `number` grows with every choice."""

    number: int
    name: str
    sha256: str


class Activations:
    """The choices of one database. Each method is one transaction and blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def choose(self, name: str, sha256: str, *, by: str) -> Choice:
        """Make that bundle the chosen one."""
        row = Activation(at=datetime.now(UTC), who=by, name=name, sha256=sha256)
        with self._database.session("keep the choice of the model") as session:
            session.add(row)
            session.add(entry(by, "activate model", name))
            session.flush()
            return Choice(row.id, row.name, row.sha256)

    def current(self) -> Choice | None:
        """The last choice, None where there was none."""
        with self._database.session("read the choice of the model") as session:
            row = session.scalars(select(Activation).order_by(Activation.id.desc()).limit(1)).first()
            return None if row is None else Choice(row.id, row.name, row.sha256)
