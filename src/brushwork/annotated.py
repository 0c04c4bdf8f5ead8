"""The picture with its verdict printed under it, for the records: answer, probability, bundle, date and hash.

Made from raw pixels, so that nothing that was hidden in the file is passed on.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from PIL import Image

from .errors import PictureNotFound
from .picture import Limits, Source, open_picture
from .sheet import INK, MUTED, Block, band_block, below, gauge_block, gauge_words, space, text_block
from .text import shown
from .told import digest_line, maker_line
from .verdict import Verdict

MIN_WIDTH: Final = 560
MAX_WIDTH: Final = 1600
_SHARE: Final = 56  # parts of the sheet's width that one line of plain text is high


def annotate(source: Source, verdict: Verdict, limits: Limits = Limits()) -> Image.Image:
    """Return the upright picture, at most MAX_WIDTH wide, on a sheet with the verdict in words below it.

    A picture unlike any that was measured gets neither gauge nor probability: its score means nothing. The caller has
    an answer: a verdict with `error` raises ValueError.
    """
    if verdict.wording is None:
        raise ValueError("a verdict without an answer cannot be printed on a picture")
    image = Image.fromarray(open_picture(source, limits).rgb)
    image.thumbnail((MAX_WIDTH, MAX_WIDTH), Image.Resampling.LANCZOS)
    width = max(image.width, MIN_WIDTH)
    size = max(15, round(width / _SHARE))
    pad = 0 if image.width == width else 2 * size
    return below(image, _blocks(verdict, width, size), width, pad)


def write_annotated(source: Source, verdict: Verdict, path: Path, limits: Limits = Limits()) -> None:
    """Write `annotate` as PNG. Raises PictureNotFound where the folder cannot be written to."""
    try:
        annotate(source, verdict, limits).save(path, "PNG")
    except OSError as error:
        name, why = shown(str(path)), error.strerror or type(error).__name__
        raise PictureNotFound(f"{name} cannot be written: {why}.", "Check the folder of --annotate.") from error


def annotated_png(source: Source, verdict: Verdict, limits: Limits = Limits()) -> bytes:
    """`annotate` as the bytes of a PNG."""
    memory = io.BytesIO()
    annotate(source, verdict, limits).save(memory, "PNG")
    return memory.getvalue()


def _blocks(verdict: Verdict, width: int, size: int) -> list[Block]:
    told, left = verdict.wording, round(size * 1.6)
    assert told is not None and verdict.answer is not None, "checked by annotate"
    room = width - 2 * left

    def lines(text: str, scale: float = 1.0, muted: bool = True) -> Block:
        return text_block(text, round(size * scale), MUTED if muted else INK, left, room)

    blocks = [band_block(verdict.answer, width, max(10, round(size * 0.7))), space(size)]
    blocks += [lines(told.answer, 2.0, muted=False), space(size // 2), lines(told.why, 1.1, muted=False)]
    blocks += [space(size // 3), lines(told.error_rate)]
    if verdict.reference is not None and verdict.probability is not None and verdict.model is not None:
        fits = verdict.model.thresholds
        blocks += [space(size), gauge_block(verdict.probability, fits, verdict.stability, left, room, size)]
        blocks += [lines(gauge_words(fits, verdict.stability), 0.85)]
    blocks += [space(size), *(lines(line) for line in told.advice), space(size // 2)]
    small = [maker_line(verdict), digest_line(verdict) or "Bare pixels: there is no file to name by its hash."]
    return [*blocks, *(lines(line, 0.85) for line in small if line), space(size)]
