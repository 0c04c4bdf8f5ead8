"""Marks hidden in the pixels: NovelAI's stealth text in the alpha channel, and the Stable Diffusion watermark.

SynthID, Stable Signature and IMATAG have no open decoder: for these the answer is that they cannot be checked here.
"""

from __future__ import annotations

import json
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..picture import Picture
from ..verdict import Claim, Evidence, State
from .answers import absent, fact, found, not_checked, unreadable
from .generator_text import Mark, answer, marks_in
from .metadata import Metadata
from .watermark import find

SOURCE: Final = "hidden_marks"
MAX_PAYLOAD: Final = 1 << 20
MAX_INFLATED: Final = 4 << 20
"""Bytes that a compressed payload may become; NovelAI's are a few kilobytes."""

# Magic words, by whether the text behind them is compressed. "rgb" ones lie in the colour channels.
_MAGIC: Final = {
    b"stealth_pngcomp": True,
    b"stealth_pnginfo": False,
    b"stealth_rgbcomp": True,
    b"stealth_rgbinfo": False,
}
_MAGIC_BYTES: Final = 15
_HEADER_BYTES: Final = _MAGIC_BYTES + 4


def read(metadata: Metadata) -> tuple[Evidence, ...]:
    """Every hidden mark that can be looked for; these readers need no file, only pixels."""
    return (_stealth(metadata.picture), _watermark(metadata.picture), _closed())


def _closed() -> Evidence:
    return not_checked(
        SOURCE,
        "The watermarks SynthID (Google), Stable Signature (Meta) and IMATAG cannot be checked here: "
        "they have no open decoder.",
    )


def _watermark(picture: Picture) -> Evidence:
    hit = find(picture.rgb)
    if hit is None:
        return absent(SOURCE, "No Stable Diffusion watermark in the pixels; JPEG and resizing remove it.")
    return found(
        SOURCE,
        f"The pixels carry the invisible watermark of {hit.message.tool}, which says that AI made this picture; "
        "it is not signed, so anyone could have added it.",
        claim=Claim.WHOLLY_AI,
        tool=hit.message.tool,
        facts=(
            fact("watermark bits agreed", f"{hit.agreed} of {len(hit.message.bits)}"),
            fact("watermark blocks agreed", f"{hit.share:.1%}"),
        ),
    )


def _stealth(picture: Picture) -> Evidence:
    answers = []
    for channels in _carriers(picture):
        magic = _bytes_at(channels, 0, _MAGIC_BYTES)
        if magic in _MAGIC:
            answers.append(_stealth_text(channels, compressed=_MAGIC[magic]))
    # A text that can be read goes first, so that a broken header in one place hides nothing in the other.
    answers.sort(key=lambda evidence: evidence.state is not State.FOUND)
    return answers[0] if answers else absent(SOURCE, "No text is hidden in the lowest bits of the pixels.")


def _carriers(picture: Picture) -> tuple[NDArray[np.uint8], ...]:
    """Where stealth text may lie: the alpha band as (width, height), and the colours as (width, height, 3). Text runs
    down the columns, so columns come first; both are views. The colours of pixels that are not opaque are lost by then,
    for they were flattened on white."""
    colours = picture.rgb.transpose(1, 0, 2)
    return (colours,) if picture.alpha is None else (picture.alpha.T, colours)


def _bytes_at(channels: NDArray[np.uint8], start: int, count: int) -> bytes:
    """`count` bytes from byte `start` on, one bit per value, highest first; fewer where the pixels end. Takes only the
    columns that it needs, so that a large picture costs no more than a small one."""
    column = max(1, int(np.prod(channels.shape[1:])))
    first, last = start * 8 // column, -(-(start + count) * 8 // column)
    bits = channels[first:last].reshape(-1)[start * 8 - first * column :][: count * 8] & 1
    return np.packbits(bits[: len(bits) // 8 * 8]).tobytes()


def _stealth_text(channels: NDArray[np.uint8], *, compressed: bool) -> Evidence:
    size = int.from_bytes(_bytes_at(channels, _MAGIC_BYTES, 4), "big") // 8
    payload = _bytes_at(channels, _HEADER_BYTES, min(size, MAX_PAYLOAD))
    if not size or size > MAX_PAYLOAD or len(payload) < size:
        return unreadable(SOURCE, "Text of an image generator is hidden in the pixels, but its length is wrong.")
    text = _inflate(payload) if compressed else payload
    if text is None:
        return unreadable(SOURCE, "Text of an image generator is hidden in the pixels, but it is damaged.")
    marks = tuple(marks_in(_as_fields(text.decode("utf-8", "replace"))))
    marks = marks or (Mark("an image generator", None, fact("hidden text", text[:2000].decode("utf-8", "replace"))),)
    return answer(SOURCE, marks, "Hidden in the lowest bits of the pixels are the parameters of")


def _inflate(payload: bytes) -> bytes | None:
    """Gunzip at most `MAX_INFLATED` bytes; None where it is no gzip, is cut off, or would become larger."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(payload, MAX_INFLATED)
    except zlib.error:
        return None
    return text if inflater.eof else None


def _as_fields(text: str) -> dict[str, str]:
    """NovelAI hides its PNG chunks as one JSON object; web UIs hide the parameters as they are."""
    try:
        chunks = json.loads(text)
    except (ValueError, RecursionError):
        chunks = None
    if not isinstance(chunks, dict):
        return {"parameters": text}
    return {str(key): value for key, value in chunks.items() if isinstance(value, str)}
