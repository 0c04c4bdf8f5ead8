"""A sheet of paper under a picture: text that wraps, the gauge and the band of an answer, drawn with Pillow alone.

The same visual language as the page: neutral paper, one accent, a pattern for each answer and no colour that judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from .verdict import Answer, Stability, Thresholds

Colour = tuple[int, int, int]
PAPER: Final[Colour] = (255, 254, 252)
INK: Final[Colour] = (28, 30, 34)
MUTED: Final[Colour] = (90, 93, 100)
LINE: Final[Colour] = (220, 217, 210)
EDGE: Final[Colour] = (130, 127, 120)
MOUNT: Final[Colour] = (227, 225, 220)
ACCENT: Final[Colour] = (36, 80, 143)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Block:
    """Something `height` pixels high; `draw` puts it on a sheet with its top at a given y."""

    height: int
    draw: Callable[[ImageDraw.ImageDraw, int], None]


@lru_cache(maxsize=32)
def font_of(size: int) -> Font:
    """The font that comes with Pillow; no file of the machine is read."""
    return ImageFont.load_default(size)


def text_block(text: str, size: int, colour: Colour, left: int, width: int) -> Block:
    """`text` wrapped to `width` pixels, `left` pixels from the edge of the sheet."""
    font, step = font_of(size), round(size * 1.38)
    lines = list(wrapped(text, font, width))

    def draw(pen: ImageDraw.ImageDraw, top: int) -> None:
        for number, line in enumerate(lines):
            pen.text((left, top + number * step), line, fill=colour, font=font)

    return Block(step * len(lines), draw)


def space(height: int) -> Block:
    """Nothing, `height` pixels of it."""
    return Block(height, lambda _pen, _top: None)


def wrapped(text: str, font: Font, width: int) -> Iterator[str]:
    """The lines of `text` that fit `width` pixels; a word that is wider than a line, such as a hash, is cut."""
    line = ""
    for word in (piece for whole in text.split() for piece in _pieces(whole, font, width)):
        longer = f"{line} {word}" if line else word
        if line and font.getlength(longer) > width:
            yield line
            line = word
        else:
            line = longer
    yield line


def _pieces(word: str, font: Font, width: int) -> Iterator[str]:
    while font.getlength(word) > width:
        fits = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or font.getlength(word[:n]) <= width)
        yield word[:fits]
        word = word[fits:]
    yield word


def band_block(answer: Answer, width: int, height: int) -> Block:
    """The pattern that stands for `answer` across the whole sheet: told apart without any colour."""

    def draw(pen: ImageDraw.ImageDraw, top: int) -> None:
        _BANDS[answer](pen, top, width, height)

    return Block(height, draw)


def _stripes(pen: ImageDraw.ImageDraw, top: int, width: int, height: int) -> None:
    pitch = max(5, round(height * 0.9))
    for x in range(-height, width, pitch):
        pen.line([(x, top + height - 1), (x + height, top)], fill=ACCENT, width=max(2, height // 4))


def _half_stripes(pen: ImageDraw.ImageDraw, top: int, width: int, height: int) -> None:
    _stripes(pen, top, width // 2, height)
    pen.rectangle([width // 2 + height, top - 1, width, top + height], fill=PAPER)
    pen.line([(0, top), (width, top)], fill=ACCENT, width=1)


def _dots(pen: ImageDraw.ImageDraw, top: int, width: int, height: int) -> None:
    radius = max(2, height // 4)
    for x in range(height // 2, width, height):
        pen.ellipse([x - radius, top + height // 2 - radius, x + radius, top + height // 2 + radius], fill=ACCENT)


def _dashes(pen: ImageDraw.ImageDraw, top: int, width: int, height: int) -> None:
    for x in range(0, width, height * 5 // 2):
        pen.rectangle([x, top, x + round(height * 1.4), top + max(2, height // 4)], fill=ACCENT)


def _hairline(pen: ImageDraw.ImageDraw, top: int, width: int, height: int) -> None:
    pen.rectangle([0, top, width, top + max(1, height // 10)], fill=ACCENT)


def _double(pen: ImageDraw.ImageDraw, top: int, width: int, height: int) -> None:
    thick = max(2, height // 4)
    for y in (top, top + 2 * thick):
        pen.rectangle([0, y, width, y + thick - 1], fill=ACCENT)


_BANDS: Final[dict[Answer, Callable[[ImageDraw.ImageDraw, int, int, int], None]]] = {
    Answer.MADE_WITH_AI: _stripes,
    Answer.PARTLY_AI: _half_stripes,
    Answer.LOOKS_AI: _dots,
    Answer.CANNOT_TELL: _dashes,
    Answer.NO_SIGN_OF_AI: _hairline,
    Answer.SIGNED_CAPTURE: _double,
}


def gauge_block(
    probability: float, fits: Thresholds, spread: Stability | None, left: int, width: int, size: int
) -> Block:
    """The probability on a scale from 0 to 1 with the zones of the answers, and the stability range below it."""
    number, small = font_of(round(size * 1.15)), font_of(round(size * 0.8))
    bar, thick = round(size * 1.9), max(8, round(size * 0.7))

    def at(value: float) -> int:
        return left + round(value * width)

    def draw(pen: ImageDraw.ImageDraw, top: int) -> None:
        y, foot = top + bar, top + bar + thick
        pen.rectangle([at(0), y, at(fits.clear), foot], fill=MOUNT)
        pen.rectangle([at(fits.clear), y, at(fits.strict), foot], fill=LINE)
        pen.rectangle([at(fits.strict), y, at(1), foot], fill=EDGE)
        for edge in (fits.clear, fits.strict):
            pen.line([(at(edge), y - 4), (at(edge), foot + 4)], fill=EDGE)
        if spread is not None:
            pen.rectangle([at(spread.min), foot + 3, at(spread.max), foot + 7], fill=ACCENT)
        pen.rectangle([at(probability) - 2, y - 7, at(probability) + 2, foot + 5], fill=ACCENT)
        pen.text((_inside(at(probability), left, width, size), top), f"{probability:.2f}", INK, number, anchor="ma")
        for value in (0.0, 1.0):
            pen.text((at(value), foot + 9), f"{value:g}", MUTED, small, anchor="la" if value == 0 else "ra")

    return Block(bar + thick + round(size * 2.0), draw)


def _inside(x: int, left: int, width: int, size: int) -> int:
    return min(max(x, left + size), left + width - size)


def gauge_words(fits: Thresholds, spread: Stability | None) -> str:
    """What the zones of the gauge mean, in one or two sentences."""
    zones = f"No sign of AI up to {fits.clear:.2f}; looks AI-generated from {fits.strict:.2f}; in between, cannot tell."
    if spread is None:
        return zones
    return (
        f"{zones} Saved again in {spread.views} harmless ways: {spread.min:.2f} to {spread.max:.2f}; "
        f"the answer of the pixels changed {spread.flips} times."
    )


def below(image: Image.Image, blocks: list[Block], width: int, pad: int) -> Image.Image:
    """`image` on a mount of `width` pixels with `blocks` on paper below it, `pad` pixels around."""
    mount = image.height + 2 * pad
    sheet = Image.new("RGB", (width, mount + sum(block.height for block in blocks) + pad), PAPER)
    sheet.paste(MOUNT, (0, 0, width, mount))
    sheet.paste(image, ((width - image.width) // 2, pad))
    pen, top = ImageDraw.Draw(sheet), mount
    for block in blocks:
        block.draw(pen, top)
        top += block.height
    return sheet
