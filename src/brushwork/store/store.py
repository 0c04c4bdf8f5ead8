"""Everything that is kept, one attribute per subject."""

from __future__ import annotations

from .database import Database
from .verdicts import Verdicts


class Store:
    """What one database keeps."""

    def __init__(self, url: str) -> None:
        """Open `url` without connecting. Raises SettingsError where it cannot be used."""
        self.database = Database(url)
        self.verdicts = Verdicts(self.database)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()
