"""Recipes with [levels] through the lab: training, parts left out, one change at a time; each feature computed once."""

from __future__ import annotations

import csv
import resource

import pytest

from brushwork.errors import LabError

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from brushwork.lab import ablate, cells, features, heads, holdout, plots, workflow  # noqa: E402
from brushwork.lab.gather import cache_of, gather  # noqa: E402
from brushwork.lab.plan import read_plan  # noqa: E402

from .conftest import patches_of  # noqa: E402

CHANGES = """
seeds = [0]
folds = 2
pictures = 3
[[change]]
name = "no dropout"
set = { "levels.dropout" = 0.0 }
"""


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """The scale of features is taken from a hundred draws instead of many thousands."""
    monkeypatch.setattr(heads, "SCALE_DRAWS", 100)


@pytest.fixture
def computed(monkeypatch) -> list[int]:
    """How many features were computed, batch by batch."""
    seen: list[int] = []
    compute = features.computed

    def counted(trunk, patches):
        seen.append(len(patches))
        return compute(trunk, patches)

    monkeypatch.setattr(features, "computed", counted)
    return seen


def test_a_recipe_with_levels_trains_from_its_cache(levels_recipe, tmp_path):
    plan = read_plan(levels_recipe())
    assert plan.patches.whole
    caches = (cache_of(plan, gather(plan)),)
    net, again = (heads.train_levels(plan, caches, tmp_path / "run") for _ in range(2))
    stored = torch.load(tmp_path / "run" / heads.STATE_FILE, weights_only=True)
    assert all(torch.equal(stored[name], value) for name, value in net.state_dict().items())
    assert all(torch.equal(again.state_dict()[name], value) for name, value in net.state_dict().items())
    with torch.no_grad():
        assert net(patches_of(range(4))).shape == (3,)
    kept = workflow.trained_file(plan, tmp_path / "run")
    assert kept == tmp_path / "run" / heads.STATE_FILE
    read = heads.load_levels(plan, kept)
    with torch.no_grad():
        torch.testing.assert_close(read(patches_of(range(4))), net(patches_of(range(4))))
    kept.write_bytes(b"no weights")
    with pytest.raises(LabError, match=r"levels\.pt does not load"):
        heads.load_levels(plan, kept)


def test_a_part_trains_on_its_own_features_alone(levels_recipe, tmp_path, monkeypatch):
    plan = read_plan(levels_recipe())
    cache = cache_of(plan, gather(plan))
    part = cache.kept(lambda row: not row.source.endswith("0"))
    pools: list[heads.Pool] = []
    finish = heads._finished
    monkeypatch.setattr(heads, "_finished", lambda *about: pools.append(about[2]) or finish(*about))
    (tmp_path / "cell").mkdir()
    heads.train_part(plan, cache, part, tmp_path / "shared", tmp_path / "cell")
    whole = features.features_of(
        cache, heads.load_trunk(plan.levels.backbone), heads.wanted(plan, cache), next((tmp_path / "shared").iterdir())
    )
    assert len(part.regions) < len(cache.regions)
    slots = [i for i, region in enumerate(cache.regions) if region in part.regions]
    assert (pools[0].patches == whole.patches[slots]).all()
    assert pools[0].labels.tolist() == [cache.rows[cache.regions[i].row].label for i in slots]
    rows = [cache.regions[i].row for i in slots]
    belong = [whole.whole_rows.tolist().index(row) for row in rows]
    assert (pools[0].wholes[pools[0].wholes_of[:, 0]] == whole.wholes[belong]).all()


def with_levels(plan, **settings):
    return plan.model_copy(update={"levels": plan.levels.model_copy(update=settings)})


def test_a_head_that_diverges_stops_and_the_last_good_one_stays(levels_recipe, tmp_path):
    plan = read_plan(levels_recipe())
    caches = (cache_of(plan, gather(plan)),)
    heads.train_levels(plan, caches, tmp_path)
    good = (tmp_path / heads.STATE_FILE).read_bytes()
    wild = with_levels(plan, learning_rate=1e30, steps=30)
    with pytest.raises(
        LabError, match=r"diverged at step \d+ of member 1.*levels\.pt of an earlier run stays"
    ) as raised:
        heads.train_levels(wild, caches, tmp_path)
    assert "levels.learning_rate" in raised.value.advice
    with pytest.raises(LabError, match="diverged at step 1 of member 1"):
        heads.train_levels(with_levels(wild, steps=1, weight_decay=1e30), caches, tmp_path)
    assert (tmp_path / heads.STATE_FILE).read_bytes() == good


