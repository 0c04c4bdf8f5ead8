"""Bytes in, Picture out: limits, decode, orientation, digests. The only place in the project that opens pictures.

Every input is hostile. Type is decided by content among the formats listed here; limits are read from the header
before anything is decoded; only the first frame is decoded; the EXIF orientation is applied once.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from .errors import PictureCorrupt, PictureEmpty, PictureTooLarge, TooManyPixels, UnsupportedFormat
from .format_facts import FormatFacts, read_format_facts
from .intake import Limits, Source, file_behind, read_source
from .pixels import alpha_of, perceptual_hash, to_rgb
from .text import shown
from .verdict import InputFacts, Warned

__all__ = ["DECODE_ERRORS", "FORMATS", "Limits", "Picture", "Source", "open_picture"]

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
"""Allowed in the open call itself: Pillow registers 43 readers, and a smaller list is a smaller target."""

MAX_METADATA: Final = 8 * 1024 * 1024
"""Bytes of text chunks, EXIF, XMP and profiles in one file. Large workflows of generators stay well below it."""
_PILLOWS_TEXT_LIMIT: Final = "MAX_TEXT_"  # in what Pillow raises for text chunks that unpack to more than it allows

ORIENTATION_TAG: Final = 0x0112
_TRANSPOSE: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GET_IT_AGAIN: Final = "Open it in a viewer, or get the original file again."
# How files of the allowed formats begin; one of these that Pillow does not know is damaged rather than foreign.
_BEGINNINGS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*")
_HEIF_BRANDS: Final = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypheim", b"ftypmif1", b"ftypmsf1")
# What Pillow's readers are known to raise on damaged files, beside its own UnidentifiedImageError (an OSError).
DECODE_ERRORS: Final = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, MemoryError,
    struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip

# Our own limit is lower than Pillow's, but a bomb must never be a mere warning, whatever the settings say.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
# Pillow warns once per damaged EXIF tag: a hostile file would write thousands of lines to standard error.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@dataclass(frozen=True, eq=False)
class Picture:
    """One opened picture.

    `data`: the file's bytes, None for bare pixels. `rgb`: upright, uint8, shape (height, width, 3), alpha flattened on
    white, 16-bit scaled to 8. `alpha`: uint8 (height, width) as stored (not rotated), None without one. `info` is
    Pillow's dictionary of the file's chunks; hostile like the rest.
    """

    name: str
    data: bytes | None
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    facts: FormatFacts
    info: dict[Any, Any] = field(default_factory=dict)
    exif: bytes | None = None
    warnings: tuple[Warned, ...] = ()

    @property
    def width(self) -> int:
        """Pixels across, upright."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Pixels down, upright."""
        return int(self.rgb.shape[0])

    @cached_property
    def sha256(self) -> str | None:
        """Digest of the file's bytes in hex; None for bare pixels."""
        return None if self.data is None else hashlib.sha256(self.data).hexdigest()

    @cached_property
    def phash(self) -> str:
        """Perceptual hash, 16 hex digits: near for near pictures."""
        return perceptual_hash(self.rgb)

    def input_facts(self) -> InputFacts:
        """The `input` part of a verdict."""
        size = None if self.data is None else len(self.data)
        return InputFacts(
            sha256=self.sha256,
            phash=self.phash,
            format=self.facts.format,
            width=self.width,
            height=self.height,
            bytes=size,
            jpeg_quality=self.facts.jpeg_quality,
            chroma_subsampling=self.facts.chroma_subsampling,
            bits_per_pixel=self.facts.bits_per_pixel,
            typical_generator_size=self.facts.typical_generator_size,
        )


