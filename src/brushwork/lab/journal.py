"""What a command has done so far, one JSON object a line, so that a run that was cut off goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class Journal:
    """A file of lines that only grows. A line that a kill cut off counts for nothing: its work is done again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> Iterator[dict[str, Any]]:
        """The whole lines, the oldest first."""
        if not self._path.is_file():
            return
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                try:
                    yield dict(json.loads(line))
                except ValueError:
                    continue

    def add(self, line: Mapping[str, object]) -> None:
        """Write one line at once. Raises OSError on a full disk."""
        with self._path.open("a+b") as file:
            if file.tell() and file.seek(-1, 2) >= 0 and file.read() != b"\n":
                file.write(b"\n")  # the last one was cut off; this one begins its own
            file.write(json.dumps(dict(line), ensure_ascii=False).encode() + b"\n")
