"""The metadata of a file as it stands there, field by field: hostile text, cleaned and cut, private parts left out.

Reading is bounded: so many entries of so many directories, so many bytes of each value, and no pointer twice.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from PIL.ExifTags import GPSTAGS, TAGS
from pydantic import BaseModel, ConfigDict

from ..picture import Picture
from ..provenance.exif import hex_profile
from ..provenance.xmp import read_iim, read_xmp
from ..text import shown

MAX_FIELDS: Final = 1000
MAX_SHOWN: Final = 2000
"""Characters of one value; prompts and workflows are longer, and the reader of generator text has the whole."""
MAX_ENTRIES: Final = 400
MAX_VALUE: Final = 4096

HIDDEN: Final = "hidden"
_PRIVATE: Final = re.compile(
    r"gps|serial|uniqueid|imageuniqueid|owner|makernote|location|sublocation|city|instanceid|documentid|latitude|longitude",
    re.IGNORECASE,
)
_POINTERS: Final = {0x8769: "EXIF", 0x8825: "GPS", 0xA005: "EXIF interoperability"}
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_CODES: Final = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_OWN: Final = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "icc_profile", "photoshop", "Raw profile type exif"})


class Field(BaseModel):
    """One field: where it stands, its name, its value as text. A private one is `hidden` unless it was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    name: str
    value: str
    hidden: bool = False


def fields_of(picture: Picture, *, private: bool = False) -> tuple[Field, ...]:
    """The fields of `picture`, at most MAX_FIELDS. Places, serial numbers and owners are hidden without `private`."""
    found = [field for source in (_exif, _xmp, _iptc, _chunks) for field in source(picture)][:MAX_FIELDS]
    return tuple(field if private or not _is_private(field) else _covered(field) for field in found)


def _is_private(field: Field) -> bool:
    return field.group == "GPS" or _PRIVATE.search(field.name) is not None


def _covered(field: Field) -> Field:
    return field.model_copy(update={"value": HIDDEN, "hidden": True})


def _exif(picture: Picture) -> Iterator[Field]:
    block = picture.data if picture.facts.format == "TIFF" else picture.exif or hex_profile(picture, "exif")
    block = (block or b"").removeprefix(b"Exif\0\0")
    if block[:4] not in (b"II*\0", b"MM\0*") or len(block) < 8:
        return
    order = ">" if block[:2] == b"MM" else "<"
    (start,) = struct.unpack_from(f"{order}I", block, 4)
    waiting, seen = [("EXIF", start)], set()
    while waiting:
        group, start = waiting.pop(0)
        if start in seen:
            continue
        seen.add(start)
        for entry in _entries(block, start, order):
            if entry.tag in _POINTERS and len(entry.raw) == 4:
                waiting.append((_POINTERS[entry.tag], struct.unpack(f"{order}I", entry.raw)[0]))
                continue
            names = GPSTAGS if group == "GPS" else TAGS
            yield Field(group=group, name=names.get(entry.tag, f"tag {entry.tag:#06x}"), value=_value(entry, order))


class _Entry(NamedTuple):
    tag: int
    kind: int
    size: int
    raw: bytes


def _entries(block: bytes, start: int, order: str) -> Iterator[_Entry]:
    if start + 2 > len(block):
        return
    (count,) = struct.unpack_from(f"{order}H", block, start)
    for index in range(min(count, MAX_ENTRIES, (len(block) - start - 2) // 12)):
        at = start + 2 + 12 * index
        tag, kind, number = struct.unpack_from(f"{order}HHI", block, at)
        size = number * _SIZES.get(kind, 0)
        (place,) = (at + 8,) if size <= 4 else struct.unpack_from(f"{order}I", block, at + 8)
        yield _Entry(tag, kind, size, block[place : place + min(size, MAX_VALUE)])


def _value(entry: _Entry, order: str) -> str:
    if entry.kind == 2 or (entry.kind in (1, 7) and _reads_as_text(entry.raw)):
        text = entry.raw.decode("utf-8", "replace")
    elif entry.kind in (5, 10) and entry.size <= MAX_VALUE:
        pairs = struct.iter_unpack(f"{order}{'II' if entry.kind == 5 else 'ii'}", entry.raw[: len(entry.raw) // 8 * 8])
        text = ", ".join(f"{above}/{below}" for above, below in pairs)
    elif entry.kind in _CODES and entry.size <= 256:
        one = struct.calcsize(f"={_CODES[entry.kind]}")
        whole = entry.raw[: len(entry.raw) // one * one]
        text = ", ".join(f"{value:g}" for (value,) in struct.iter_unpack(f"{order}{_CODES[entry.kind]}", whole))
    else:
        text = _bytes_words(entry.size)
    return shown(text.strip("\0 "), MAX_SHOWN)


def _reads_as_text(raw: bytes) -> bool:
    body = raw.strip(b"\0")
    return len(body) > 3 and all(32 <= byte < 127 or byte in (0, 9, 10, 13) for byte in body)


def _bytes_words(size: int) -> str:
    return f"{size:,} bytes"


def _xmp(picture: Picture) -> Iterator[Field]:
    packet = read_xmp(picture)
    if packet.damaged:
        yield Field(group="XMP", name="packet", value=f"unreadable: {packet.damaged}")
    for found in packet.properties:
        if found.value:
            yield Field(group="XMP", name=shown(found.name, 120), value=shown(found.value, MAX_SHOWN))


def _iptc(picture: Picture) -> Iterator[Field]:
    for name, value in read_iim(picture).items():
        yield Field(group="IPTC", name=shown(name, 120), value=shown(value, MAX_SHOWN))


def _chunks(picture: Picture) -> Iterator[Field]:
    """What else the file's container holds: PNG text, JPEG comments, resolution; packed blocks by their size only."""
    for key, value in picture.info.items():
        if isinstance(value, bytes) and (key in _OWN or not _reads_as_text(value)):
            text = _bytes_words(len(value))
        elif key in _OWN or isinstance(value, dict):
            text = _bytes_words(len(str(value)))
        else:
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        yield Field(group="file", name=shown(str(key), 120), value=shown(text, MAX_SHOWN))
