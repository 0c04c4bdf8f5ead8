"""Which pictures a run examines, and in which order: files, folders, globs, web addresses, lists, standard input.

A file that is named is examined whatever it is called. A folder gives its pictures by suffix, sorted by name, and its
sub-folders only on request. What cannot be looked at is kept in its place, with the error, so that no report is silent
about it.
"""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..errors import PictureError, PictureNotFound
from ..text import shown

STDIN: Final = "-"
WEB: Final = ("http://", "https://")

SUFFIXES: Final = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".dib",
    ".avif", ".heic", ".heif", ".hif",
)  # fmt: skip
"""Endings that make a file in a folder a picture; the content decides later. HEIC needs the extra `heic`."""


_PASSED_OVER: Final = {
    "others": "Passed over, files without a picture's suffix: {}. Name them to have them examined.",
    "deeper": "Passed over, sub-folders: {}. Add -r to look into them.",
    "linked": "Passed over, linked folders: {}. Name them to look into them.",
}


@dataclass(frozen=True)
class Chosen:
    """One input. `path` is as given or found (it may hold undecodable bytes as surrogates), "-" for standard input, or
    a web address; `problem` is set where it is known already that it cannot be examined."""

    path: str
    problem: PictureError | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        return "standard input" if self.path == STDIN else shown(self.path)

    @property
    def is_web(self) -> bool:
        """Whether it is to be fetched."""
        return self.path.startswith(WEB)


@dataclass
class Selection:
    """All inputs in order, each once, and what was left out knowingly."""

    items: list[Chosen] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _passed_over: Counter[str] = field(default_factory=Counter, repr=False)
    _files: set[str] = field(default_factory=set, repr=False)
    _folders: set[tuple[int, int]] = field(default_factory=set, repr=False)

    def add(self, name: str, *, recursive: bool, literal: bool = False) -> None:
        """Add what `name` stands for; `literal` takes it as a path even if it looks like a glob or standard input."""
        if (name == STDIN and not literal) or name.startswith(WEB):
            self._take(Chosen(name))
        elif _exists(name) or literal or not glob.has_magic(name):
            self._add_path(name, recursive)
        else:
            self._add_matches(name, recursive)

    def _add_matches(self, pattern: str, recursive: bool) -> None:
        """A glob gives what a shell would make of it; `**` also crosses folders."""
        matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
        if not matches:
            advice = "Check the pattern and the current folder, or put it in quotes once, not twice."
            self._take(Chosen(pattern, PictureNotFound(f"Nothing matches {shown(pattern)}.", advice)))
        for match in matches:
            self._add_path(match, recursive)

    def _add_path(self, path: str, recursive: bool) -> None:
        if not _is_folder(path):
            self._take(Chosen(path, _stream(path)))
            return
        for found in self._walk(path, recursive):
            self._take(found)

    def _walk(self, top: str, recursive: bool) -> Iterator[Chosen]:
        """The pictures of a folder, then those of its sub-folders, depth first."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                entries = self._enter(folder)
            except OSError as error:
                yield Chosen(folder, _closed_folder(folder, error))
                continue
            yield from _pictures(entries)
            waiting += self._deeper(entries, recursive)

    def _deeper(self, entries: list[os.DirEntry[str]], recursive: bool) -> list[str]:
        """The sub-folders to enter, last first. A linked one is not: a link in a submission could lead anywhere."""
        shown_ones = [e for e in entries if not e.name.startswith(".")]
        folders = [e for e in shown_ones if _is_folder(e.path)]
        self._passed_over["others"] += sum(_is_file(e) and not _is_picture(e) for e in shown_ones)
        self._passed_over["linked"] += sum(recursive and e.is_symlink() for e in folders)
        self._passed_over["deeper"] += 0 if recursive else len(folders)
        return [e.path for e in reversed(folders) if recursive and not e.is_symlink()]

    def tell(self) -> None:
        """Note what folders held and was passed over, so that a report of 180 of 200 entries says so."""
        for kind, words in _PASSED_OVER.items():
            if self._passed_over[kind]:
                self.notes.append(words.format(self._passed_over[kind]))

    def _enter(self, folder: str) -> list[os.DirEntry[str]]:
        """What a folder holds, by name; nothing where it was entered before, so that a loop of links ends."""
        status = Path(folder).stat()
        identity = (status.st_dev, status.st_ino)
        if identity in self._folders:
            self.notes.append(f"{shown(folder)} leads to a folder that was looked at already; not entered again.")
            return []
        self._folders.add(identity)
        with os.scandir(folder) as listing:
            return sorted(listing, key=lambda entry: entry.name)

    def _take(self, chosen: Chosen) -> None:
        """Keep an input unless the same path is there already (`a.png` and `./a.png` are the same)."""
        bare = chosen.path == STDIN or chosen.is_web
        key = chosen.path if bare else os.path.abspath(chosen.path)  # noqa: PTH100  keeps surrogates
        if key not in self._files:
            self._files.add(key)
            self.items.append(chosen)


def choose(names: Iterable[str], listed: Iterable[str] = (), *, recursive: bool = False) -> Selection:
    """Everything that the arguments `names` and the lines `listed` of a list stand for."""
    selection = Selection()
    for name in names:
        selection.add(name, recursive=recursive)
    for name in listed:
        selection.add(name, recursive=recursive, literal=True)
    selection.tell()
    return selection


def split_list(data: bytes, *, nul: bool) -> list[str]:
    """The paths of a list: one a line, or separated by NUL. Empty ones are skipped."""
    parts = data.split(b"\0") if nul else data.splitlines()
    return [os.fsdecode(part) for part in parts if part]


def why_empty(names: Iterable[str], *, recursive: bool) -> str:
    """The next step where folders hold no picture: deeper folders, or other suffixes."""
    if not recursive and any(_has_folder(name) for name in names):
        return "There are folders inside; add -r to look into them."
    return f"Folders are searched for {', '.join(SUFFIXES)}; a file of any name is examined when it is named itself."


def _pictures(entries: list[os.DirEntry[str]]) -> Iterator[Chosen]:
    for entry in entries:
        if entry.name.startswith(".") or not _is_picture(entry):
            continue
        if _is_file(entry):
            yield Chosen(entry.path)
        elif not _is_folder(entry.path) and (problem := _stream(entry.path) or _dead_link(entry)):
            yield Chosen(entry.path, problem)


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES)


def _exists(path: str) -> bool:
    return os.path.lexists(path)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # a folder above it may not be entered; reading it as a file says so
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself, reported as a dead link
        return False


def _has_folder(name: str) -> bool:
    return _is_folder(name) and any(entry.is_dir() for entry in os.scandir(name))


def _closed_folder(folder: str, error: OSError) -> PictureNotFound:
    why = error.strerror or type(error).__name__
    return PictureNotFound(
        f"The folder {shown(folder)} cannot be read: {why}.", "Check that you may open it, or leave it out."
    )


def _dead_link(entry: os.DirEntry[str]) -> PictureNotFound | None:
    if not entry.is_symlink():
        return None  # gone since the folder was listed
    return PictureNotFound(f"{shown(entry.path)} is a link that leads nowhere.", "Mend the link or remove it.")


def _stream(path: str) -> PictureNotFound | None:
    """The refusal of a pipe or a device. It is told here: a worker process would not find a pipe of this one."""
    from ..intake import stream_refusal

    return stream_refusal(Path(path))
