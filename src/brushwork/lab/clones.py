"""Pictures out of git clones: what a commit holds, when each file was first committed, and its bytes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

from ..errors import LabError

ENDINGS: Final = (".jpg", ".jpeg", ".png", ".webp")
# A clone is foreign: its git never asks, never fetches and never reads the settings of this machine.
_ENVIRONMENT: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


class Blob(NamedTuple):
    """One file of a commit: its blob id and its path in the repository."""

    sha: str
    path: str


def clone_of(clones: Path, repository: str) -> Path | None:
    """The git directory of `repository` (clones/owner+name, .../owner+name/repo or owner/name), None without one."""
    plus = clones / repository.replace("/", "+")
    for path in (plus / "repo", plus, clones / repository):
        for place in (path / ".git", path):
            if (place / "objects").is_dir():
                return place
    return None


def head_of(clone: Path, commit: str = "") -> str:
    """The full id of `commit`, or of the newest one. Raises LabError where the clone does not hold it."""
    return _git(clone, "rev-parse", "--verify", "--end-of-options", f"{commit or 'HEAD'}^{{commit}}").decode().strip()


def pictures_of(clone: Path, commit: str) -> tuple[Blob, ...]:
    """Every file of `commit` with the ending of a picture, in order of path."""
    listed = _git(clone, "ls-tree", "-r", "-z", commit).decode(errors="replace").split("\0")
    found = [Blob(entry.split("\t", 1)[0].split()[2], entry.split("\t", 1)[1]) for entry in listed if entry]
    return tuple(blob for blob in found if blob.path.lower().endswith(ENDINGS))


def first_committed(clone: Path, commit: str) -> dict[str, str]:
    """The date (YYYY-MM-DD, of the committer) of the oldest commit that brought each blob of the history."""
    words = ("log", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--format=@%cs", "-z", commit)
    dates: dict[str, str] = {}
    date = ""
    for field in _git(clone, *words).decode(errors="replace").replace("\n", "\0").split("\0"):
        if field.startswith("@") and len(field) == 11:
            date = field[1:]
        elif field.startswith(":"):
            sha = field.split()[3]
            dates[sha] = min(date, dates.get(sha, date))
    return dates


class BlobReader:
    """Reads blobs one after the other through one git process."""

    def __init__(self, asked: IO[bytes], answered: IO[bytes]) -> None:
        self._asked = asked
        self._answered = answered

    def read(self, sha: str) -> bytes | None:
        """The bytes of a blob, None where the clone does not hold it."""
        self._asked.write(f"{sha}\n".encode("ascii"))
        self._asked.flush()
        head = self._answered.readline().split()
        if len(head) < 3:
            return None
        data = self._answered.read(int(head[2]))
        self._answered.read(1)
        return data


@contextmanager
def blobs(clone: Path) -> Iterator[BlobReader]:
    """A reader of the blobs of `clone`; its git process ends with the block."""
    command = _command(clone, "cat-file", "--batch")
    process = subprocess.Popen(  # noqa: S603  (fixed words)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield BlobReader(process.stdin, process.stdout)
        finally:
            process.stdin.close()


def _git(clone: Path, *words: str) -> bytes:
    done = subprocess.run(  # noqa: S603  (fixed words; commits come from the table and are checked by git)
        _command(clone, *words), capture_output=True, check=False, env=_environment()
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise LabError(
            f"The clone {clone} cannot be read: {said[-1] if said else 'git failed'}.",
            "Clone the repository again, with the commit that the table names.",
        )
    return done.stdout


def _command(clone: Path, *words: str) -> list[str]:
    return ["git", "--no-pager", f"--git-dir={clone}", *words]


def _environment() -> dict[str, str]:
    return {**os.environ, **_ENVIRONMENT}
