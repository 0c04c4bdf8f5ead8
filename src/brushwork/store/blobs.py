"""Where the bytes of kept pictures lie: a folder or an S3-compatible bucket, by the sha256 of what they are.

They are kept as they came in, so that the hash proves them and another model can look again. They are never handed out
like that: every copy that leaves is made anew from the pixels.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from ..buckets import S3Access
from ..errors import SettingsError, StoreError
from .database import MIN_FREE_BYTES

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_DRAFT: Final = ".draft-"


class Blobs(Protocol):
    """Bytes by their sha256. Each method blocks, and raises StoreError where the place cannot be used."""

    def put(self, sha256: str, data: bytes) -> None:
        """Keep `data`; once it returns, a power cut does not lose them. Doing it twice is the same as once."""

    def get(self, sha256: str) -> bytes | None:
        """The bytes, None where there are none."""

    def has(self, sha256: str) -> bool:
        """Whether they are there."""

    def remove(self, sha256: str) -> None:
        """Remove them, where they are there."""

    def older_than(self, seconds: float) -> Iterator[str]:
        """The digests of what was put there at least so long ago."""


class FolderBlobs:
    """A folder of this user alone: `ab/cd/abcd...`, so that no folder gets too long."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when the first picture comes."""
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where the bytes lie. Anything but a digest is a mistake of the caller."""
        if not _DIGEST.fullmatch(sha256):
            raise ValueError("not a sha256")
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def put(self, sha256: str, data: bytes) -> None:
        """Write a draft, then give it its name: a reader sees all of it or nothing."""
        path = self.path(sha256)
        if path.exists():
            return
        try:
            self._make_room(path.parent, len(data))
            draft = path.parent / f"{_DRAFT}{secrets.token_hex(8)}"
            try:
                _write(draft, data)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except OSError as error:
            raise _unusable("keep the picture") from error

    def _make_room(self, parent: Path, size: int) -> None:
        for folder in (self._folder, parent.parent, parent):
            folder.mkdir(mode=0o700, parents=folder == self._folder, exist_ok=True)
        if shutil.disk_usage(parent).free < size + MIN_FREE_BYTES:
            raise OSError("too little room")

    def get(self, sha256: str) -> bytes | None:
        """The bytes of the file, None where there is none."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable("read the picture") from error

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        return self.path(sha256).exists()

    def remove(self, sha256: str) -> None:
        """Remove the file, and folders that are empty then."""
        path = self.path(sha256)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable("delete the picture") from error
        with suppress(OSError):  # another picture lies there
            path.parent.rmdir()
            path.parent.parent.rmdir()

    def older_than(self, seconds: float) -> Iterator[str]:
        """The names of files that old. Drafts that a killed process left are removed on the way."""
        limit = time.time() - seconds
        for path in self._folder.glob("??/??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime >= limit:
                    continue
                if path.name.startswith(_DRAFT):
                    path.unlink()
                elif _DIGEST.fullmatch(path.name):
                    yield path.name


def open_blobs(place: str, s3: S3Access | None = None) -> Blobs:
    """The folder `place`, or the bucket where it is `s3://bucket/prefix`. Raises SettingsError."""
    if not place.startswith("s3://"):
        return FolderBlobs(Path(place))
    from .s3 import S3Blobs

    if s3 is None:
        raise SettingsError(
            "BRUSHWORK_PICTURES names a bucket, and there is no key for it.",
            "Set BRUSHWORK_S3_ACCESS_KEY and BRUSHWORK_S3_SECRET_KEY, or name a folder.",
        )
    return S3Blobs(place, s3)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # a folder cannot be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unusable(doing: str) -> StoreError:
    return StoreError(
        f"The place for pictures could not {doing}.",
        "Check that BRUSHWORK_PICTURES names a place with room that this user may write to, then try again.",
    )
