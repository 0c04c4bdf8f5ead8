"""Damage files as storage, transfers and attackers do: flips, cuts, repeats, foreign parts, changed lengths."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from typing import Final

from . import hidden, tagged
from .drawings import drawn, encoded
from .signed import action, signed


def seeds() -> dict[str, bytes]:
    """Small files that hold something for every reader."""
    image = drawn("painterly", (128, 96))
    ai = (action("created", "trainedAlgorithmicMedia", "Test Generator"),)
    packet = tagged.xmp_packet(Iptc4xmpExt__DigitalSourceType="trainedAlgorithmicMedia", photoshop__Credit="x")
    return {
        "signed PNG": signed(encoded(image), actions=ai),
        "signed JPEG": signed(encoded(image, "JPEG"), "JPEG", actions=ai),
        "signed WebP": signed(encoded(image, "WEBP"), "WEBP", actions=ai),
        "signed chain": signed(encoded(image), ingredients=((signed(encoded(image), actions=ai), "parentOf"),)),
        "parameters": tagged.with_chunks(image, {"parameters": tagged.A1111, **tagged.comfy_chunks()}),
        "NovelAI": tagged.with_chunks(hidden.novelai_stealth(image), tagged.NOVELAI),
        "comment in JPEG": encoded(image, "JPEG", exif=tagged.user_comment(tagged.A1111)),
        "graph in WebP": encoded(image, "WEBP", exif=tagged.user_comment(json.dumps(tagged.COMFY_GRAPH), b"", "utf-8")),
        "camera": encoded(image, "JPEG", exif=tagged.camera_exif(), xmp=packet),
        "XMP in PNG": tagged.with_xmp(image, packet, "PNG"),
        "XMP in TIFF": tagged.with_xmp(image, packet, "TIFF"),
        "IPTC": tagged.with_iptc(image, tagged.iptc_block(credit="Made with Google AI", caption="x")),
    }


def mutated(data: bytes, seed: int) -> bytes:
    """`data` after one to eight random changes, the same ones for the same seed. The checksums of a PNG are mended, so
    that the damage reaches the readers and is not refused at the door."""
    chance = random.Random(seed)
    content = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if len(content) > 64:
            chance.choice(CHANGES)(content, chance)
    return mend_png(bytes(content)) if content[:8] == b"\x89PNG\r\n\x1a\n" else bytes(content)


def _flip(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 16)):
        content[chance.randrange(8, len(content))] ^= 1 << chance.randrange(8)


def _overwrite(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(8, len(content) - 8)
    content[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x01"))


def _cut(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(8, len(content))
    del content[at : at + chance.randint(1, 200)]


def _truncate(content: bytearray, chance: random.Random) -> None:
    if chance.random() < 0.3:
        del content[chance.randrange(64, len(content)) :]


def _repeat(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(8, len(content))
    part = bytes(content[at : at + chance.randint(1, 2000)])
    content[at:at] = part * chance.randint(1, 4)


def _move(content: bytearray, chance: random.Random) -> None:
    at, to = chance.randrange(8, len(content)), chance.randrange(8, len(content))
    content[to:to] = content[at : at + chance.randint(1, 500)]


def _words(content: bytearray, chance: random.Random) -> None:
    word = chance.choice(
        (b"<!DOCTYPE", b"&a;", b"[" * 600, b'{"a":' * 300, b"jumb", b"\x1c\x02\x6e\xff\xff", b"UNICODE\0")
    )
    at = chance.randrange(8, len(content))
    content[at : at + len(word)] = word


CHANGES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    _flip, _overwrite, _cut, _truncate, _repeat, _move, _words,
)  # fmt: skip


def mend_png(data: bytes) -> bytes:
    """Set every chunk's checksum right, as far as the lengths make sense."""
    content, at = bytearray(data), 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(content):
            break
        content[end : end + 4] = zlib.crc32(content[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(content)
