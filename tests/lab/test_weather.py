"""The weather is seeded and knows no class."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

weather = pytest.importorskip("brushwork.lab.weather", reason=NEEDS_LAB)


def picture(side: int = 300) -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.kron(rng.integers(0, 256, (side // 10, side // 10, 3)), np.ones((10, 10, 1))).astype(np.uint8)


@pytest.mark.parametrize("name", ["web", "hard", "train"])
def test_the_same_seed_gives_the_same_pixels_and_another_gives_others(name):
    rgb = picture()
    once = weather.degrade(rgb, name, weather.stream(1, "a"))
    again = weather.degrade(rgb, name, weather.stream(1, "a"))
    assert np.array_equal(once, again)
    others = [weather.degrade(rgb, name, weather.stream(seed, "a")) for seed in range(2, 8)]
    assert any(other.shape != once.shape or not np.array_equal(other, once) for other in others)


def test_clean_weather_leaves_every_pixel_alone():
    rgb = picture()
    assert weather.degrade(rgb, "clean", weather.stream(0)) is rgb


def test_hard_weather_does_more_than_web_weather():
    rgb = picture()

    def damage(name: str) -> float:
        worn = [weather.degrade(rgb, name, weather.stream(i)) for i in range(25)]
        return float(np.mean([np.abs(w.astype(int) - rgb).mean() for w in worn if w.shape == rgb.shape]))

    assert 0 < damage("web") < damage("hard")


@pytest.mark.parametrize("side", [224, 230, 500])
def test_no_resize_goes_below_a_patch(side):
    rgb = picture(500)[:side, :side]
    sizes = [min(weather.degrade(rgb, "hard", weather.stream(i)).shape[:2]) for i in range(40)]
    assert min(sizes) >= weather.LEAST_SIDE


def test_a_picture_smaller_than_a_patch_is_never_shrunk():
    rgb = picture(100)
    assert all(min(weather.degrade(rgb, "hard", weather.stream(i)).shape[:2]) >= 100 for i in range(30))


def test_nothing_in_the_preparation_can_see_the_class():
    from brushwork.lab.loading import prepared

    for function in (weather.degrade, weather.recolour, prepared):
        assert "label" not in inspect.signature(function).parameters
        assert "row" not in inspect.signature(function).parameters


def test_alpha_is_moved_to_another_ground_and_opaque_pixels_stay():
    rgb = np.full((4, 4, 3), 255, dtype=np.uint8)
    rgb[:2] = (10, 20, 30)
    alpha = np.zeros((4, 4), dtype=np.uint8)
    alpha[:2] = 255
    grounds = set()
    for seed in range(20):
        moved = weather.recolour(rgb, alpha, weather.stream(seed))
        assert np.array_equal(moved[:2], rgb[:2])
        grounds.add(tuple(int(c) for c in moved[3, 3]))
    assert len(grounds) > 5


def test_a_stream_depends_on_its_parts_alone():
    assert weather.stream("a", 1).integers(0, 10**9) == weather.stream("a", 1).integers(0, 10**9)
    assert weather.stream("a", 1).integers(0, 10**9) != weather.stream("a", 2).integers(0, 10**9)


def step(name: str):
    (found,) = [s for s in weather.CHAINS["hard"].steps if s.name == name]
    return found.act


def test_a_palette_leaves_few_colours_near_those_that_were():
    across = np.linspace(0, 255, 300).astype(np.uint8)
    rgb = np.dstack([np.tile(across, (300, 1)), np.tile(across[:, None], (1, 300)), np.full((300, 300), 90, np.uint8)])
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) > 10_000
    for seed in range(4):
        few = step("palette")(rgb, weather.stream(seed))
        assert few.shape == rgb.shape
        assert len(np.unique(few.reshape(-1, 3), axis=0)) <= 256
        assert np.abs(few.astype(int) - rgb).mean() < 16


def test_a_screenshot_shows_the_picture_between_two_plain_bars():
    rgb = picture(500)
    across = set()
    for seed in range(12):
        shot = step("screenshot")(rgb, weather.stream(seed))
        plain = [axis for axis in (0, 1) for end in (0, -1) if len(np.unique(np.take(shot, end, axis))) == 1]
        assert plain in ([0, 0], [1, 1])
        across.add(plain[0])
        assert len(np.unique(shot)) > 100
    assert across == {0, 1}
