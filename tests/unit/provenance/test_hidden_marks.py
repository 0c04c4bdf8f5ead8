"""Stealth text and the DWT-DCT watermark."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brushwork.picture import Picture, open_picture
from brushwork.provenance import Metadata, hidden_marks, watermark
from brushwork.verdict import Claim, Evidence, State
from tests.made import hidden, tagged
from tests.made.drawings import KINDS, drawn, encoded

BY_TOOL = {message.tool: message for message in watermark.MESSAGES}


def stealth_of(picture: Picture) -> Evidence:
    return hidden_marks.read(Metadata(picture))[0]


def watermark_of(picture: Picture) -> Evidence:
    return hidden_marks.read(Metadata(picture))[1]


def test_novelai_stealth() -> None:
    image = hidden.novelai_stealth(drawn("painterly", (300, 200)))
    for picture in (open_picture(encoded(image)), open_picture(image)):
        evidence = stealth_of(picture)
        assert (evidence.state, evidence.claim, evidence.tool) == (State.FOUND, Claim.WHOLLY_AI, "NovelAI")


def opaque(image: Image.Image) -> Image.Image:
    """The same colours with an alpha band that is 255 everywhere, as editors and some generators save them."""
    image.putalpha(255)
    return image


@pytest.mark.parametrize("band", [None, opaque], ids=["as made", "RGBA"])
@pytest.mark.parametrize("magic", ["stealth_pngcomp", "stealth_pnginfo", "stealth_rgbcomp", "stealth_rgbinfo"])
@pytest.mark.parametrize("size", [(300, 200), (97, 61)])
def test_parameters_in_every_stealth_form(
    magic: str, size: tuple[int, int], band: Callable[[Image.Image], Image.Image] | None
) -> None:
    image = hidden.stealth(drawn(size=size), tagged.A1111, magic)
    if band is not None and image.mode == "RGB":
        image = band(image)
    evidence = stealth_of(open_picture(encoded(image)))
    assert (evidence.state, evidence.tool) == (State.FOUND, "AUTOMATIC1111 web UI")


def test_damage_in_the_alpha_band_hides_no_text_in_the_colours() -> None:
    colours = np.asarray(hidden.stealth(drawn(size=(300, 200)), tagged.A1111, "stealth_rgbcomp"))
    broken = hidden.stealth_bytes(drawn(size=(300, 200)), b"stealth_pngcomp" + b"\0" * 4)
    evidence = stealth_of(replace(open_picture(broken), rgb=colours))
    assert (evidence.state, evidence.tool) == (State.FOUND, "AUTOMATIC1111 web UI")


@pytest.mark.parametrize(
    "content",
    [
        b"stealth_pngcomp" + (0).to_bytes(4, "big"),
        b"stealth_pngcomp" + (2**32 - 8).to_bytes(4, "big"),
        b"stealth_pngcomp" + (80).to_bytes(4, "big") + b"not a gzip",
        b"stealth_pngcomp" + (8 * 20).to_bytes(4, "big") + gzip.compress(b"x" * 100, mtime=0)[:20],
        b"stealth_pnginfo" + (8 * 900_000).to_bytes(4, "big"),
    ],
)
def test_damaged_stealth_text_is_unreadable(content: bytes) -> None:
    evidence = stealth_of(open_picture(encoded(hidden.stealth_bytes(drawn(size=(300, 200)), content))))
    assert evidence.state is State.UNREADABLE


def test_a_gzip_bomb_is_not_inflated() -> None:
    bomb = gzip.compress(b"\0" * (hidden_marks.MAX_INFLATED * 8))
    content = b"stealth_pngcomp" + (8 * len(bomb)).to_bytes(4, "big") + bomb
    evidence = stealth_of(open_picture(encoded(hidden.stealth_bytes(drawn(size=(700, 600)), content))))
    assert evidence.state is State.UNREADABLE


@pytest.mark.parametrize("size", [(256, 256), (515, 389), (768, 512)])
@pytest.mark.parametrize("tool", BY_TOOL)
def test_a_watermark_is_found(tool: str, size: tuple[int, int]) -> None:
    image = hidden.watermarked(drawn("noise_texture", size), BY_TOOL[tool].bits)
    evidence = watermark_of(open_picture(encoded(image)))
    assert (evidence.state, evidence.claim, evidence.tool) == (State.FOUND, Claim.WHOLLY_AI, tool)
    assert [fact.name for fact in evidence.facts] == ["watermark bits agreed", "watermark blocks agreed"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_no_watermark_in_plain_drawings(kind: str, seed: int) -> None:
    assert watermark_of(open_picture(drawn(kind, (512, 384), seed))).state is State.ABSENT


@pytest.mark.parametrize("value", [0, 37, 128, 200, 255])
def test_no_watermark_in_one_colour(value: int) -> None:
    plain = np.full((512, 512, 3), (value, 255 - value, value // 2), dtype=np.uint8)
    assert watermark_of(open_picture(plain)).state is State.ABSENT


def test_a_watermark_does_not_survive_jpeg() -> None:
    image = hidden.watermarked(drawn("noise_texture", (512, 384)), BY_TOOL["Stable Diffusion XL"].bits)
    assert watermark_of(open_picture(encoded(image, "JPEG", quality=90))).state is State.ABSENT


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (255, 256), (9, 9000)])
def test_odd_sizes_are_no_trouble(size: tuple[int, int]) -> None:
    assert watermark_of(open_picture(drawn("flat", size))).state is State.ABSENT


def test_the_votes_are_those_of_a_slow_and_plain_reading() -> None:
    """PyWavelets' transform and one block at a time, as the scheme is published."""
    import pywt

    rgb = np.asarray(drawn("noise_texture", (140, 100)))
    u = watermark._u_channel(rgb)
    low, _ = pywt.dwt2(u[:100, :140].astype(float), "haar")
    plain = []
    for top in range(0, low.shape[0] // 4 * 4, 4):
        for left in range(0, low.shape[1] // 4 * 4, 4):
            largest = np.round(np.abs(low[top : top + 4, left : left + 4]).ravel()[1:].max(), 6)
            plain.append(largest % 36 > 18)
    assert watermark.block_votes(rgb).tolist() == plain


def test_the_u_channel_is_rounded_as_published() -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8)
    assert watermark._u_channel(colours).tolist() == [[128, 128, 91, 54, 239]]


def test_the_bounds_have_the_stated_false_positive_rates() -> None:
    rates = {m.tool: watermark.false_positive_rate(m.needed, len(m.bits)) for m in watermark.MESSAGES}
    assert rates["Stable Diffusion 1"] == pytest.approx(1.9e-8, rel=0.2)
    assert rates["Stable Diffusion 2"] == pytest.approx(7.7e-9, rel=0.1)
    assert rates["Stable Diffusion XL"] == pytest.approx(1.0e-3, rel=0.3)
    assert rates["FLUX.1"] == pytest.approx(2.7e-4, rel=0.3)


def test_what_cannot_be_checked_is_said() -> None:
    closed = hidden_marks.read(Metadata(open_picture(drawn(size=(64, 64)))))[-1]
    assert closed.state is State.NOT_CHECKED
    assert all(name in closed.summary for name in ("SynthID", "Stable Signature", "IMATAG"))


@pytest.mark.slow
def test_real_pictures_have_no_watermark(shared_data: Path) -> None:
    """The human works of the development set, other sources than those that the bound was looked at on."""
    from pyarrow import parquet

    hits = []
    for batch in parquet.ParquetFile(shared_data / "art" / "dev.parquet").iter_batches(64, columns=["image", "label"]):
        for row in batch.to_pylist():
            if row["label"] == 0:
                match = watermark.find(open_picture(row["image"]["bytes"]).rgb)
                hits += [match] if match else []
    assert hits == []
