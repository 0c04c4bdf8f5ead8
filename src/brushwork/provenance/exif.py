"""EXIF, read with bounds: only the few tags that the readers use, each value capped, no pointer followed twice.

A general reader copies the value of every tag, and a hostile file can name the same megabytes in tens of thousands of
tags. This one reads at most `MAX_ENTRIES` entries of two directories and keeps the wanted ones. Source: Exif 3.0 and
TIFF 6.0, section 2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, Literal

from ..picture import Picture

MAX_ENTRIES: Final = 512
MAX_VALUE: Final = 1 << 20
"""Bytes of one value that are read: the workflow of a large ComfyUI graph fits."""

IFD0_NAMES: Final = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x013C: "HostComputer",
}
EXIF_NAMES: Final = {
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x8827: "ISOSpeedRatings",
    0x9003: "DateTimeOriginal",
    0x920A: "FocalLength",
    0x9286: "UserComment",
    0xA433: "LensMake",
    0xA434: "LensModel",
}
_EXIF_POINTER: Final = 0x8769
_GPS_POINTER: Final = 0x8825
_TYPE_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


@dataclass(frozen=True)
class Exif:
    """The wanted tags by name as raw bytes, and whether there is a GPS directory (which is never read).

    `damaged` says why reading stopped early, None where it did not.
    """

    values: dict[str, bytes] = field(default_factory=dict)
    order: Literal["<", ">"] = "<"
    has_location: bool = False
    damaged: str | None = None

    def text(self, name: str) -> str:
        """The value of a text tag, empty where absent. UTF-8 where it is that, else Latin-1."""
        raw = self.values.get(name, b"").split(b"\0", 1)[0].strip()
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def comment(self) -> str:
        """UserComment as text: by its 8-byte code, and where that lies or is missing, by the look of the bytes."""
        raw = self.values.get("UserComment", b"")
        code, body = raw[:8], raw[8:]
        if code == b"UNICODE\0":
            return _utf16(body)
        if code in (b"ASCII\0\0\0", b"\0" * 8, b"JIS\0\0\0\0\0"):
            return body.decode("utf-8", "replace").strip("\0 ")
        return raw.decode("utf-8", "replace").strip("\0 ")


def read_exif(picture: Picture) -> Exif:
    """The EXIF of `picture`; empty where it has none. A TIFF file is its own EXIF block."""
    block = picture.data if picture.facts.format == "TIFF" else picture.exif or hex_profile(picture, "exif")
    if not block:
        return Exif()
    return parse_exif(block.removeprefix(b"Exif\0\0"))


def hex_profile(picture: Picture, kind: str) -> bytes:
    """The bytes of ImageMagick's text chunk "Raw profile type `kind`": its name, its length, then hexadecimal digits.
    Empty where absent or damaged."""
    profile = picture.info.get(f"Raw profile type {kind}")
    if not isinstance(profile, str):
        return b""
    try:
        return bytes.fromhex("".join(profile[: 2 * MAX_VALUE].split("\n")[3:]))
    except ValueError:
        return b""


def parse_exif(block: bytes) -> Exif:
    """Parse a TIFF-structured block. Never raises: what is damaged is said in the answer."""
    order: Literal["<", ">"] = ">" if block[:2] == b"MM" else "<"
    if block[:4] not in (b"II*\0", b"MM\0*") or len(block) < 8:
        return Exif(damaged="it does not begin with a TIFF header")
    (start,) = struct.unpack_from(f"{order}I", block, 4)
    main, damaged = _directory(block, start, order)
    values = {name: main[tag] for tag, name in IFD0_NAMES.items() if tag in main}
    if len(main.get(_EXIF_POINTER, b"")) == 4:
        (start,) = struct.unpack(f"{order}I", main[_EXIF_POINTER])
        inner, inner_damaged = _directory(block, start, order)
        values |= {name: inner[tag] for tag, name in EXIF_NAMES.items() if tag in inner}
        damaged = damaged or inner_damaged
    return Exif(values, order, _GPS_POINTER in main, damaged)


_WANTED: Final = frozenset({*IFD0_NAMES, *EXIF_NAMES, _EXIF_POINTER, _GPS_POINTER})


def _directory(block: bytes, start: int, order: str) -> tuple[dict[int, bytes], str | None]:
    """The wanted entries of the directory at `start`, and what is wrong with it, if anything."""
    if start + 2 > len(block):
        return {}, "a directory lies outside the block"
    (count,) = struct.unpack_from(f"{order}H", block, start)
    if start + 2 + 12 * count > len(block):
        return {}, "a directory ends early"
    entries: dict[int, bytes] = {}
    for index in range(min(count, MAX_ENTRIES)):
        at = start + 2 + 12 * index
        tag, kind, number = struct.unpack_from(f"{order}HHI", block, at)
        if tag not in _WANTED or tag in entries:
            continue
        size = number * _TYPE_SIZES.get(kind, 0)
        if size > 4:
            (at,) = struct.unpack_from(f"{order}I", block, at + 8)
        else:
            at += 8
        if at + size > len(block):
            return entries, "a value lies outside the block"
        entries[tag] = block[at : at + min(size, MAX_VALUE)]
    return entries, "too many entries" if count > MAX_ENTRIES else None


def _utf16(body: bytes) -> str:
    """UTF-16 of unknown byte order (writers disagree): the order that puts the zero bytes of ASCII in place."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace").strip("\0 ")
    head = body[:400]
    big = head[0::2].count(0) > head[1::2].count(0)
    return body.decode("utf-16-be" if big else "utf-16-le", "replace").strip("\0 ")