def open_picture(source: Source, limits: Limits = Limits(), name: str | None = None) -> Picture:
    """Open `source` within `limits`; `name` is how messages call it.

    Takes a path, bytes, a binary stream, a PIL image or a uint8 array of shape (height, width[, 3 or 4]). A PIL image
    that was opened from a file and not yet decoded gives its file, so that the answer is that of the file; any other is
    bare pixels, of which the metadata cannot be read. Raises a PictureError that names the input and the next step.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, limits, shown(name or "array"))
    if isinstance(source, Image.Image):
        data = file_behind(source, FORMATS, limits)
        if data is None:
            return _from_pixels(source, limits, shown(name or "image"))
        return _decode(data, limits, shown(name or getattr(source, "filename", "") or "image"))
    data, found_name = read_source(source, limits, name)
    return _decode(data, limits, shown(found_name))


def _decode(data: bytes, limits: Limits, name: str) -> Picture:
    if not data:
        raise PictureEmpty(f"{name} has no bytes.", "Copy or download the file again.")
    try:
        with Image.open(io.BytesIO(data), formats=_formats()) as image:
            _check_size(image.size, limits, name)
            facts = read_format_facts(image, len(data))
            notes = _frame_note(image)
            image.load()
            orientation, orientation_note = _orientation(image)
            rgb, alpha = to_rgb(image), alpha_of(image)
            info = dict(image.info)
            _check_metadata(info, name)
    except UnidentifiedImageError as error:
        if data.startswith(_BEGINNINGS) or data[4:12] == b"ftypavif":
            raise PictureCorrupt(f"{name} is damaged: {_plain(error)}.", _GET_IT_AGAIN) from error
        raise UnsupportedFormat(
            f"{name} is not a picture in a format that is read here.", _format_advice(data)
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(name, "far too many", limits) from error
    except MemoryError as error:
        raise TooManyPixels(
            f"{name} needs more memory to decode than there is.", "Give a smaller picture, or raise the memory limit."
        ) from error
    except DECODE_ERRORS as error:
        if _PILLOWS_TEXT_LIMIT in str(error):
            raise _too_much_metadata(name) from error
        raise PictureCorrupt(f"{name} is damaged: {_plain(error)}.", _GET_IT_AGAIN) from error
    upright = np.ascontiguousarray(_turn(rgb, orientation))
    return Picture(name, data, upright, alpha, facts, info, info.get("exif"), (*notes, *orientation_note))


def _formats() -> tuple[str, ...]:
    """The allowed formats; HEIF joins them where the `heic` extra is installed."""
    return (*FORMATS, "HEIF") if _heif_registered() else FORMATS


def _format_advice(data: bytes) -> str:
    if data[4:12] in _HEIF_BRANDS and not _heif_registered():
        return 'It is a HEIC picture: install the extra, `pip install "brushwork[heic]"`, or save it as JPEG or PNG.'
    return f"Give one of {', '.join(_formats())}."


def _heif_registered() -> bool:
    if "HEIF" in Image.OPEN:
        return True
    try:
        from pillow_heif import register_heif_opener  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return False
    register_heif_opener()
    return True


def _check_size(size: tuple[int, int], limits: Limits, name: str) -> None:
    width, height = size
    most = min(limits.max_pixels, Image.MAX_IMAGE_PIXELS or limits.max_pixels)
    if width * height > most or max(size) > limits.max_side:
        raise _too_many(name, f"{width} x {height}", limits, max(size) > limits.max_side)
    if min(size) < 1:
        raise PictureCorrupt(f"{name} has no pixels ({width} x {height}).", "Get the original file again.")


def _check_metadata(info: dict[Any, Any], name: str) -> None:
    if sum(len(value) for value in info.values() if isinstance(value, (str, bytes))) > MAX_METADATA:
        raise _too_much_metadata(name)


def _too_much_metadata(name: str) -> PictureTooLarge:
    return PictureTooLarge(
        f"{name} carries too much text or metadata: more than {MAX_METADATA:,} bytes, or a packed chunk of more than "
        f"{PngImagePlugin.MAX_TEXT_CHUNK:,} bytes.",
        "Save the picture again without it; the answer is then about the pixels alone.",
    )


def _too_many(name: str, size: str, limits: Limits, too_long: bool = False) -> TooManyPixels:
    setting = "BRUSHWORK_MAX_SIDE" if too_long else "BRUSHWORK_MAX_PIXELS"
    return TooManyPixels(
        f"{name} has {size} pixels; at most {limits.max_pixels:,} and {limits.max_side:,} a side are examined.",
        f"Give a crop at native scale (better than a smaller copy); the limit is the setting {setting}.",
    )


def _plain(error: BaseException) -> str:
    """In our own words, since no text of a library goes out over HTTP; the library's own is the cause of the error."""
    text = str(error).lower()
    return "it ends early" if "truncated" in text or "not enough" in text else "it does not decode"


def _frame_note(image: Image.Image) -> tuple[Warned, ...]:
    """Say that only the first frame counts. MPO holds a preview behind the photo, which is no animation."""
    if image.format == "MPO" or not getattr(image, "is_animated", False):
        return ()
    return (Warned(code="first_frame_only", detail="The file has several frames; only the first was examined."),)


def _orientation(image: Image.Image) -> tuple[int, tuple[Warned, ...]]:
    try:
        value = image.getexif().get(ORIENTATION_TAG, 1)
    except DECODE_ERRORS:
        note = Warned(code="exif_unreadable", detail="The EXIF data is damaged; the picture was taken as upright.")
        return 1, (note,)
    return (value if value in _TRANSPOSE else 1), ()


def _turn(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    if orientation not in _TRANSPOSE:
        return rgb
    return np.asarray(Image.fromarray(rgb).transpose(_TRANSPOSE[orientation]))


_PIXELS_ONLY: Final = Warned(
    code="pixels_only", detail="Bare pixels were given: what the file says of itself could not be read."
)


def _from_pixels(image: Image.Image, limits: Limits, name: str) -> Picture:
    _check_size(image.size, limits, name)
    try:
        rgb, alpha = to_rgb(image), alpha_of(image)
    except DECODE_ERRORS as error:
        raise PictureCorrupt(f"{name} does not decode: {_plain(error)}.", "Give the file instead.") from error
    return Picture(name, None, rgb, alpha, read_format_facts(image, None), warnings=(_PIXELS_ONLY,))


def _from_array(array: NDArray[Any], limits: Limits, name: str) -> Picture:
    good_shape = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not good_shape or array.dtype != np.uint8:
        raise UnsupportedFormat(
            f"{name} has shape {array.shape} and type {array.dtype}.",
            "Give uint8 values of shape (height, width), (height, width, 3) or (height, width, 4).",
        )
    _check_size((array.shape[1], array.shape[0]), limits, name)
    return _from_pixels(Image.fromarray(array), limits, name)
