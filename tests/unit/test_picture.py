"""Opening pictures: every format and mode gives the same upright RGB, every wrong input a clear error."""

from __future__ import annotations

import importlib.util
import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from brushwork.errors import (
    PictureCorrupt,
    PictureEmpty,
    PictureError,
    PictureNotFound,
    TooManyPixels,
    UnsupportedFormat,
)
from brushwork.picture import Limits, open_picture


def _wavy(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """A smooth coloured pattern that survives lossy saving, shape (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    bands = (np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 11))
    return np.stack([127 + 120 * b for b in bands], axis=2).astype(np.uint8)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _close(a: NDArray[np.uint8], b: NDArray[np.uint8], mean: float) -> bool:
    return a.shape == b.shape and float(np.abs(a.astype(int) - b.astype(int)).mean()) <= mean


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("PNG", {}, 0), ("BMP", {}, 0), ("TIFF", {}, 0), ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0), ("WEBP", {"quality": 90}, 4), ("AVIF", {"quality": 90}, 4),
        ("JPEG", {"quality": 95}, 4), ("JPEG", {"quality": 95, "progressive": True}, 4),
    ],
)  # fmt: skip
def test_every_format_gives_the_same_pixels(kind: str, options: dict[str, object], error: float) -> None:
    picture = open_picture(_saved(Image.fromarray(_wavy()), kind, **options))
    assert picture.facts.format == kind
    assert _close(picture.rgb, _wavy(), error)
    assert picture.rgb.flags.c_contiguous


def test_gif_palette_and_its_frames() -> None:
    frames = [Image.new("P", (40, 30), color) for color in (1, 2, 3)]
    for frame in frames:
        frame.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture = open_picture(_saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert tuple(picture.rgb[0, 0]) == (255, 0, 0)
    assert [w.code for w in picture.warnings] == ["first_frame_only"]
    assert open_picture(_saved(frames[0], "GIF")).warnings == ()


def test_apng_gives_its_first_frame_and_says_so() -> None:
    frames = [Image.new("RGB", (40, 30), c) for c in ("red", "blue")]
    picture = open_picture(_saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    assert tuple(picture.rgb[0, 0]) == (255, 0, 0)
    assert [w.code for w in picture.warnings] == ["first_frame_only"]


def test_mpo_is_a_photo_with_a_preview_and_no_animation() -> None:
    image = Image.fromarray(_wavy())
    picture = open_picture(_saved(image, "MPO", save_all=True, append_images=[image], quality=95))
    assert picture.facts.format == "MPO"
    assert picture.facts.jpeg_quality == 95
    assert picture.warnings == ()


def test_alpha_is_flattened_on_white_and_kept_apart() -> None:
    rgba = np.zeros((8, 8, 4), dtype=np.uint8)
    rgba[:4, :, 3] = 255
    picture = open_picture(_saved(Image.fromarray(rgba), "PNG"))
    assert tuple(picture.rgb[0, 0]) == (0, 0, 0)
    assert tuple(picture.rgb[7, 7]) == (255, 255, 255)
    assert picture.alpha is not None
    assert picture.alpha[7, 7] == 0


def test_a_transparent_palette_colour_is_flattened_too() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    picture = open_picture(_saved(image, "PNG", transparency=0))
    assert tuple(picture.rgb[0, 0]) == (255, 255, 255)
    assert picture.alpha is None


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16)[None, :].repeat(4, axis=0)
    for kind in ("PNG", "TIFF"):
        picture = open_picture(_saved(Image.fromarray(ramp), kind))
        assert np.array_equal(picture.rgb[0, :, 0], np.arange(256))


def test_sixteen_bit_colour_png() -> None:
    rows = b"".join(b"\0" + struct.pack(">3H", 0x8000, 0x4000, 0xFFFF) * 4 for _ in range(4))
    picture = open_picture(_png(4, 4, depth=16, colour=2, data=zlib.compress(rows)))
    assert tuple(picture.rgb[0, 0]) == (0x80, 0x40, 0xFF)


def test_float_tiff() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None, :].repeat(4, axis=0)
    picture = open_picture(_saved(Image.fromarray(ramp), "TIFF"))
    assert abs(int(picture.rgb[0, 128, 0]) - 128) <= 1
    assert picture.rgb[0, 255, 0] == 255


def test_cmyk_jpeg() -> None:
    picture = open_picture(_saved(Image.fromarray(_wavy()).convert("CMYK"), "JPEG", quality=95))
    assert picture.facts.mode == "CMYK"
    assert _close(picture.rgb, _wavy(), 6)


def test_jpeg_with_sixteen_bit_quantisation_tables() -> None:
    """Tables above 255 are stored with two bytes an entry (Pq = 1, ITU T.81 B.2.4.1)."""
    data = _saved(Image.fromarray(_wavy()), "JPEG", qtables=[[300] * 64, [300] * 64])
    marker = data.index(b"\xff\xdb")
    assert data[marker + 4] >> 4 == 1, "the encoder wrote wide tables"
    picture = open_picture(data)
    assert picture.facts.quantisation[0][0] == 300
    assert picture.facts.jpeg_quality is not None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_applied_once(orientation: int) -> None:
    upright = _wavy()
    undo = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
            5: lambda a: a.transpose(1, 0, 2), 6: np.rot90, 7: lambda a: np.rot90(a.transpose(1, 0, 2), 2),
            8: lambda a: np.rot90(a, 3)}  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(undo[orientation](upright))
    picture = open_picture(_saved(Image.fromarray(stored), "PNG", exif=exif))
    assert np.array_equal(picture.rgb, upright)
    assert (picture.width, picture.height) == (96, 64)


def test_a_damaged_exif_block_is_said_and_the_picture_taken_as_upright() -> None:
    data = _saved(Image.fromarray(_wavy()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert _close(open_picture(data).rgb, open_picture(_saved(Image.fromarray(_wavy()), "JPEG")).rgb, 0)


def _png(width: int, height: int, *, depth: int, colour: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_one_file_through_every_kind_of_source(tmp_path: Path) -> None:
    path = tmp_path / "wavy.jpg"
    path.write_bytes(_saved(Image.fromarray(_wavy()), "JPEG"))
    data = path.read_bytes()
    sources = [path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), Image.open(path)]
    facts = {open_picture(s).input_facts() for s in sources}
    assert len(facts) == 1
    assert next(iter(facts)).sha256 is not None


def test_bare_pixels_have_no_file_and_say_so() -> None:
    decoded = Image.open(io.BytesIO(_saved(Image.fromarray(_wavy()), "PNG")))
    decoded.load()
    for source in (decoded, _wavy(), Image.fromarray(_wavy()), _wavy()[:, :, 0]):
        picture = open_picture(source)
        assert picture.sha256 is None
        assert [w.code for w in picture.warnings] == ["pixels_only"]


@pytest.mark.parametrize("array", [np.zeros((2, 2, 2), np.uint8), np.zeros(4, np.uint8), np.zeros((2, 2), np.float32)])
def test_an_array_of_another_shape_or_type_is_refused(array: NDArray[np.generic]) -> None:
    with pytest.raises(UnsupportedFormat, match="Give uint8 values"):
        open_picture(array)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", PictureEmpty),
        (b"hello, I am a text file\n" * 9, UnsupportedFormat),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", UnsupportedFormat),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedFormat),
        (b"\x89PNG\r\n\x1a\n", PictureCorrupt),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, kind: type[PictureError]) -> None:
    with pytest.raises(kind) as caught:
        open_picture(data, name="thing.png")
    assert "thing.png" in caught.value.detail
    assert caught.value.advice


def test_a_heic_picture_names_the_extra_that_reads_it() -> None:
    if importlib.util.find_spec("pillow_heif"):
        pytest.skip("the heic extra is installed; run this test without it: `pip uninstall pillow-heif`")
    with pytest.raises(UnsupportedFormat, match=r"brushwork\[heic\]"):
        open_picture(b"\0\0\0\x1cftypheic" + bytes(40), name="photo.heic")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_a_truncated_file_is_an_error_that_names_it(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = _saved(Image.fromarray(noise), kind)
    with pytest.raises(PictureError, match=r"half\.bin") as caught:
        open_picture(data[: len(data) // 2], name="half.bin")
    assert isinstance(caught.value, PictureCorrupt)
    assert re.search("ends early|does not decode", caught.value.detail), "in our own words, not the library's"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for source, words in ((tmp_path, "is a folder"), (tmp_path / "none.png", "no such file"), ("a\0b.png", "")):
        with pytest.raises(PictureNotFound, match=words):
            open_picture(source)


def test_limits_come_before_decoding() -> None:
    huge = _png(13_000, 13_000, depth=1, colour=0, data=zlib.compress(b"\0" * 1626, 9))
    with pytest.raises(TooManyPixels, match="13000 x 13000"):
        open_picture(huge)
    with pytest.raises(TooManyPixels):
        open_picture(_png(20_000, 1, depth=1, colour=0, data=b""))


def test_a_wide_open_limit_still_does_not_let_a_bomb_through() -> None:
    huge = _png(13_000, 13_000, depth=1, colour=0, data=zlib.compress(b"\0" * 1626, 9))
    with pytest.raises(TooManyPixels):
        open_picture(huge, Limits(max_pixels=10**12, max_side=10**6))


def test_names_in_messages_are_cleaned() -> None:
    with pytest.raises(UnsupportedFormat) as caught:
        open_picture(b"x", name="../a\n\x1b[2Jb\u202e.png")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert "../a [2Jb .png" in caught.value.detail


def test_perceptual_hashes_are_near_for_near_pictures_and_far_for_others() -> None:
    def distance(a: str, b: str) -> int:
        return (int(a, 16) ^ int(b, 16)).bit_count()

    blobs = np.random.default_rng(3).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(blobs).resize((400, 300), Image.Resampling.BICUBIC)
    original = open_picture(image).phash
    assert distance(original, open_picture(_saved(image, "JPEG", quality=60)).phash) <= 4
    assert distance(original, open_picture(_saved(image.resize((200, 150)), "PNG")).phash) <= 4
    assert distance(original, open_picture(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).phash) >= 12
