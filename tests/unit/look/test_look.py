"""What is to look at only: it shows what it says on pictures whose history is known (S3-40, R3-07)."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from brushwork import Examiner
from brushwork.look import TOLD, Kind, captioned, explained, looked
from brushwork.look.grid import ghosts_of, grid_of
from brushwork.look.maps import LONGEST, WINDOW, error_level, noise, spectrum, window
from brushwork.picture import open_picture
from tests.made.drawings import KINDS, drawn, encoded
from tests.made.tagged import camera_exif, with_xmp, xmp_packet


def _jpeg(kind: str, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(encoded(drawn(kind, (512, 384), 3), "JPEG", quality=quality))).convert("RGB")


@pytest.mark.parametrize("kind", ["painterly", "noise_texture", "ink_line"])
@pytest.mark.parametrize("quality", [70, 85])
def test_the_quality_before_the_last_one_is_found(kind: str, quality: int) -> None:
    again = encoded(_jpeg(kind, quality), "JPEG", quality=95)
    assert ghosts_of(open_picture(again).rgb).dip == quality


@pytest.mark.parametrize("kind", ["painterly", "noise_texture", "ink_line", "gradient", "flat"])
def test_a_picture_that_was_never_a_jpeg_has_neither_dip_nor_grid(kind: str) -> None:
    rgb = np.asarray(drawn(kind, (512, 384), 3))
    assert ghosts_of(rgb).dip is None
    assert grid_of(rgb).offset is None


def test_the_grid_of_blocks_moves_with_a_cut() -> None:
    saved = _jpeg("painterly", 75)
    assert grid_of(np.asarray(saved)).offset == (0, 0)
    cut = grid_of(np.asarray(saved.crop((3, 5, 500, 380))))
    assert cut.offset == (5, 3)
    assert "cut out of a larger JPEG" in cut.words


@pytest.mark.parametrize(("quality", "standard"), [(75, True), (92, True), (None, False)])
def test_the_tables_of_a_jpeg_are_told_from_a_program_s_own(quality: int | None, standard: bool) -> None:
    own = {0: [20] * 64, 1: [30] * 64}
    options = {"quality": quality} if quality else {"qtables": own}
    look = looked(open_picture(encoded(drawn("painterly", (64, 64)), "JPEG", **options)))
    assert look.jpeg_tables is not None
    assert look.jpeg_tables.standard is standard
    assert [len(table) for table in look.jpeg_tables.tables] == [64, 64]
    assert quality is None or look.jpeg_tables.estimated_quality == quality


def test_a_png_has_no_tables() -> None:
    assert looked(open_picture(encoded(drawn()))).jpeg_tables is None


def test_what_was_pasted_after_saving_stands_out_in_the_error_level() -> None:
    image = _jpeg("painterly", 60)
    image.paste(drawn("noise_texture", (128, 128), 8), (192, 128))
    levels = np.asarray(error_level(np.asarray(image)), dtype=float).mean(axis=2)
    assert levels[136:248, 200:312].mean() > 2 * levels[:120].mean()


def test_the_noise_residual_is_grey_where_nothing_is_left() -> None:
    assert set(np.unique(np.asarray(noise(np.asarray(drawn("flat", (64, 64))))))) == {128}
    assert np.asarray(noise(np.asarray(drawn("noise_texture", (64, 64))))).std() > 20


def test_a_regular_pattern_gives_points_in_the_spectrum() -> None:
    wave = 128 + 60 * np.sin(np.arange(256) * 2 * np.pi / 16)
    rgb = np.repeat(np.tile(wave, (256, 1))[..., None], 3, axis=2).astype(np.uint8)
    seen = np.asarray(spectrum(rgb), dtype=float)
    assert seen[128, 128 + 16] > 200
    assert seen[128, 128 - 16] > 200
    assert seen[128 + 16, 128] < 100


def test_a_large_picture_is_cut_on_the_grid_of_blocks() -> None:
    rgb = np.zeros((2100, 5000, 3), dtype=np.uint8)
    rgb[24:, 1472:] = 255
    seen = window(rgb)
    assert seen.shape == (WINDOW, WINDOW, 3)
    assert seen.min() == 255, "it begins at a multiple of eight"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("size", [(1, 1), (10, 7), (300, 200), (2300, 40)])
def test_every_image_is_made_of_every_size_and_carries_its_sentences(kind: Kind, size: tuple[int, int]) -> None:
    data = encoded(drawn("painterly", size, 2))
    found = Examiner.from_bundle("default").explain(data)
    image = explained(open_picture(data), kind, found)
    assert max(image.size) <= LONGEST + 48
    told = captioned(image, kind, found.words)
    assert told.height > image.height + 60
    assert TOLD[kind].shows.endswith(".")
    assert "prove" in TOLD[kind].does_not_prove or "not of forgery" in TOLD[kind].does_not_prove
    assert TOLD[kind].in_the_verdict is (kind is Kind.REGIONS)


def test_the_map_is_strongest_where_the_probability_is() -> None:
    data = encoded(drawn("painterly", (900, 640), 1))
    found = Examiner.from_bundle("default").explain(data)
    picture = open_picture(data)
    change = np.abs(np.asarray(explained(picture, Kind.REGIONS, found), dtype=float) - picture.rgb).mean(axis=2)
    strength = [change[p.y : p.y + p.height, p.x : p.x + p.width].mean() for p in found.patches]
    chances = [p.probability for p in found.patches]
    assert np.corrcoef(strength, chances)[0, 1] > 0
    outside = np.ones(change.shape, dtype=bool)
    for p in found.patches:
        outside[p.y : p.y + p.height + 1, p.x : p.x + p.width + 1] = False
    assert change[outside].max() == 0


def test_the_map_of_regions_needs_them() -> None:
    with pytest.raises(ValueError, match="regions"):
        explained(open_picture(encoded(drawn())), Kind.REGIONS)


def test_metadata_is_listed_as_text() -> None:
    fields = {(f.group, f.name): f.value for f in looked(open_picture(_camera_jpeg())).metadata}
    assert fields[("EXIF", "Make")] == "Brushwork Cameras"
    assert fields[("EXIF", "FNumber")] == "14/5"
    assert fields[("file", "exif")].endswith("bytes")


def _camera_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Brushwork Cameras"
    inner = exif.get_ifd(0x8769)
    inner[0x829D], inner[0xA431], inner[0x927C] = IFDRational(28, 10), "SERIAL-4711", b"\x01\x02secret"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return encoded(drawn(), "JPEG", exif=exif)


@pytest.mark.parametrize("private", [False, True])
def test_places_and_serial_numbers_are_hidden_unless_asked_for(private: bool) -> None:
    look = looked(open_picture(_camera_jpeg()), private=private)
    text = look.model_dump_json()
    assert ("SERIAL-4711" in text) is private
    assert ("52/1" in text or "52" in [f.value for f in look.metadata if f.group == "GPS"]) is private
    assert look.hidden == (0 if private else len([f for f in look.metadata if f.hidden]))
    assert {f.name for f in look.metadata if f.hidden} == (
        set() if private else {"BodySerialNumber", "MakerNote", "GPSLatitudeRef", "GPSLatitude"}
    )


def test_xmp_is_listed_and_its_private_parts_are_hidden() -> None:
    packet = xmp_packet(xmp__CreatorTool="Ink\u202eBrush", exif__GPSLatitude="52,31.2N")
    fields = {f.name: f.value for f in looked(open_picture(with_xmp(drawn(), packet))).metadata}
    assert fields["xmp:CreatorTool"] == "Ink Brush"
    assert fields["exif:GPSLatitude"] == "hidden"


def test_directories_that_name_each_other_end() -> None:
    loop = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x8769, 4, 1, 8, 0)
    many = b"II*\0" + struct.pack("<IH", 8, 65535) + struct.pack("<HHII", 0x010E, 2, 1 << 20, 8) * 1000
    for block in (loop, many, b"II*\0\xff\xff\xff\xff", b"MM\0*"):
        data = encoded(drawn("flat", (16, 16)), "JPEG", exif=b"Exif\0\0" + block)
        look = looked(open_picture(data))
        assert len(look.metadata) < 420


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_drawing_can_be_looked_at(kind: str) -> None:
    look = looked(open_picture(encoded(drawn(kind, (100, 90)))))
    assert look.file.width == 100
    assert "To look at only" in look.note
    assert len(look.ghosts.qualities) == len(look.ghosts.differences)


def test_the_camera_of_the_examples_is_named() -> None:
    data = encoded(drawn(), "JPEG", exif=camera_exif())
    assert any(f.name == "Model" for f in looked(open_picture(data)).metadata)
