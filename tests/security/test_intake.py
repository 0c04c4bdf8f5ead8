"""SECURITY.md 6.1, one test or more per line: what a hostile picture may not do."""

from __future__ import annotations

import io
import struct
import threading
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import GifImagePlugin, Image

from brushwork import picture as picture_module
from brushwork.annotated import annotated_png
from brushwork.errors import (
    ExaminationTimeout,
    PictureCorrupt,
    PictureTooLarge,
    TooManyPixels,
    UnsupportedFormat,
    WorkerLost,
)
from brushwork.examine import Examiner
from brushwork.picture import MAX_METADATA, Limits, open_picture
from brushwork.settings import Settings
from brushwork.workers import Job, Workers
from tests.made.drawings import drawn, encoded
from tests.service.door import image, opened

PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks: bytes, before: bytes = b"IDAT") -> bytes:
    """A small PNG with `chunks` put in front of the chunk named `before`."""
    data = encoded(drawn("painterly", (300, 200), 1))
    at = data.index(before) - 4
    return data[:at] + b"".join(chunks) + data[at:]


@pytest.mark.parametrize("foreign", ["EPS", "PPM", "TGA", "PCX", "ICO", "SGI", "JPEG2000"])
def test_sec_01_only_listed_formats_are_opened(foreign: str) -> None:
    data = encoded(drawn("painterly", (64, 64), 1), foreign)
    with Image.open(io.BytesIO(data)) as opened_by_pillow:
        assert opened_by_pillow.format == foreign  # Pillow would have read it
    with pytest.raises(UnsupportedFormat, match="JPEG, PNG, WEBP"):
        open_picture(data)


def test_sec_02_the_type_is_told_by_content_not_by_name_or_header(client: TestClient) -> None:
    png = encoded(drawn("painterly", (300, 200), 1))
    answer = client.post("/v1/verdicts", files=image(png, "photo.jpg", "image/jpeg"))
    assert answer.json()["input"]["format"] == "PNG"
    refused = client.post("/v1/verdicts", files=image(b"just text", "photo.png", "image/png"))
    assert refused.status_code == 415
    assert "photo.png" in refused.json()["detail"]


@pytest.mark.parametrize(("width", "height"), [(13_000, 13_000), (16_385, 1), (1, 16_385), (100_000, 100_000)])
def test_sec_03_pixels_are_limited_from_the_header_before_decoding(width: int, height: int) -> None:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    only_a_header = PNG_HEAD + chunk(b"IHDR", header) + chunk(b"IDAT", b"")  # decoding it would fail otherwise
    with pytest.raises(TooManyPixels, match="pixels"):
        open_picture(only_a_header)


def test_sec_03_a_bomb_is_an_error_whatever_the_settings_allow() -> None:
    generous = Limits(max_pixels=10**12, max_side=10**6)
    bomb = PNG_HEAD + chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 1, 0, 0, 0, 0)) + chunk(b"IDAT", b"")
    with pytest.raises(TooManyPixels):
        open_picture(bomb, generous)
    assert Image.MAX_IMAGE_PIXELS is not None


def test_sec_04_one_file_over_the_limit_is_refused_by_name(tmp_path: Path) -> None:
    with opened(tmp_path, max_bytes=100_000) as client:
        answer = client.post("/v1/verdicts", files=image(bytes(300_000), "large.png"))
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/image-too-large"
    assert "large.png has more than the 100,000 bytes" in answer.json()["detail"]


def test_sec_04_the_rest_of_a_batch_goes_on_without_the_file_that_is_too_large(tmp_path: Path) -> None:
    small = encoded(drawn("painterly", (300, 200), 1), "JPEG")
    with opened(tmp_path, max_bytes=100_000) as client:
        files = [("images", ("large.png", bytes(300_000))), ("images", ("small.jpg", small))]
        results = client.post("/batch-predict", files=files).json()["results"]
    assert results[0]["error"]["type"] == "image-too-large"
    assert results[1]["answer"] is not None


def test_sec_04_more_files_or_fields_than_allowed_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path, max_files=2) as client:
        many = client.post("/batch-predict", files=[("images", (f"{i}.png", b"x")) for i in range(3)])
        assert (many.status_code, many.json()["type"]) == (400, "/problems/bad-request")
        assert "more than 2 files" in many.json()["detail"]
        fields = client.post("/v1/verdicts", files=image(b"x"), data={f"f{i}": "1" for i in range(20)})
        assert (fields.status_code, fields.json()["type"]) == (400, "/problems/bad-request")
        long = client.post("/v1/verdicts", files=image(b"x"), data={"f": "1" * 10_000})
        assert long.status_code == 400


