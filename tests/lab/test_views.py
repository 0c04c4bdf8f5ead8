"""A patch through a JPEG: one preparation for lossless and compressed copies."""

from __future__ import annotations

import numpy as np
import pytest

from brushwork.forensics.patches import prepare, through_jpeg
from brushwork.forensics.recipe import PatchPlan

from .conftest import draw

PLAIN = PatchPlan(size=64, grid=2)
CODED = PatchPlan(size=64, grid=2, jpeg_quality=90)


def test_without_a_quality_the_pixels_stay_as_they_are():
    rgb = np.asarray(draw(0, 1))
    patches, places = prepare(rgb, PLAIN)
    first = places[0]
    assert np.array_equal(patches[0], rgb[first.y : first.y + 64, first.x : first.x + 64])


def test_with_a_quality_every_patch_goes_through_that_jpeg():
    rgb = np.asarray(draw(0, 1))
    plain, places = prepare(rgb, PLAIN)
    coded, same_places = prepare(rgb, CODED)
    assert places == same_places
    assert coded.shape == plain.shape and coded.dtype == np.uint8
    assert all(np.array_equal(c, through_jpeg(p, 90)) for c, p in zip(coded, plain, strict=True))
    assert not np.array_equal(coded, plain)


@pytest.mark.parametrize("seed", range(4))
def test_a_lossless_file_and_its_compressed_copy_come_closer(seed):
    lossless = np.asarray(draw(seed % 2, seed, 64))
    copy = through_jpeg(lossless, 90)

    def apart(plan: PatchPlan) -> float:
        one, other = prepare(lossless, plan)[0], prepare(copy, plan)[0]
        return float(np.abs(one.astype(int) - other).mean())

    assert apart(CODED) < 0.6 * apart(PLAIN)
