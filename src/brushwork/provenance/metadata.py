"""What every reader gets: the picture, the operator's trust list, and the metadata, parsed once and when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..picture import Picture
from .exif import Exif, read_exif
from .xmp import Xmp, read_iim, read_xmp


@dataclass(frozen=True, eq=False)
class Metadata:
    """The metadata of one picture. `trust_list` is a PEM file of certificates to trust, None for none."""

    picture: Picture
    trust_list: Path | None = None

    @property
    def bare(self) -> bool:
        """True where only pixels were given, so that there is no metadata to read."""
        return self.picture.data is None

    @cached_property
    def exif(self) -> Exif:
        """EXIF; empty where absent."""
        return read_exif(self.picture)

    @cached_property
    def xmp(self) -> Xmp:
        """The XMP packet; empty where absent."""
        return read_xmp(self.picture)

    @cached_property
    def iptc(self) -> dict[str, str]:
        """IPTC IIM datasets by name; empty where absent."""
        return read_iim(self.picture)

    def chunk(self, key: str) -> str:
        """A text chunk of a PNG; empty where absent and for other formats."""
        value = self.picture.info.get(key) if self.picture.facts.format == "PNG" else None
        return value if isinstance(value, str) else ""