def test_sec_05_only_the_first_frame_counts_and_is_said_so() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue", "green")]
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        opened_picture = open_picture(data)
        assert opened_picture.rgb[32, 32].tolist() == pytest.approx([255, 0, 0], abs=3)
        assert [w.code for w in opened_picture.warnings] == ["first_frame_only"]


def test_sec_05_ten_thousand_frames_are_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _long_gif(10_000)
    seeks: list[int] = []
    original = GifImagePlugin.GifImageFile._seek

    def counted(self: GifImagePlugin.GifImageFile, frame: int, update_image: bool = True) -> None:
        seeks.append(frame)
        original(self, frame, update_image)

    monkeypatch.setattr(GifImagePlugin.GifImageFile, "_seek", counted)
    assert open_picture(data).width == 16
    assert max(seeks) <= 1


def _long_gif(frames: int) -> bytes:
    memory = io.BytesIO()
    Image.new("P", (16, 16)).save(memory, "GIF")
    one = memory.getvalue()
    at = one.index(b"\x2c\0\0\0\0")  # the image descriptor of its only frame
    return one[:at] + one[at:-1] * frames + b"\x3b"


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
@pytest.mark.parametrize("packed", [b"zTXt", b"iTXt"])
def test_sec_05_text_that_unpacks_to_fifty_megabytes_is_refused(packed: bytes, before: bytes) -> None:
    body = zlib.compress(bytes(50 * 1024 * 1024), 9)
    head = b"Comment\0\0" if packed == b"zTXt" else b"Comment\0\1\0\0\0"
    bomb = png_with(chunk(packed, head + body), before=before)
    assert len(bomb) < 1024 * 1024
    with pytest.raises(PictureTooLarge, match=r"a\.png carries too much text") as caught:
        open_picture(bomb, name="a.png")
    assert "without it" in caught.value.advice


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_sec_05_a_plain_text_chunk_of_fifty_megabytes_is_refused(before: bytes) -> None:
    huge = png_with(chunk(b"tEXt", b"Comment\0" + b"a" * (50 * 1024 * 1024)), before=before)
    with pytest.raises(PictureTooLarge, match="20,971,520 bytes"):
        open_picture(huge)
    with pytest.raises(PictureTooLarge, match="carries too much text"):
        open_picture(huge, Limits(max_bytes=100 * 1024 * 1024))


def test_sec_05_exif_and_xmp_are_limited_together_and_a_large_workflow_is_not() -> None:
    exif = chunk(b"eXIf", b"MM\0*" + bytes(MAX_METADATA))
    with pytest.raises(PictureTooLarge, match="metadata"):
        open_picture(png_with(exif))
    workflow = "x" * (2 * 1024 * 1024)
    assert len(open_picture(png_with(chunk(b"tEXt", b"workflow\0" + workflow.encode()))).info["workflow"]) == 2**21


@pytest.fixture(scope="module")
def many_pixels() -> bytes:
    return encoded(drawn("gradient", (7000, 7000), 1), "JPEG", quality=50)


@pytest.mark.slow
def test_sec_06_a_job_over_its_time_is_killed_and_the_next_is_answered(many_pixels: bytes) -> None:
    small = encoded(drawn("painterly", (300, 200), 1))
    # Long enough for the first, small picture of a fresh process beside other work; the large one takes far longer.
    with Workers(Settings(_env_file=None, time_limit=6.0)) as workers:
        with pytest.raises(ExaminationTimeout, match=r"slow\.jpg took longer than 6 s"):
            workers.examine(Job(many_pixels, "slow.jpg", stability=True))
        assert workers.examine(Job(small, "small.png")).answer is not None


@pytest.mark.slow
def test_sec_06_a_job_over_its_memory_is_stopped_and_the_next_is_answered(many_pixels: bytes) -> None:
    small = encoded(drawn("painterly", (300, 200), 1))
    with Workers(Settings(_env_file=None, memory_limit=512 * 1024 * 1024)) as workers:
        with pytest.raises((TooManyPixels, WorkerLost), match=r"hungry\.jpg"):
            workers.examine(Job(many_pixels, "hungry.jpg"))
        assert workers.examine(Job(small, "small.png")).answer is not None


