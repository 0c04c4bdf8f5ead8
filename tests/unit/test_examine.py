"""The whole story of one picture, with the shipped bundle."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from brushwork import Examiner, PictureError, Verdict
from brushwork.forensics.stability import VIEWS, views
from brushwork.verdict import Answer, Reason


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.from_bundle("default")


def _textured(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    grown = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(seed + 1).normal(0, 6, (height, width, 3))
    return np.clip(np.asarray(grown) + grain, 0, 255).astype(np.uint8)


def _png(rgb: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "PNG")
    return stream.getvalue()


def test_a_verdict_is_complete_and_survives_json(examiner: Examiner) -> None:
    verdict = examiner.examine(_png(_textured(600, 400)))
    assert verdict.answer is not None
    assert verdict.wording is not None
    assert verdict.reference is not None
    assert verdict.input is not None
    assert verdict.input.sha256
    assert verdict.model is not None
    assert set(verdict.timing_ms) == {"decode", "provenance", "forensics", "weigh"}
    assert verdict.evidence[-1].source == "pixels"
    assert Verdict.model_validate_json(verdict.to_json()) == verdict
    assert json.loads(verdict.to_json()) == verdict.to_dict()


def test_the_same_picture_gives_the_same_verdict_twice(examiner: Examiner) -> None:
    data = _png(_textured(600, 400))
    volatile = {"id", "created_at", "timing_ms"}
    first, second = (examiner.examine(data).model_dump(exclude=volatile) for _ in range(2))
    assert first == second


def test_an_examiner_is_thread_safe(examiner: Examiner) -> None:
    pictures = [_png(_textured(300, 300, seed)) for seed in range(6)]
    alone = [examiner.examine(p).probability for p in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda p: examiner.examine(p).probability, pictures))
    assert together == alone


@pytest.mark.parametrize(
    ("rgb", "reason"),
    [
        (np.full((400, 400, 3), 120, np.uint8), Reason.TOO_FLAT),
        (_textured(32, 32), Reason.TOO_SMALL),
        (_textured(16_000, 1), Reason.TOO_SMALL),
    ],
)
def test_outside_its_range_it_cannot_tell_and_says_why(
    examiner: Examiner, rgb: NDArray[np.uint8], reason: Reason
) -> None:
    verdict = examiner.examine(_png(rgb))
    assert (verdict.answer, verdict.reason) == (Answer.CANNOT_TELL, reason)
    assert verdict.rates is None
    assert verdict.reference is None, "no human work of that kind was measured"


def test_a_strongly_compressed_jpeg_is_outside_the_range(examiner: Examiner) -> None:
    stream = io.BytesIO()
    Image.fromarray(_textured(600, 400)).save(stream, "JPEG", quality=3)
    assert examiner.examine(stream.getvalue()).reason is Reason.TOO_COMPRESSED


def test_the_label_is_the_balanced_threshold(examiner: Examiner) -> None:
    balanced = examiner.bundle.recipe.thresholds.balanced.probability
    for seed in range(4):
        verdict = examiner.examine(_textured(400, 400, seed))
        assert verdict.probability is not None
        assert verdict.label == ("ai" if verdict.probability >= balanced else "human")


def test_many_are_lazy_in_order_and_one_broken_file_stops_nothing(examiner: Examiner, tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    good.write_bytes(_png(_textured(300, 300)))
    asked: list[int] = []

    def sources() -> object:
        for number, source in enumerate((good, tmp_path / "missing.png", b"text", good)):
            asked.append(number)
            yield source

    verdicts = examiner.examine_many(sources())  # type: ignore[arg-type]
    assert asked == []
    assert next(verdicts).error is None
    assert asked == [0]
    rest = list(verdicts)
    assert [v.error.type if v.error else None for v in rest] == ["not-found", "unsupported-media-type", None]
    assert "missing.png" in (rest[0].error.detail if rest[0].error else "")


def test_a_single_broken_picture_raises(examiner: Examiner) -> None:
    with pytest.raises(PictureError, match=r"broken\.jpg"):
        examiner.examine(b"\xff\xd8\xff\xe0 no jpeg", name="broken.jpg")


def test_regions_cover_the_patches_and_say_where_in_words(examiner: Examiner) -> None:
    rgb = _textured(900, 600)
    regions = examiner.explain(rgb)
    assert len(regions.patches) == len({(p.x, p.y) for p in regions.patches}) == examiner.bundle.recipe.patches.grid**2
    top = max(regions.patches, key=lambda p: p.probability)
    assert f"({top.probability:.2f})" in regions.words
    asked = examiner.examine(rgb, explain=True)
    assert asked.regions == regions
    assert asked.explanations == ("regions",)
    assert examiner.examine(rgb).regions is None


def test_stability_is_a_range_around_the_probability(examiner: Examiner) -> None:
    rgb = _textured(500, 400)
    verdict = examiner.examine(rgb, stability=True)
    spread = verdict.stability
    assert spread is not None
    assert verdict.probability is not None
    assert spread.min <= verdict.probability <= spread.max
    assert spread.views == len(VIEWS) == 8
    assert spread == examiner.stability(rgb)
    if spread.flips:
        assert verdict.answer is Answer.CANNOT_TELL


def test_the_eight_views_are_harmless() -> None:
    rgb = np.asarray(Image.fromarray(_textured(320, 240)).resize((320, 240)))
    for view, seen in zip(VIEWS, views(rgb), strict=True):
        assert abs(seen.shape[0] / rgb.shape[0] - view.scale) < 0.03
        if view.scale == 1.0 and not view.crop:
            assert np.abs(seen.astype(int) - rgb.astype(int)).mean() < 12


def test_the_notebook_card_escapes_everything(examiner: Examiner) -> None:
    verdict = examiner.examine(_textured(300, 300))
    assert verdict.wording is not None
    evil = verdict.wording.model_copy(update={"why": "<script>alert(1)</script>"})
    card = verdict.model_copy(update={"wording": evil})._repr_html_()
    assert "<script>" not in card
    assert "&lt;script&gt;" in card
    (broken,) = examiner.examine_many([b"<b>"])
    assert "Not a picture" in broken._repr_html_()
