"""Two pictures: what they are to each other, on pictures whose history is known, and never more than that."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import brushwork
from brushwork import Examiner
from brushwork.comparison import Comparison, compare, compared
from brushwork.errors import UnsupportedFormat
from brushwork.look.likeness import Likeness, Relation, distance, likeness
from brushwork.picture import open_picture
from tests.made.drawings import drawn, encoded

WHOLE = drawn("painterly", (640, 480), 4)


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.from_bundle("default")


def _like(first: Image.Image | bytes, second: Image.Image | bytes) -> Likeness:
    one, two = (open_picture(p if isinstance(p, bytes) else encoded(p)) for p in (first, second))
    return likeness(one, two)


def _jpeg(image: Image.Image, quality: int = 85) -> bytes:
    return encoded(image, "JPEG", quality=quality)


@pytest.mark.parametrize("quality", [30, 60, 95])
def test_a_picture_saved_again_is_found(quality: int) -> None:
    found = _like(WHOLE, _jpeg(WHOLE, quality))
    assert found.relation is Relation.RESAVED
    assert found.frame is not None and found.frame > 0.97


@pytest.mark.parametrize("scale", [0.3, 0.75, 1.6])
def test_another_size_is_found(scale: float) -> None:
    other = WHOLE.resize((round(640 * scale), round(480 * scale)))
    assert _like(_jpeg(other), WHOLE).relation is Relation.RESIZED


@pytest.mark.parametrize(
    ("box", "scale"), [((100, 60, 480, 300), 1.0), ((0, 0, 320, 240), 1.0), ((200, 90, 600, 470), 0.6)]
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_part_is_found_with_its_place(box: tuple[int, int, int, int], scale: float, swapped: bool) -> None:
    part = WHOLE.crop(box)
    part = part.resize((round(part.width * scale), round(part.height * scale)))
    found = _like(_jpeg(part), WHOLE) if swapped else _like(WHOLE, _jpeg(part))
    assert found.relation is Relation.PART
    assert found.part_of == ("second" if swapped else "first")
    assert found.box is not None
    place = (found.box.x, found.box.y, found.box.x + found.box.width, found.box.y + found.box.height)
    assert np.abs(np.array(place) - np.array(box)).max() <= 12


def test_the_same_pixels_in_another_file_are_told_from_the_same_file() -> None:
    data = encoded(WHOLE)
    assert _like(data, data).relation is Relation.SAME_FILE
    other = _like(data, encoded(WHOLE, "BMP"))
    assert (other.relation, other.same_file, other.same_pixels) == (Relation.SAME_PIXELS, False, True)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["painterly", "noise_texture"])
def test_unrelated_pictures_are_unlike(kind: str, seed: int) -> None:
    found = _like(drawn(kind, (400, 300), seed), drawn(kind, (420, 300), seed + 50))
    assert found.relation is Relation.UNLIKE
    assert found.part_of is None


def test_work_in_progress_looks_alike_but_is_no_copy() -> None:
    sketch = Image.blend(WHOLE, drawn("noise_texture", (640, 480), 9), 0.45)
    assert _like(sketch, WHOLE).relation is Relation.ALIKE


@pytest.mark.parametrize("kind", ["flat", "painterly"])
@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 7)])
def test_a_copy_is_never_seen_in_what_is_too_small_or_flat(kind: str, size: tuple[int, int]) -> None:
    assert _like(drawn(kind, (90, 80)), drawn("painterly", size)).relation in (Relation.UNLIKE, Relation.ALIKE)


def test_the_distance_of_hashes_counts_bits() -> None:
    assert distance("0" * 16, "f" * 16) == 64
    assert distance("0" * 16, "0" * 15 + "3") == 2


def test_differences_are_told_in_words(examiner: Examiner) -> None:
    found = compare(encoded(WHOLE), _jpeg(WHOLE.resize((320, 240)), 70), examiner)
    told = {one.about: one for one in found.differences}
    assert (told["Format"].first, told["Format"].second) == ("PNG", "JPEG, quality about 70")
    assert (told["Pixels"].first, told["Pixels"].second) == ("640 x 480", "320 x 240")
    assert told["Stability"].same
    assert found.larger == "first"
    assert "at another size" in found.words
    assert "The first has more pixels." in found.words
    assert "cannot be told" in found.words
    text = found.to_text("a\x1b[31m.png", "b.jpg")
    assert "\x1b" not in text
    assert "Pixels:\n  a [31m.png: 640 x 480\n  b.jpg: 320 x 240" in text
    assert text.endswith(found.words)


def test_a_probability_that_means_nothing_is_not_compared(examiner: Examiner) -> None:
    found = compare(encoded(WHOLE), encoded(drawn("painterly", (40, 40))), examiner)
    told = next(one for one in found.differences if one.about == "Probability")
    assert told.second == "none"


def test_without_the_pictures_only_the_hashes_are_compared(examiner: Examiner) -> None:
    one, two = examiner.examine(encoded(WHOLE)), examiner.examine(_jpeg(WHOLE))
    assert compared(one, two).likeness.relation is Relation.UNKNOWN
    assert "were not kept" in compared(one, two).words
    assert compared(one, one).likeness.relation is Relation.SAME_FILE


def test_a_picture_that_fails_is_named(examiner: Examiner) -> None:
    with pytest.raises(UnsupportedFormat):
        compare(encoded(WHOLE), io.BytesIO(b"text"), examiner)
    (failed,) = examiner.examine_many([b"text"])
    found = compared(failed, examiner.examine(encoded(WHOLE)))
    assert found.larger == "unknown"
    assert found.differences[0].first == "Not a picture that can be read here"


def test_the_package_offers_it() -> None:
    assert brushwork.compare is compare
    assert brushwork.Comparison is Comparison


def test_the_dates_of_both_files_are_told_as_they_stand(examiner: Examiner) -> None:
    exif = Image.Exif()
    exif[0x0132] = "2019:07:14 10:00:00"
    exif.get_ifd(0x8825)[0x1D] = "2019:07:13"  # of a place, which is nobody's business here
    first = encoded(WHOLE, "JPEG", quality=85, exif=exif)
    found = compare(first, encoded(WHOLE), examiner)
    assert found.dates is not None
    assert [(date.field, date.value) for date in found.dates.first] == [("EXIF DateTime", "2019:07:14 10:00:00")]
    assert found.dates.second == ()
    assert "anyone can write:\n  a: EXIF DateTime 2019:07:14 10:00:00\n  b: none" in found.to_text("a", "b")
    one = examiner.examine(first)
    assert compared(one, one).dates is None
