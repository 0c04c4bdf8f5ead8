"""The state of an interrupted scan: which pictures have a verdict already, and the verdicts themselves.

The file is append-only: a heading that names the model and the options, then one JSON line for each finished picture,
flushed as it comes. A half-written last line, as a kill leaves it, is cut off. A picture counts as done while path,
size and modification time are unchanged. Failed ones are not recorded: the next run tries them again.

Each run writes the whole report in the order of the inputs, with the recorded verdicts where there are some. So any
form of report can be resumed, the lines of an earlier jsonl stay as they were, and no picture stands in one twice.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

from pydantic import ValidationError

from ..text import shown
from ..verdict import Verdict
from .inputs import STDIN, Chosen
from .messages import usage

MARK: Final = "brushwork_scan_state"
VERSION: Final = 1


@dataclass(frozen=True)
class Stamp:
    """What tells whether a file is still the same: its absolute path, bytes, and time of change in nanoseconds."""

    path: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, chosen: Chosen) -> Stamp | None:
        """The stamp of a file that can be looked at; None for standard input and for what is not there."""
        if chosen.path == STDIN:
            return None
        try:
            status = Path(chosen.path).stat()
        except (OSError, ValueError):  # examining it says what is wrong with it
            return None
        return cls(os.path.abspath(chosen.path), status.st_size, status.st_mtime_ns)  # noqa: PTH100  keeps surrogates


class ScanState:
    """An open state file. One run at a time may hold it."""

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        """Open or begin `path`. `fingerprint` names all that a verdict depends on beside the picture.

        Raises a usage error where the file is something else, belongs to other options, or is in use.
        """
        self._name = shown(str(path))
        self._where: dict[Stamp, tuple[int, int]] = {}
        self.unreadable = 0
        heading = {MARK: VERSION, **fingerprint}
        self._file = self._open(path)
        try:
            self._read(heading)
        except BaseException:
            self._file.close()
            raise

    def find(self, stamp: Stamp | None) -> Verdict | None:
        """The recorded verdict of an unchanged picture, or None."""
        if stamp is None or stamp not in self._where:
            return None
        start, length = self._where[stamp]
        self._file.seek(start)
        try:
            return Verdict.model_validate(json.loads(self._file.read(length))["verdict"])
        except (ValueError, KeyError, ValidationError):  # not a line of ours: the picture is examined again
            self.unreadable += 1
            return None

    def record(self, stamp: Stamp | None, verdict: Verdict) -> None:
        """Append a finished picture and flush. A failed one, and standard input, are left out."""
        if stamp is None or verdict.error is not None:
            return
        line = {"path": stamp.path, "size": stamp.size, "mtime_ns": stamp.mtime_ns, "verdict": verdict.to_dict()}
        self._append(line)

    def _open(self, path: Path) -> BinaryIO:
        try:
            file = path.open("a+b")
        except OSError as error:
            raise usage(f"{self._name} cannot be used: {error.strerror}.", option="--resume") from error
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.close()
                raise usage(f"{self._name} is in use by another run.", "Wait for it.", option="--resume") from error
        return file

    def _read(self, heading: dict[str, Any]) -> None:
        self._file.seek(0)
        first = self._file.readline()
        if not first.endswith(b"\n") and json.dumps(heading).encode().startswith(first):
            self._file.truncate(0)  # new, or killed while the heading was written
            self._append(heading)
            return
        self._check(first, heading)
        start = len(first)
        for line in self._file:
            if not line.endswith(b"\n"):
                self._file.truncate(start)
                break
            self._note(line, start)
            start += len(line)

    def _check(self, first: bytes, heading: dict[str, Any]) -> None:
        try:
            found = json.loads(first)
        except ValueError:
            found = None
        if not isinstance(found, dict) or MARK not in found:
            raise usage(f"{self._name} is no state of a scan.", "Name a new file.", option="--resume")
        other = [key for key in heading if found.get(key) != heading[key]]
        if other:
            raise usage(
                f"{self._name} was begun with another {' and '.join(other)}.",
                "Use the same options and model, or name a new file.",
                option="--resume",
            )

    def _note(self, line: bytes, start: int) -> None:
        try:
            row = json.loads(line)
            stamp = Stamp(str(row["path"]), int(row["size"]), int(row["mtime_ns"]))
        except (ValueError, KeyError, TypeError):  # a damaged line: its picture is examined again, and the run says so
            self.unreadable += 1
            return
        self._where[stamp] = (start, len(line))

    def _append(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()

    def __enter__(self) -> ScanState:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
