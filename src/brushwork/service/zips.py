"""Takes a zip apart into the spool folder. Its names are text and nothing else: no path is ever made of one.

Whatever is wrong with an archive, all of it is refused. Sizes are counted as the bytes come out; what the archive says
about itself is not believed.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import ArchiveRefused
from ..failures import new_id
from ..text import shown
from .spool import Spool

MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")
MAX_RATIO: Final = 100
"""How many times its own size an archive may become; pictures in a zip stay near 1."""
FREE_BYTES: Final = 16 * 1024 * 1024
"""Up to here the ratio is not looked at: a drawing of flat colours without compression shrinks a thousand times."""
DIRECTORY_BYTES: Final = 400
"""Bytes of the central directory for one entry, names included, on average over an archive."""
MAX_NAME: Final = 240
_PIECE: Final = 64 * 1024
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others ask for memory as they please
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True)
class Bounds:
    """The most entries, bytes of one entry that are kept, and bytes of all together."""

    entries: int
    entry_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Unpacked:
    """One file of an archive: the id of its bytes in the spool folder, and its path in the archive as text."""

    id: str
    name: str


def unpack(archive: Path, spool: Spool, bounds: Bounds, taken: Callable[[str], None]) -> tuple[Unpacked, ...]:
    """Take `archive` apart; `taken` hears each id before its bytes are written. Raises ArchiveRefused or SpoolFull."""
    most = min(bounds.total_bytes, max(FREE_BYTES, MAX_RATIO * archive.stat().st_size))
    with archive.open("rb") as file:
        opened = _opened(file, bounds.entries)
        entries = [entry for entry in opened.infolist() if not entry.is_dir() and not _is_clutter(entry.filename)]
        for entry in entries:
            _check(entry)
        if not 0 < len(entries) <= bounds.entries:
            raise _refused(f"it has {len(entries):,} files, and 1 to {bounds.entries:,} are allowed.")
        found = []
        for entry in entries:
            item = Unpacked(new_id(), shown(entry.filename.replace("\\", "/"), MAX_NAME) or "picture")
            taken(item.id)
            most -= _extract(opened, entry, item, spool, bounds.entry_bytes, most)
            found.append(item)
    return tuple(found)


def _opened(file: BinaryIO, entries: int) -> zipfile.ZipFile:
    """The archive with its list of entries read, and no more of a list than so many entries need."""
    bounded = _Bounded(file, max(entries * DIRECTORY_BYTES, 1024 * 1024))
    try:
        opened = zipfile.ZipFile(bounded)
    except _BROKEN as error:
        raise _refused("it is damaged, or its list of files is too long.") from error
    return opened


class _Bounded:
    """A file that gives no more than `most` bytes at once: the list of an archive is read in one piece."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > self._most:
            raise ValueError("too much at once")
        return self._file.read(size if size >= 0 else self._most)


def _check(entry: zipfile.ZipInfo) -> None:
    name, said = entry.filename.replace("\\", "/"), shown(entry.filename, 80)
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise _refused(f"{said} names a place outside of it.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise _refused(f"{said} is a link or a device.")
    if entry.flag_bits & 0x1:
        raise _refused(f"{said} is encrypted.")
    if entry.compress_type not in _METHODS:
        raise _refused(f"{said} is compressed by another method than deflate.")


def _extract(
    opened: zipfile.ZipFile, entry: zipfile.ZipInfo, item: Unpacked, spool: Spool, kept: int, most: int
) -> int:
    """Write the bytes of `entry`, no more than `kept` of them, and return how many there were."""
    size, said = 0, shown(entry.filename, 80)
    for piece in _pieces(opened, entry):
        if size == 0 and piece.startswith(MAGICS):
            raise _refused(f"{said} is an archive itself.")
        spool.append(item.id, piece[: max(kept - size, 0)])
        size += len(piece)
        if size > most:
            raise _refused("it unpacks to more than is allowed.")
    if size == 0:
        spool.append(item.id, b"")
    return size


def _pieces(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with opened.open(entry) as source:
            while piece := source.read(_PIECE):
                yield piece
    except _BROKEN as error:
        raise _refused(f"{shown(entry.filename, 80)} is damaged.") from error


def _is_clutter(name: str) -> bool:
    """What file managers put beside the files."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in (".DS_Store", "Thumbs.db", "desktop.ini")


def _refused(why: str) -> ArchiveRefused:
    return ArchiveRefused(f"The zip is not taken: {why}", "Mend it, or send the pictures themselves.")
