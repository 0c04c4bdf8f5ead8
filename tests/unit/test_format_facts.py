"""Facts of the encoding: quality, subsampling, tables, sizes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from brushwork.format_facts import FormatFacts, estimate_quality, read_format_facts


def _facts(kind: str, size: tuple[int, int] = (64, 48), **options: object) -> FormatFacts:
    stream = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(stream, kind, **options)
    with Image.open(stream) as image:
        return read_format_facts(image, stream.tell() or len(stream.getvalue()))


@pytest.mark.parametrize("quality", [5, 10, 25, 30, 49, 50, 51, 75, 85, 90, 95, 99])
def test_the_quality_of_a_jpeg_is_found_exactly(quality: int) -> None:
    assert _facts("JPEG", quality=quality).jpeg_quality == quality


@pytest.mark.parametrize(("code", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_chroma_subsampling(code: int, name: str) -> None:
    assert _facts("JPEG", subsampling=code).chroma_subsampling == name


def test_a_jpeg_has_tables_and_a_png_none() -> None:
    assert [len(t) for t in _facts("JPEG").quantisation] == [64, 64]
    png = _facts("PNG")
    assert (png.quantisation, png.jpeg_quality, png.chroma_subsampling) == ((), None, None)


def test_progressive_is_seen() -> None:
    assert _facts("JPEG", progressive=True).progressive
    assert not _facts("JPEG").progressive


def test_a_table_of_another_length_has_no_quality() -> None:
    assert estimate_quality((1, 2, 3)) is None


@pytest.mark.parametrize(
    ("size", "typical"), [((1024, 1024), True), ((1536, 1024), True), ((1024, 1536), True), ((1000, 1024), False)]
)
def test_typical_generator_sizes_either_way_round(size: tuple[int, int], typical: bool) -> None:
    assert _facts("JPEG", size).typical_generator_size is typical


def test_bits_per_pixel_are_of_the_whole_file() -> None:
    with Image.open(io.BytesIO(_bmp())) as image:
        assert read_format_facts(image, 1000).bits_per_pixel == round(8000 / (10 * 10), 3)
        assert read_format_facts(image, None).bits_per_pixel is None


def _bmp() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (10, 10)).save(stream, "BMP")
    return stream.getvalue()
