"""What the file says of itself. Each reader answers absent, found or unreadable, with the fields that it rests on.

Nothing is fetched, and nothing here clears a picture but a signature that chains to the operator's own trust list.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from ..picture import Picture
from ..verdict import Evidence
from . import camera, credentials, generator_text, hidden_marks, source_type
from .metadata import Metadata

__all__ = ["READERS", "Metadata", "Reader", "read_all"]


class Reader(NamedTuple):
    """One reader: its name, and what turns metadata into at least one piece of evidence."""

    name: str
    read: Callable[[Metadata], tuple[Evidence, ...]]


READERS: Final[tuple[Reader, ...]] = (
    Reader(credentials.SOURCE, credentials.read),
    Reader(source_type.SOURCE, source_type.read),
    Reader(generator_text.SOURCE, generator_text.read),
    Reader(hidden_marks.SOURCE, hidden_marks.read),
    Reader(camera.SOURCE, camera.read),
)
if len({reader.name for reader in READERS}) != len(READERS):
    raise AssertionError("a reader stands twice in READERS")


def read_all(picture: Picture, trust_list: Path | None = None) -> tuple[Evidence, ...]:
    """Ask every reader in order. `trust_list` is a PEM file of the certificates to trust; none is assumed.

    Raises SettingsError where the trust list cannot be read; a hostile file raises nothing.
    """
    metadata = Metadata(picture, trust_list)
    return tuple(evidence for reader in READERS for evidence in reader.read(metadata))