@pytest.mark.slow
def test_sec_06_the_event_loop_answers_while_a_picture_is_examined(tmp_path: Path, many_pixels: bytes) -> None:
    with opened(tmp_path, time_limit=3.0) as client:
        done = threading.Event()

        def examine() -> None:
            client.post("/v1/verdicts?stability=true", files=image(many_pixels))
            done.set()

        asking = threading.Thread(target=examine)
        asking.start()
        waiting = 0
        while not done.is_set() and not waiting:
            waiting = client.get("/health").json()["queue"]["waiting"]
        asking.join()
    assert waiting == 1  # seen from outside while it ran


def test_sec_07_what_is_served_back_is_made_from_pixels_alone(client: TestClient) -> None:
    polyglot = png_with(chunk(b"tEXt", b"Comment\0<script>hidden</script>")) + b"PK\x05\x06<html>tail</html>"
    assert client.post("/v1/verdicts", files=image(polyglot)).status_code == 200
    answer = client.post("/v1/annotated", files=image(polyglot))
    assert answer.headers["content-type"] == "image/png"
    for hidden in (b"hidden", b"tail", b"PK\x05\x06", b"tEXt", b"eXIf", b"iTXt"):
        assert hidden not in answer.content
    with Image.open(io.BytesIO(answer.content)) as sheet:
        assert sheet.info == {}


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
        b"<!doctype html><html><body>x</body></html>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
    ids=["svg", "xml", "pdf", "html", "ps"],
)
def test_sec_08_documents_are_refused(client: TestClient, data: bytes) -> None:
    answer = client.post("/v1/verdicts", files=image(data, "a.svg", "image/svg+xml"))
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sec_10_orientation_is_applied_once_in_every_way_in(orientation: int) -> None:
    upright = np.asarray(drawn("painterly", (96, 64), 1).convert("RGB"))
    data = _turned(upright, orientation)
    ways = (open_picture(data), open_picture(io.BytesIO(data)), open_picture(Image.open(io.BytesIO(data))))
    for way in ways:
        np.testing.assert_array_equal(way.rgb, upright)


def _turned(upright: np.ndarray, orientation: int) -> bytes:
    """A PNG whose stored pixels are turned so that `orientation` makes them upright again."""
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 5: upright.transpose(1, 0, 2),
        6: np.rot90(upright), 7: np.rot90(upright[::-1], 1)[::1], 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    if orientation == 7:
        stored = upright[::-1, ::-1].transpose(1, 0, 2)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)


def test_sec_10_orientation_is_dropped_from_what_is_served(client: TestClient) -> None:
    data = _turned(np.asarray(drawn("painterly", (600, 400), 1).convert("RGB")), 6)
    facts = client.post("/v1/verdicts", files=image(data)).json()["input"]
    assert (facts["width"], facts["height"]) == (600, 400)
    with Image.open(io.BytesIO(client.post("/v1/annotated", files=image(data)).content)) as sheet:
        assert sheet.width == 600
        assert not sheet.getexif()


def test_sec_11_a_zip_is_no_picture_whatever_its_name(client: TestClient) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("../../evil.png", encoded(drawn("painterly", (64, 64), 1)))
    for name in ("pictures.zip", "picture.png"):
        answer = client.post("/v1/verdicts", files=image(memory.getvalue(), name, "application/zip"))
        assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")
    files = [("images", ("pictures.zip", memory.getvalue(), "application/zip"))]
    (result,) = client.post("/batch-predict", files=files).json()["results"]
    assert result["error"]["type"] == "unsupported-media-type"


def test_sec_12_heic_is_an_extra_and_its_absence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_module, "_heif_registered", lambda: False)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
    with pytest.raises(UnsupportedFormat, match="HEIC") as caught:
        open_picture(heic)
    assert "brushwork[heic]" in caught.value.advice


def test_sec_12_a_damaged_file_of_an_allowed_format_stays_an_error_of_that_file() -> None:
    data = encoded(drawn("painterly", (300, 200), 1))
    with pytest.raises(PictureCorrupt, match=r"cut\.png is damaged"):
        open_picture(data[: len(data) // 2], name="cut.png")


def test_sec_07_the_annotated_sheet_is_the_same_in_python() -> None:
    polyglot = png_with(chunk(b"tEXt", b"Comment\0hidden")) + b"PK\x05\x06tail"
    verdict = Examiner.from_bundle("default").examine(polyglot)
    assert b"hidden" not in annotated_png(polyglot, verdict)
