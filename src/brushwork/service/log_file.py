"""A log file that is put aside when it gets large or old, whichever comes first; the oldest ones are deleted."""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..errors import SettingsError
from ..settings import Settings


class RotatingFile(RotatingFileHandler):
    """`name`, then `name.1` the newest of those put aside, up to `name.<keep>`."""

    def __init__(self, path: Path, max_bytes: int, max_seconds: float, keep: int) -> None:
        super().__init__(path, maxBytes=max_bytes, backupCount=keep, encoding="utf-8")
        self._max_seconds = max_seconds
        self._begun = _begun(path)

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802  the library's name
        """Whether `record` is to begin a new file."""
        old = time.time() - self._begun >= self._max_seconds and Path(self.baseFilename).stat().st_size > 0
        return int(old or super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802  the library's name
        """Put the file aside and begin a new one."""
        super().doRollover()
        self._begun = time.time()


def open_log(settings: Settings) -> RotatingFile | None:
    """The file that the settings name; None where they name none. Raises SettingsError where it cannot be written."""
    if settings.log_file is None:
        return None
    try:
        return RotatingFile(
            settings.log_file, settings.log_file_bytes, settings.log_file_hours * 3600, settings.log_files_kept
        )
    except OSError as error:
        raise SettingsError(
            f"BRUSHWORK_LOG_FILE cannot be written: {error.strerror}.", "Name a file in a folder of this user."
        ) from error


def _begun(path: Path) -> float:
    """When the file was begun, by its first line: the file system does not keep that. Now, where it has none."""
    with path.open("rb") as file:
        first = file.readline(65536)
    try:
        return datetime.fromisoformat(json.loads(first)["timestamp"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return time.time()
