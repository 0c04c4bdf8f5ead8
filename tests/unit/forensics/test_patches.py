"""Patches: native pixels, spread evenly, inside the picture, mirrored outwards where it is smaller."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brushwork.forensics.patches import cut, places, prepare, shrunk, through_jpeg
from brushwork.forensics.recipe import PatchPlan

PLAN = PatchPlan(size=224, grid=3)


@pytest.mark.parametrize(
    ("width", "height", "count"),
    [
        (1000, 1000, 9), (224, 224, 1), (100, 50, 1), (225, 224, 2), (336, 224, 2), (337, 224, 3),
        (20_000, 1, 3), (300, 5000, 6),
    ],
)  # fmt: skip
def test_how_many_patches(width: int, height: int, count: int) -> None:
    assert len(places(width, height, PLAN)) == count


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 5))
def test_places_lie_inside_reach_both_ends_and_do_not_repeat(width: int, height: int, grid: int) -> None:
    spots = places(width, height, PatchPlan(size=224, grid=grid))
    assert all(p.x >= 0 and p.y >= 0 and p.x + p.width <= width and p.y + p.height <= height for p in spots)
    assert len(set(spots)) == len(spots) <= grid * grid
    if grid > 1:
        assert min(p.x for p in spots) == 0
        assert max(p.x + p.width for p in spots) == width
        assert max(p.y + p.height for p in spots) == height


def test_pixels_are_copied_and_not_resampled() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (500, 700, 3), dtype=np.uint8)
    patches, spots = prepare(rgb, PLAN)
    assert patches.shape == (9, 224, 224, 3)
    assert patches.dtype == np.uint8
    for patch, p in zip(patches, spots, strict=True):
        assert np.array_equal(patch, rgb[p.y : p.y + 224, p.x : p.x + 224])


@pytest.mark.parametrize("shape", [(32, 32), (1, 1), (1, 20_000), (100, 300)])
def test_a_picture_smaller_than_a_patch_is_mirrored(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    patches, spots = prepare(rgb, PLAN)
    first = spots[0]
    assert patches.shape[1:] == (224, 224, 3)
    assert np.array_equal(patches[0, : first.height, : first.width], rgb[: first.height, : first.width])
    if shape[0] < 224:
        mirrored = patches[0, first.height : 2 * first.height]
        assert np.array_equal(mirrored, patches[0, : first.height][::-1][: len(mirrored)])


def test_cut_of_a_whole_place_is_a_view() -> None:
    rgb = np.zeros((224, 224, 3), dtype=np.uint8)
    (spot,) = places(224, 224, PLAN)
    assert np.shares_memory(cut(rgb, spot, 224), rgb)


def test_the_whole_is_one_more_patch_that_lies_at_no_place() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (500, 700, 3), dtype=np.uint8)
    plain, spots = prepare(rgb, PLAN)
    patches, same_spots = prepare(rgb, PLAN.model_copy(update={"whole": True}))
    assert same_spots == spots
    assert len(patches) == len(spots) + 1
    assert np.array_equal(patches[:-1], plain)
    assert np.array_equal(patches[-1], shrunk(rgb, 224))


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (300, 50)])
def test_a_whole_of_any_shape_is_pressed_to_a_square_in_which_every_pixel_counts(shape: tuple[int, int]) -> None:
    rgb = np.zeros((*shape, 3), dtype=np.uint8)
    assert shrunk(rgb, 32).shape == (32, 32, 3)
    rgb[-1, -1] = 255
    assert shrunk(rgb, 32)[-1, -1].min() > 0


def test_the_whole_goes_through_the_same_jpeg() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    patches, _ = prepare(rgb, PatchPlan(size=64, grid=1, jpeg_quality=80, whole=True))
    assert np.array_equal(patches[-1], through_jpeg(shrunk(rgb, 64), 80))
