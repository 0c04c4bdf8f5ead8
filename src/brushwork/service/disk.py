"""The disks that the service writes to: below the database, if that is a file, and below the folder for uploads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import make_url

from ..settings import Settings

MIN_FREE_BYTES: Final = 64 * 1024 * 1024
"""What must be free for this process to get requests."""


class Disks:
    """Those of one service, by what they hold: `uploads`, and `database` where it is a file here."""

    def __init__(self, settings: Settings) -> None:
        self.folders = {"uploads": settings.spool}
        database = make_url(settings.database_url)
        if database.get_backend_name() == "sqlite" and database.database not in (None, "", ":memory:"):
            self.folders["database"] = Path(str(database.database)).parent

    def free(self, place: str) -> int:
        """Bytes that are free there. A folder that is not made yet will be made on the disk of the one above."""
        folder = self.folders[place].resolve()
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free

    def state(self) -> Literal["ok", "full"]:
        """full where one of them has less than MIN_FREE_BYTES."""
        return "full" if any(self.free(place) < MIN_FREE_BYTES for place in self.folders) else "ok"
