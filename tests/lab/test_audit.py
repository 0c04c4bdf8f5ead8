"""The audit finds what was planted, and the preparation takes a shortcut away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

audit = pytest.importorskip("brushwork.lab.audit", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.crops import Forbidden, RegionCache, RegionPlan, crop, dhash  # noqa: E402
from brushwork.lab.datasets import read_manifest  # noqa: E402
from brushwork.lab.weather import stream  # noqa: E402

PLAN = RegionPlan(side=80, least=64, per_picture=2)


def test_a_shortcut_in_the_format_is_found_and_gone_after_the_preparation(drawn_set, tmp_path):
    rows = read_manifest(drawn_set("short", sources=8, each=6, forms=("JPEG", "PNG")))
    found = audit.audit(rows, (), RegionCache.build(rows, PLAN, tmp_path / "cache"), 64, near=4)
    assert found.before > 0.95
    assert found.after < found.before - 0.2


def test_training_refuses_what_the_probe_still_sees():
    found = audit.Audit(9, 9, 3, 3, (), (), before=0.9, after=0.551)
    with pytest.raises(LabError, match=r"AUC of 0.551 after the preparation"):
        found.refuse_shortcuts()
    replace(found, after=0.549).refuse_shortcuts()


def test_the_probe_judges_sources_that_its_trees_never_saw():
    """A feature that only names the source is worthless: every source has its own value."""
    groups = [f"g{i // 10}" for i in range(200)]
    labels = np.array([i // 100 for i in range(200)])
    rng = np.random.default_rng(0)
    of_group = dict(zip(sorted(set(groups)), rng.random(20), strict=True))
    features = np.array([[of_group[g]] for g in groups])
    assert audit.cross_validated(features, labels, groups) < 0.75
    assert audit.cross_validated(labels.reshape(-1, 1).astype(float), labels, groups) == 1.0


def test_a_broken_picture_is_counted_listed_and_left_out_of_the_probes_too(drawn_set, tmp_path):
    manifest = drawn_set("broken", sources=5, each=3)
    rows = read_manifest(manifest)
    whole = Path(rows[0].place).read_bytes()
    Path(rows[0].place).write_bytes(whole[: len(whole) // 2])
    cache = RegionCache.build(rows, PLAN, tmp_path / "cache")
    assert list(cache.left_out) == [rows[0].id]
    assert "ends early" in cache.left_out[rows[0].id] or "damaged" in cache.left_out[rows[0].id]
    assert rows[0].id not in {cache.rows[region.row].id for region in cache.regions}
    assert audit.audit(rows, (), cache, 64, near=4).human == 15


def test_a_cache_that_was_cut_off_is_no_cache(drawn_set, tmp_path):
    RegionCache.build(read_manifest(drawn_set("cut", sources=2, each=1)), PLAN, tmp_path / "cache")
    pixels = tmp_path / "cache" / "regions.u8"
    pixels.write_bytes(pixels.read_bytes()[:-1])
    with pytest.raises(LabError, match="no whole cache of regions"):
        RegionCache(tmp_path / "cache")


def test_duplicates_across_splits_are_listed(drawn_set, tmp_path):
    rows = read_manifest(drawn_set("dup", sources=4, each=2))
    cache = RegionCache.build(rows, PLAN, tmp_path / "cache")
    dev = (rows[0], replace(rows[1], id="other", dhash="00ff00ff00ff00ff"))
    train = (rows[0], *(replace(r, dhash="00ff00ff00ff00fe") for r in rows[2:4]), *rows[4:])
    found = audit.audit(train, dev, cache, 64, near=4)
    assert found.same_file == (rows[0].id,)
    assert found.near == tuple(r.id for r in rows[2:4])


def test_a_picture_near_one_of_dev_gives_no_region_and_says_so(drawn_set, tmp_path):
    rows = read_manifest(drawn_set("near", sources=2, each=1))
    taken = replace(rows[0], dhash=dhash(np.asarray(_opened(rows[0]))))
    cache = RegionCache.build(rows, PLAN, tmp_path / "cache", Forbidden.of([taken], 0))
    assert cache.left_out == {rows[0].id: "nearly a picture that thresholds are fitted on"}
    assert {cache.rows[region.row].id for region in cache.regions} == {r.id for r in rows[1:]}


def test_the_difference_hash_is_that_of_the_packed_sets(shared_data):
    whole = [r for r in read_manifest(shared_data / "art" / "train.parquet") if not r.crop][:20]
    assert len(whole) == 20
    assert [dhash(_opened(r)) for r in whole] == [r.dhash for r in whole]


def test_a_broken_picture_in_the_middle_is_listed_not_hidden(drawn_set, tmp_path):
    manifest = drawn_set("broken", sources=2, each=2)
    rows = read_manifest(manifest)
    path = manifest.parent / "0-1-0.jpeg"
    path.write_bytes(path.read_bytes()[:200])
    cache = RegionCache.build(rows, PLAN, tmp_path / "cache")
    (reason,) = cache.left_out.values()
    assert "damaged" in reason
    assert len({region.row for region in cache.regions}) == len(rows) - 1


def test_a_file_that_is_gone_stops_the_build(drawn_set, tmp_path):
    manifest = drawn_set("gone", sources=2, each=1)
    (manifest.parent / "1-0-0.jpeg").unlink()
    with pytest.raises(LabError, match=r"1-0-0.jpeg cannot be read"):
        RegionCache.build(read_manifest(manifest), PLAN, tmp_path / "cache")


def test_a_cache_reads_back_what_was_cut(drawn_set, tmp_path):
    rows = read_manifest(drawn_set("read", sources=2, each=2))
    cache = RegionCache.build(rows, PLAN, tmp_path / "cache")
    again = RegionCache(tmp_path / "cache")
    assert again.regions == cache.regions and again.rows == rows
    region = cache.regions[0]
    assert cache.read(region).shape == (region.height, region.width, 3)
    assert np.array_equal(cache.read(region), again.read(region))
    with pytest.raises(LabError, match="no whole cache"):
        RegionCache(tmp_path / "elsewhere")


def test_every_offset_of_a_crop_is_possible():
    rgb = np.arange(6 * 6, dtype=np.uint8).reshape(6, 6, 1).repeat(3, axis=2)
    corners = {int(crop(rgb, 4, stream(i))[0, 0, 0]) for i in range(200)}
    assert corners == {y * 6 + x for y in range(3) for x in range(3)}


def _opened(row):
    from brushwork.picture import open_picture

    return open_picture(row.data()).rgb
