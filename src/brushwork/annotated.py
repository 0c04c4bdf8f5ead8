"""The picture with its verdict printed under it, for the records: answer, probability, bundle, date and hash.

Made from raw pixels, so that nothing that was hidden in the file is passed on.
"""

from __future__ import annotations

import io
from pathlib import Path
from textwrap import wrap
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from .errors import PictureNotFound
from .picture import Limits, Source, open_picture
from .text import shown
from .verdict import Verdict

MIN_WIDTH: Final = 480
MAX_WIDTH: Final = 1600
_MARGIN: Final = 20
_PAPER, _INK, _MUTED = (246, 245, 242), (28, 30, 34), (92, 96, 104)


def annotate(source: Source, verdict: Verdict, limits: Limits = Limits()) -> Image.Image:
    """Return the upright picture, at most MAX_WIDTH wide, on a sheet with the verdict in words below it.

    The caller has an answer: a verdict with `error` raises ValueError.
    """
    if verdict.wording is None:
        raise ValueError("a verdict without an answer cannot be printed on a picture")
    image = Image.fromarray(open_picture(source, limits).rgb)
    image.thumbnail((MAX_WIDTH, MAX_WIDTH), Image.Resampling.LANCZOS)
    width = max(image.width, MIN_WIDTH)
    lines = _lines(verdict, width - 2 * _MARGIN)
    height = image.height + 2 * _MARGIN + sum(size + 8 for _, size, _ in lines)
    sheet = Image.new("RGB", (width, height), _PAPER)
    sheet.paste(image, ((width - image.width) // 2, 0))
    _write(sheet, lines, image.height + _MARGIN)
    return sheet


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


def _lines(verdict: Verdict, width: int) -> list[tuple[str, int, tuple[int, int, int]]]:
    assert verdict.wording is not None, "checked by annotate"
    model, digest = verdict.model, verdict.input.sha256 if verdict.input else None
    small = [
        verdict.wording.why,
        verdict.wording.error_rate,
        *verdict.wording.advice,
        f"Model {model.name} {model.version}, {verdict.created_at:%Y-%m-%d %H:%M} UTC" if model else "",
        f"sha256 {digest}" if digest else "bare pixels, no file",
    ]
    rows = [(verdict.wording.answer, 26, _INK)]
    for text in filter(None, small):
        rows += [(row, 15, _MUTED) for row in wrap(text, max(20, int(width / 7.6)))]
    return rows


def _write(sheet: Image.Image, lines: list[tuple[str, int, tuple[int, int, int]]], top: int) -> None:
    draw = ImageDraw.Draw(sheet)
    for text, size, colour in lines:
        draw.text((_MARGIN, top), text, fill=colour, font=ImageFont.load_default(size))
        top += size + 8