@pytest.mark.parametrize(
    ("largest", "said", "advice"),
    [(50_000, "features in .* cannot be written", "disk space"), (1_000_000, "Training stopped", "from the features")],
)
def test_a_full_disk_says_so_and_how_a_head_goes_on(levels_recipe, tmp_path, largest, said, advice):
    plan = read_plan(levels_recipe())
    caches = (cache_of(plan, gather(plan)),)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, limits[1]))  # no file may grow beyond: as a full disk
    try:
        with pytest.raises(LabError, match=said) as raised:
            heads.train_levels(plan, caches, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert advice in raised.value.advice
    assert not (tmp_path / heads.STATE_FILE).exists()
    heads.train_levels(plan, caches, tmp_path)
    assert (tmp_path / heads.STATE_FILE).is_file()


def test_the_loss_of_every_member_is_logged_and_drawn(levels_recipe, tmp_path):
    plan = with_levels(read_plan(levels_recipe()), steps=23)
    heads.train_levels(plan, (cache_of(plan, gather(plan)),), tmp_path)
    with (tmp_path / heads.LOG).open(newline="") as lines:
        told = [(int(r["member"]), int(r["step"]), float(r["loss"])) for r in csv.DictReader(lines)]
    assert [line[:2] for line in told] == [(member, step) for member in (0, 1) for step in (10, 20, 23)]
    assert all(0 < loss < 5 for *_, loss in told)
    with plots.styled() as plt:
        figure = plots._training(plt, tmp_path / heads.LOG)
        curves = figure.axes[0].get_lines()
        assert [list(curve.get_xdata()) for curve in curves] == [[10, 20, 23], [10, 20, 23]]
        assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["loss"]
        assert figure.axes[0].get_xlabel() == "step"
        plt.close(figure)


def test_sources_are_left_out_with_features_computed_once(levels_recipe, tmp_path, computed):
    """S2-15: leave-one-source-out of the kind of recipe that is shipped."""
    plan = read_plan(levels_recipe())
    budget = holdout.Budget(folds=2, seeds=2, pictures=3)
    found = holdout.leave_out(plan, "sources", budget, tmp_path / "out")
    assert [line[0] for line in found.rows] == ["fold1", "fold2", holdout.TOTAL]
    assert found.rows[-1][1:3] == (6, 6)
    regions = len(cache_of(plan, gather(plan)).regions)
    assert sum(computed) == regions * (plan.levels.patch_draws + plan.levels.whole_draws), "once for all four cells"
    assert len(list((tmp_path / "out").rglob(cells.SCORES))) == 4
    assert not list((tmp_path / "out").rglob(heads.STATE_FILE)), "networks of finished cells are not kept"
    seeds = [cells.read_scores(tmp_path / "out" / f"fold1-seed{n}" / cells.SCORES) for n in (0, 1)]
    assert [s.id for s in seeds[0]] == [s.id for s in seeds[1]]
    assert [s.logit for s in seeds[0]] != [s.logit for s in seeds[1]], "another seed, another head"
    assert holdout.leave_out(plan, "sources", budget, tmp_path / "out") == found


def test_an_ablation_of_heads_shares_their_features(levels_recipe, tmp_path, computed):
    changes = tmp_path / "changes.toml"
    changes.write_text(CHANGES + '[[change]]\nname = "one view"\nset = { "levels.whole_draws" = 1 }\n')
    figures, _ = ablate.ablate(read_plan(levels_recipe()), ablate.read_ablation(changes), tmp_path / "cells")
    assert [line[0] for line in figures.rows] == ["base", "no dropout", "one view"]
    folders = list((tmp_path / "cells" / heads.FEATURES).iterdir())
    assert len(folders) == 2, "two heads on the same features, and one on others"
    assert sum(computed) == 30 * (1 + 2) + 30 * (1 + 1)


def test_a_cell_that_was_killed_while_it_scored_does_not_train_again(levels_recipe, tmp_path, monkeypatch):
    plan = read_plan(levels_recipe())
    cache = cache_of(plan, gather(plan))
    cell = cells.Cell("one", plan, lambda row: not row.source.endswith("0"), cache.rows[:1] + cache.rows[-1:])
    with monkeypatch.context() as patched:
        patched.setattr(cells, "score", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cells.run_cell(cell, cache, tmp_path)
    monkeypatch.setattr(heads, "train_part", None)
    assert len(cells.run_cell(cell, cache, tmp_path)) == 2 * 3


def test_epochs_of_a_head_are_refused_and_so_is_a_change_of_expense(levels_recipe):
    plan = read_plan(levels_recipe())
    with pytest.raises(LabError, match=r"table \[levels\]") as raised:
        holdout.with_budget(plan, holdout.Budget(epochs=3), 0)
    assert "levels.steps" in raised.value.advice
    with pytest.raises(LabError, match="trains on 96 crops, the base on 48"):
        ablate.changed(plan, ablate.Change(name="longer", set={"levels.steps": 6}))
    with pytest.raises(LabError, match=r"train\.dropout would do nothing"):
        ablate.changed(plan, ablate.Change(name="idle", set={"train.dropout": 0.5}))


def test_keys_of_training_end_to_end_are_refused_beside_levels(levels_recipe, tmp_path):
    levels = levels_recipe().read_text()
    mixed = tmp_path / "mixed.toml"
    idle = 'batch = 8\nsteps_per_epoch = 2\nepochs = 1\nprecision = "32-true"\nworkers = 0'
    mixed.write_text(levels.replace("size = 64", f"size = 64\n{idle}"))
    names = r"train\.batch, train\.epochs, train\.precision, train\.steps_per_epoch, train\.workers would do nothing"
    with pytest.raises(LabError, match=names) as raised:
        read_plan(mixed)
    assert "size, threads, weights" in raised.value.detail
    mixed.write_text(levels.replace("size = 64", "size = 64\nthreads = 1\nbatch = 48"))
    with pytest.raises(LabError, match=r"train\.batch would do nothing"):
        read_plan(mixed)
    mixed.write_text(levels.replace("size = 64", "size = 64\nthreads = 1"))
    assert read_plan(mixed).train.size == 64
