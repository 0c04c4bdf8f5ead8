"""The annotated picture: verdict printed under it, nothing of the original file passed on."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from brushwork import Examiner
from brushwork.annotated import MAX_WIDTH, MIN_WIDTH, annotate, write_annotated
from brushwork.errors import PictureNotFound
from brushwork.sheet import ACCENT, PAPER, band_block, below, font_of, wrapped
from brushwork.verdict import Answer
from tests.made.drawings import drawn, encoded


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.from_bundle("default")


def _png(width: int, height: int, secret: str = "") -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", secret)
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "PNG", pnginfo=info)
    return stream.getvalue() + b"<script>tail of a polyglot</script>"


@pytest.mark.parametrize(("size", "width"), [((60, 40), MIN_WIDTH), ((700, 500), 700), ((3000, 200), MAX_WIDTH)])
def test_the_sheet_is_readable_at_every_size(examiner: Examiner, size: tuple[int, int], width: int) -> None:
    data = _png(*size)
    sheet = annotate(data, examiner.examine(data))
    assert sheet.width == width
    below = np.asarray(sheet)[-60:]
    assert below.min() < 120, "there is dark text"
    assert below.max() > 230, "on light paper"


def test_nothing_hidden_in_the_file_is_passed_on(examiner: Examiner, tmp_path: Path) -> None:
    data = _png(300, 200, secret="home address")
    path = tmp_path / "sheet.png"
    write_annotated(data, examiner.examine(data), path)
    written = path.read_bytes()
    assert b"home address" not in written
    assert b"polyglot" not in written
    with Image.open(path) as again:
        assert again.info == {}


def test_a_folder_that_is_not_there_is_named(examiner: Examiner, tmp_path: Path) -> None:
    data = _png(300, 200)
    with pytest.raises(PictureNotFound, match=r"nowhere.*--annotate"):
        write_annotated(data, examiner.examine(data), tmp_path / "nowhere" / "sheet.png")


def test_a_failed_verdict_cannot_be_printed(examiner: Examiner) -> None:
    (failed,) = examiner.examine_many([b"text"])
    with pytest.raises(ValueError, match="without an answer"):
        annotate(_png(30, 30), failed)


def test_the_gauge_is_drawn_only_where_the_score_means_something(examiner: Examiner) -> None:
    within = encoded(drawn("painterly", (900, 640), 1))
    small = encoded(drawn("painterly", (64, 48), 6))
    assert _accent_rows(annotate(within, examiner.examine(within))) > _accent_rows(
        annotate(small, examiner.examine(small))
    )


def test_what_helps_is_printed_too_also_outside_the_range(examiner: Examiner) -> None:
    small = encoded(drawn("painterly", (64, 48), 6))
    verdict = examiner.examine(small)
    assert verdict.wording is not None
    assert verdict.wording.advice
    bare = verdict.model_copy(update={"wording": verdict.wording.model_copy(update={"advice": ()})})
    assert annotate(small, verdict).height > annotate(small, bare).height + 15 * len(verdict.wording.advice)


def _accent_rows(sheet: Image.Image) -> int:
    """Rows of the sheet in which the accent of band and gauge stands on paper."""
    pixels = np.asarray(sheet)
    paper = (pixels[:, :4].reshape(len(pixels), -1) == np.tile(PAPER, 4)).all(axis=1)
    return int(((pixels == ACCENT).all(axis=2).any(axis=1) & paper).sum())


@pytest.mark.parametrize("answer", list(Answer))
def test_each_answer_has_a_pattern_of_its_own(answer: Answer) -> None:
    def pattern(of: Answer) -> bytes:
        return below(Image.new("RGB", (1, 1)), [band_block(of, 400, 12)], 400, 0).tobytes()

    assert [other for other in Answer if pattern(other) == pattern(answer)] == [answer]


@pytest.mark.parametrize("width", [30, 80, 400])
def test_every_line_fits_and_no_letter_is_lost(width: int) -> None:
    text = f"SHA-256 of the file {'0123456789abcdef' * 4} and more words"
    lines = list(wrapped(text, font_of(15), width))
    assert all(font_of(15).getlength(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
