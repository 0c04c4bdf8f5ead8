"""Files that a kill or a full disk cannot spoil: written beside their place, and there only once they are whole."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..errors import LabError

HALF_WRITTEN: Final = ".part"


def written_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write beside `path`, down to the disk, and only then take its name: a kill leaves the former file or the new."""
    part = path.with_name(path.name + HALF_WRITTEN)
    write(part)
    take_name(part, path)


def take_name(part: Path, path: Path) -> None:
    """Bring a file that is written down to the disk, and give it its name."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold `path` for this process, by a lock beside it. Raises LabError where another run holds it."""
    with path.with_name(path.name + ".lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LabError(f"{path} is in use by another run.", "Wait for it, or name another place.") from error
        yield


@contextmanager
def disk_explained(what: str = "Training", then: str = "goes on from the checkpoint") -> Iterator[None]:
    """Turn what a full or broken disk raises into a LabError that says what stopped, and what the command does then."""
    try:
        yield
    except OSError as error:
        raise LabError(f"{what} stopped: {error}.", f"Free some disk space; the same command {then}.") from error
