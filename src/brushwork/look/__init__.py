"""To look at only: images and facts that a trained eye may want, none of which goes into a verdict.

Each comes with a sentence of what it shows and one of what it does not prove. numpy and Pillow do the work; every
function takes an opened picture, so that the limits on untrusted files hold here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PIL import Image
from pydantic import BaseModel, ConfigDict

from ..picture import Picture
from ..sheet import INK, MUTED, below, space, text_block
from ..verdict import Regions
from . import maps
from .grid import Ghosts, Grid, Tables, ghosts_of, grid_of, tables_of
from .kinds import TOLD, Kind, Told
from .raw import Field, fields_of

__all__ = ["TOLD", "FileFacts", "Kind", "Look", "Told", "captioned", "explained", "looked"]

_MAKERS: Final[dict[Kind, Callable[[maps.Rgb], Image.Image]]] = {
    Kind.ERROR_LEVEL: maps.error_level,
    Kind.NOISE: maps.noise,
    Kind.SPECTRUM: maps.spectrum,
    Kind.JPEG_GHOSTS: maps.ghosts,
}
_CAPTION_WIDTH: Final = 560


class FileFacts(BaseModel):
    """What the container says: width and height in pixels, upright; `mode` is Pillow's word for the pixel format."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str | None
    mode: str
    width: int
    height: int
    bytes: int | None
    progressive: bool
    chroma_subsampling: str | None
    bits_per_pixel: float | None
    typical_generator_size: bool


class Look(BaseModel):
    """Everything there is to look at beside the images: file, tables, ghosts, grid and metadata.

    `hidden` counts the fields that name a place, a serial number or an owner and were left out; `images` are the kinds
    that can be asked for. Ghosts, grid and spectrum look at the middle of a picture that is larger than `window`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: FileFacts
    jpeg_tables: Tables | None
    ghosts: Ghosts
    grid: Grid
    metadata: tuple[Field, ...]
    hidden: int
    window: int
    images: tuple[Told, ...]
    note: str = "To look at only. None of this goes into a verdict, and none of it proves AI."


def looked(picture: Picture, *, private: bool = False) -> Look:
    """The facts of `picture`; `private` shows places, serial numbers and owners, too."""
    fields = fields_of(picture, private=private)
    facts = picture.facts
    return Look(
        file=FileFacts(
            format=facts.format,
            mode=facts.mode,
            width=picture.width,
            height=picture.height,
            bytes=None if picture.data is None else len(picture.data),
            progressive=facts.progressive,
            chroma_subsampling=facts.chroma_subsampling,
            bits_per_pixel=facts.bits_per_pixel,
            typical_generator_size=facts.typical_generator_size,
        ),
        jpeg_tables=tables_of(picture),
        ghosts=ghosts_of(picture.rgb),
        grid=grid_of(picture.rgb),
        metadata=fields,
        hidden=sum(field.hidden for field in fields),
        window=maps.WINDOW,
        images=tuple(TOLD.values()),
    )


def explained(picture: Picture, kind: Kind, found: Regions | None = None) -> Image.Image:
    """The image of `kind`, at most `maps.LONGEST` pixels on a side. `regions` needs the regions that were `found`."""
    if kind is Kind.REGIONS:
        if found is None:
            raise ValueError("the map of regions needs the regions")
        return maps.regions(picture.rgb, found)
    return _MAKERS[kind](picture.rgb)


def captioned(image: Image.Image, kind: Kind, words: str = "") -> Image.Image:
    """`image` on paper with its sentences below it, so that it cannot go about without them."""
    told, width = TOLD[kind], max(image.width, _CAPTION_WIDTH)
    size = max(14, round(width / 60))
    left, pad = round(size * 1.5), 0 if image.width == width else size * 2
    room = width - 2 * left
    blocks = [
        space(size),
        text_block(told.title, round(size * 1.6), INK, left, room),
        *([text_block(words, size, INK, left, room)] if words else []),
        text_block(told.shows, size, INK, left, room),
        text_block(told.does_not_prove, size, MUTED, left, room),
        space(size),
    ]
    return below(image.convert("RGB"), blocks, width, pad)
