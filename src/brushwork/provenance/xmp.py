"""XMP and IPTC IIM, read with bounds. Nothing external is resolved: document type definitions are refused whole.

Sources: ISO 16684-1 (XMP), IPTC Photo Metadata Standard 2025.1, IPTC IIM 4.2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ..picture import Picture
from ..text import shown
from .exif import hex_profile

MAX_XMP: Final = 1 << 20
"""Bytes of an XMP packet that are parsed. Larger ones hold thumbnails or an endless history; the worst packet of this
size takes half a second."""
MAX_VALUES: Final = 2000

_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PREFIXES: Final = {
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://cipa.jp/exif/1.0/": "exifEX",
}


@dataclass(frozen=True)
class Property:
    """One simple value: its name with the usual prefix (the bare name for an unknown namespace), and whether it stands
    for the picture itself (`top`) or inside a structure such as a history or an ingredient."""

    name: str
    value: str
    top: bool


@dataclass(frozen=True)
class Xmp:
    """The values of a packet, in order. `damaged` says why it could not be read, None where it could."""

    properties: tuple[Property, ...] = ()
    present: bool = False
    damaged: str | None = None

    def all(self, *names: str) -> tuple[Property, ...]:
        """Every property with one of `names`, wherever it stands, with a value."""
        return tuple(p for p in self.properties if p.name in names and p.value)

    def first(self, name: str) -> str:
        """The value of the picture's own property `name`; empty where absent."""
        return next((p.value for p in self.properties if p.name == name and p.top and p.value), "")


def read_xmp(picture: Picture) -> Xmp:
    """Parse the packet of `picture`. Never raises: what is damaged or refused is said in the answer."""
    raw = xmp_packet(picture)
    if not raw:
        return Xmp()
    if len(raw) > MAX_XMP:
        return Xmp(present=True, damaged=f"it has more than {MAX_XMP:,} bytes")
    try:
        root = fromstring(raw.strip(b"\0 \t\r\n"), forbid_dtd=True)
    except DefusedXmlException:
        return Xmp(present=True, damaged="it defines entities or names external resources, which are never resolved")
    except (ParseError, ValueError, LookupError) as error:  # LookupError: an encoding that Python does not know
        return Xmp(present=True, damaged=shown(str(error), 120))
    return Xmp(tuple(_properties(root)), present=True)


def xmp_packet(picture: Picture) -> bytes:
    """The packet as it lies in the file, empty where absent. A TIFF may give numbers there, which are no packet."""
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
    if isinstance(packet, str):
        return packet.encode("utf-8", "replace")
    return packet if isinstance(packet, bytes) else b""


def _properties(root: Element) -> list[Property]:
    """Every attribute and every text below the descriptions, without recursion (a packet may be nested deeply)."""
    found: list[Property] = []
    stack: list[tuple[Element, str, bool]] = [(root, "", True)]
    while stack and len(found) < MAX_VALUES:
        element, name, top = stack.pop()
        inside = top and not name
        for key, value in element.attrib.items():
            if not key.startswith((_RDF, "{http://www.w3.org/XML/")):
                found.append(Property(_name(key), value.strip(), inside))
        resource = element.get(f"{_RDF}resource")
        text = (resource or element.text or "").strip()
        if name and text:
            found.append(Property(name, text, top))
        plain = element.tag.startswith(_RDF) or not name
        for child in reversed(element):
            if child.tag.startswith((_RDF, "{adobe:ns:meta/}")):
                # A list or an alternative holds values of the property; a description inside one is a structure.
                nested = child.tag == f"{_RDF}Description" and bool(name)
                stack.append((child, name, top and not nested))
            else:
                stack.append((child, _name(child.tag), top and plain and not name))
    return found


def _name(tag: str) -> str:
    namespace, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    prefix = _PREFIXES.get(namespace)
    return f"{prefix}:{local}" if prefix else local


IIM_NAMES: Final = {
    65: "Originating Program",
    80: "By-line",
    110: "Credit",
    115: "Source",
    120: "Caption",
}


def read_iim(picture: Picture) -> dict[str, str]:
    """The wanted datasets of record 2 by name, first value each; of a damaged block what stands before the damage."""
    found: dict[str, str] = {}
    block = _iim_block(picture)
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number, size = struct.unpack_from(">BBH", block, at + 1)
        at += 5
        if size & 0x8000:  # an extended dataset: longer than anything wanted here
            break
        if record == 2 and number in IIM_NAMES and at + size <= len(block):
            found.setdefault(f"IPTC {IIM_NAMES[number]}", block[at : at + size].decode("utf-8", "replace").strip("\0 "))
        at += size
    return found


def _iim_block(picture: Picture) -> bytes:
    resources = picture.info.get("photoshop")
    if isinstance(resources, dict):
        block = resources.get(0x0404, b"")
        return block if isinstance(block, bytes) else b""
    raw = hex_profile(picture, "iptc")
    start = raw.find(b"8BIM\x04\x04")
    if start < 0:
        return raw if raw[:1] == b"\x1c" else b""
    name = raw[start + 6] if start + 6 < len(raw) else 0
    return raw[start + 6 + (name + 1 + (name + 1) % 2) + 4 :]
