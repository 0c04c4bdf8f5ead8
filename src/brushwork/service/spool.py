"""The folder where uploads of batches wait for their turn. Files have ids for names, and only this user reads them."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..errors import SpoolFull
from ..failures import new_id

MIN_FREE_BYTES: Final = 256 * 1024 * 1024
"""What the disk below the folder must have left over after an upload."""
_MARK: Final = "spool-id"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Spool:
    """One folder; several processes may share it. It is made with the first upload."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """What this folder is called in the database, wherever it is mounted; empty while there is none."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return (self._folder / _MARK).read_text("ascii")
        return ""

    def prepare(self, announced: int = 0) -> str:
        """Make the folder where there is none, and give its name.

        Raises SpoolFull where it cannot be used, or where `announced` bytes more would fill the disk.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            self._be_named()
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            raise SpoolFull(
                "The folder for uploads cannot be used.",
                "Whoever runs the service has to give it one that it may write to, with BRUSHWORK_SPOOL.",
            ) from error
        if free < announced + MIN_FREE_BYTES:
            raise _full()
        return self.name

    def _be_named(self) -> None:
        """Name the folder once, also where two processes come at the same moment."""
        mark = self._folder / _MARK
        if mark.exists():
            return
        draft = self._folder / f"{_MARK}-{secrets.token_hex(8)}"
        draft.write_text(new_id(), "ascii")
        with suppress(FileExistsError):
            os.link(draft, mark)
        draft.unlink()

    def path(self, item_id: str) -> Path:
        """Where the bytes of an item lie."""
        return self._folder / item_id

    def append(self, item_id: str, data: bytes) -> None:
        """Add to the bytes of an item. Raises SpoolFull. No file stays open: thousands may arrive in one request.

        The disk is looked at each time: a body may come without its length, and a zip holds more than it says.
        """
        if shutil.disk_usage(self._folder).free < MIN_FREE_BYTES + len(data):
            raise _full()
        try:
            handle = os.open(self.path(item_id), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError as error:
            if error.errno in _FULL:
                raise _full() from error
            raise

    def remove(self, item_ids: Iterable[str]) -> None:
        """Remove the bytes of these items, where there are some."""
        for item_id in item_ids:
            self.path(item_id).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> Iterator[str]:
        """The ids of files that were not written for so long: what a killed process left may be among them."""
        limit = time.time() - seconds
        with suppress(FileNotFoundError):
            for entry in os.scandir(self._folder):
                with suppress(FileNotFoundError):
                    if not entry.name.startswith(_MARK) and entry.stat().st_mtime < limit:
                        yield entry.name


def _full() -> SpoolFull:
    return SpoolFull(
        "There is too little room on the disk to keep these pictures until their turn comes.",
        "Send them again later, or fewer at once.",
    )
