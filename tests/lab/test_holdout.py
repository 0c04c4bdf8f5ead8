"""Parts left out in turn, one change at a time: nothing judged was trained on, and nothing is done twice."""

from __future__ import annotations

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

torch = pytest.importorskip("torch", reason=NEEDS_LAB)

from typer.testing import CliRunner  # noqa: E402

from brushwork.cli.app import build  # noqa: E402
from brushwork.errors import LabError  # noqa: E402
from brushwork.lab import ablate, cells, holdout  # noqa: E402
from brushwork.lab.datasets import Row  # noqa: E402
from brushwork.lab.folds import deal, held_sources  # noqa: E402
from brushwork.lab.plan import read_plan  # noqa: E402

CHANGES = """
seeds = [0, 1]
folds = 2
pictures = 6
[[change]]
name = "slow"
set = { "train.learning_rate" = 1e-6 }
"""


def row(number: int, label: int, source: str, generator: str = "") -> Row:
    return Row(f"{label}{number:03d}", label, source, source, "", generator, "", "", "")


def rows(sources: int, each: int, label: int, generator: str = "") -> list[Row]:
    return [row(s * 100 + i, label, f"{label}s{s}", generator) for s in range(sources) for i in range(each)]


def test_every_source_is_dealt_to_one_fold_and_every_fold_has_both_classes():
    pictures = [*rows(7, 5, 0), *rows(4, 9, 1), row(999, 1, "0s0")]
    dealt = deal(((r.label, r.source) for r in pictures), 3)
    assert set(dealt) == {r.source for r in pictures}
    for fold in range(3):
        assert {r.label for r in pictures if dealt[r.source] == fold} == {0, 1}
    assert 1 <= len([s for s in held_sources(pictures, 0.25, 0) if s.startswith("0s")]) <= 3


def test_pictures_are_spread_over_sources_before_any_source_gives_two():
    chosen = cells.spread([*rows(4, 50, 0), *rows(2, 1, 1)], 4)
    assert {r.source for r in chosen} == {"0s0", "0s1", "0s2", "0s3", "1s0", "1s1"}


def test_sources_are_left_out_in_turn_and_a_second_run_reads_what_the_first_kept(tiny_recipe, tmp_path, monkeypatch):
    """S2-15: leave-one-source-out, in folds."""
    torch.set_num_threads(1)
    plan = read_plan(tiny_recipe())
    budget = holdout.Budget(folds=2, seeds=1, epochs=1, pictures=6)
    judged: list[cells.Cell] = []
    run = cells.run_cell

    def seen(cell, cache, out):
        judged.append(cell)
        return run(cell, cache, out)

    monkeypatch.setattr(holdout, "run_cell", seen)
    first = holdout.leave_out(plan, "sources", budget, tmp_path / "out")
    assert [line[0] for line in first.rows] == ["fold1", "fold2", holdout.TOTAL]
    assert first.rows[-1][1:3] == (12, 12)
    for cell in judged:
        assert not any(cell.trained(r) for r in cell.judged), "what is judged was never trained on"
    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob(cells.SCORES)}
    assert len(kept) == 2
    assert not list((tmp_path / "out").rglob("*.ckpt")), "checkpoints of finished cells are not kept"
    assert holdout.leave_out(plan, "sources", budget, tmp_path / "out") == first
    assert {p: p.stat().st_mtime_ns for p in kept} == kept
    with pytest.raises(LabError, match="fold1-seed0 of another recipe"):
        holdout.leave_out(plan, "sources", holdout.Budget(2, 1, 2, 6), tmp_path / "out")


def test_a_family_is_left_out_beside_human_sources_that_were_not_trained_on_either():
    """S2-15, S3-08: leave-one-generator-out."""
    pictures = [*rows(4, 3, 0), *rows(1, 9, 1, "Midjourney"), *(row(900 + i, 1, "x", "flux") for i in range(9))]
    parts = holdout._families(pictures, holdout.Budget(folds=2))
    assert sorted(parts) == ["Flux", "Midjourney"]
    held = [r for r in pictures if parts["Midjourney"](r)]
    assert {r.generator for r in held if r.label} == {"Midjourney"}
    assert 0 < len({r.source for r in held if not r.label}) < 4
    with pytest.raises(LabError, match="1 families of generators"):
        holdout._families(pictures[:-9], holdout.Budget(folds=2))


def test_an_ablation_compares_changes_on_the_same_sources(tiny_recipe, tmp_path):
    torch.set_num_threads(1)
    changes = tmp_path / "changes.toml"
    changes.write_text(CHANGES)
    wanted = ablate.read_ablation(changes)
    figures, kinds = ablate.ablate(read_plan(tiny_recipe()), wanted, tmp_path / "cells")
    assert [line[0] for line in figures.rows] == ["base", "slow"]
    assert figures.rows[0][-1] == ""
    assert str(figures.rows[1][-1]).startswith(("+", "-"))
    assert kinds.head == ("change", "drawing and print")
    ids = [sorted({s.id for s in cells.read_scores(p)}) for p in sorted((tmp_path / "cells").rglob(cells.SCORES))]
    assert ids[0] == ids[2], "both changes are judged on the same pictures"
    assert ids[1] == ids[3]
    assert ids[0] != ids[1], "another seed, other sources"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train.learning_rat": 1.0}, "unknown key train.learning_rat"),
        ({"train.batch": 4}, "trains on 8 crops, the base on 16"),
        ({"train.batch": "many"}, "train.batch: Input should be a valid integer"),
    ],
)
def test_a_change_that_is_no_fair_change_is_refused(tiny_recipe, change, message):
    with pytest.raises(LabError, match=message):
        ablate.changed(read_plan(tiny_recipe()), ablate.Change(name="odd", set=change))


def test_other_regions_get_a_cache_of_their_own(tiny_recipe):
    base = read_plan(tiny_recipe())
    assert ablate.changed(base, ablate.Change(name="no JPEG", set={"regions.history": 0.0})).name == "tiny-no_JPEG"
    assert ablate.changed(base, ablate.Change(name="b", set={"train.ema": 0.5})).name == "tiny"


@pytest.mark.parametrize(("text", "message"), [("x = ", "cannot be read"), ("seed = 3", "change: Field required")])
def test_a_file_of_changes_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(LabError, match=message):
        ablate.read_ablation(tmp_path / "c.toml")


def test_the_commands_print_the_tables_and_track_them(tiny_recipe, tmp_path):
    changes = tmp_path / "changes.toml"
    changes.write_text(CHANGES.replace("[0, 1]", "[0]"))
    words = ["train", str(tiny_recipe()), "--ablate", str(changes), "--out", str(tmp_path / "a")]
    found = CliRunner().invoke(build(), words)
    assert found.exit_code == 0, found.exception
    assert "| slow |" in found.stdout
    assert (tmp_path / "a" / "ablation.md").read_text().strip() in found.stdout
    words = ["evaluate", str(tiny_recipe()), "--leave-out", "generators", "--out", str(tmp_path / "h")]
    found = CliRunner().invoke(build(), words)
    assert isinstance(found.exception, LabError)
    assert "column generator" in found.exception.advice
