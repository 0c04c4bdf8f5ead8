"""From pictures to a prepared set: sizes, crops and mirrors, what is left out, one road for both classes."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from brushwork.cli.app import build
from brushwork.errors import LabError
from brushwork.lab.adapters.layouts import read_classes
from brushwork.lab.adapters.listing import file_row, write_list
from brushwork.lab.classifiers.prepared import open_prepared
from brushwork.lab.datasets import read_manifest
from brushwork.lab.preprocess import Recipe, Told, chosen, common_folder, counted, preprocess
from brushwork.lab.splits import SplitPlan, read_shares
from brushwork.lab.views import ViewPlan, views_of
from tests.made import sets

EACH = 20


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """Twenty drawings of each class, AI ones of two generators, listed in a manifest."""
    folder = tmp_path_factory.mktemp("mine")
    for n in range(EACH):
        sets.put(folder / "pictures" / "human" / f"artist{n % 4}" / f"{n}.jpg", 0, n, 48)
        sets.put(folder / "pictures" / "ai" / ("alpha", "beta")[n % 2] / f"{n}.png", 1, 500 + n, 64)
    write_list(read_classes(folder / "pictures", list).rows, folder)
    return folder


def recipe(source, split="70/15/15", by="none", views=None, **other):
    return Recipe((source,), views or ViewPlan(32), SplitPlan(read_shares(split), by), **other)


def made_of(wanted, out, **other):
    told = Told()
    return preprocess(chosen(wanted, told), wanted, out, told, **other), told


@pytest.mark.parametrize("size", [32, 100, 224, 240, 384])
def test_every_size_gives_squares_of_it(source, tmp_path, size):
    made, _ = made_of(recipe(source, "90/10", views=ViewPlan(size), limit=20), tmp_path / "set")
    assert made.pixels.shape[1:] == (size, size, 3)
    assert all(np.asarray(p).std() > 5 for p in made.pixels[:4])


def test_the_squares_are_those_of_the_pictures_and_two_processes_give_the_same_as_one(source, tmp_path):
    alone, _ = made_of(recipe(source), tmp_path / "one", workers=1)
    rows = chosen(recipe(source), Told())
    together = preprocess(rows, recipe(source), tmp_path / "two", Told(), workers=2)
    assert alone.facts["sha256"] == together.facts["sha256"]
    with Image.open(common_folder(rows) / alone.rows[0].place) as image:
        wanted = image.convert("RGB").resize((32, 32), Image.Resampling.BICUBIC)
    assert np.array_equal(alone.pixels[0], np.asarray(wanted))


def test_a_set_names_nothing_of_the_machine_and_is_the_same_elsewhere(source, tmp_path):
    shutil.copytree(source, tmp_path / "elsewhere" / source.name)
    here, _ = made_of(recipe(source), tmp_path / "here" / "set", workers=1)
    there, _ = made_of(recipe(tmp_path / "elsewhere" / source.name), tmp_path / "there" / "set", workers=1)
    assert here.sha256 == there.sha256
    assert here.facts == there.facts
    text = b"".join(path.read_bytes() for path in here.folder.iterdir() if path.suffix != ".u8")
    for place in (source, tmp_path, Path.home(), Path.cwd()):
        assert str(place).encode() not in text


def test_many_pieces_come_from_a_pool_in_their_order(source, tmp_path, monkeypatch):
    one, _ = made_of(recipe(source), tmp_path / "one", workers=1)
    monkeypatch.setattr("brushwork.lab.preprocess.PIECE", 8)
    heard = []
    two, _ = made_of(recipe(source), tmp_path / "two", workers=2, done=heard.append)
    assert two.rows == one.rows
    assert two.facts["sha256"] == one.facts["sha256"]
    assert heard == [8] * 5


def test_crops_and_mirrors_are_other_pixels_and_only_train_has_them(source, tmp_path):
    views = ViewPlan(32, crops=2, mirror=True)
    made, _ = made_of(recipe(source, views=views), tmp_path / "set")
    counts = Counter((row.split, row.view) for row in made.rows)
    names = ("whole", "crop 1", "crop 2")
    assert {view for split, view in counts if split == "train"} == {*names, *(f"{n} mirrored" for n in names)}
    assert {view for split, view in counts if split != "train"} == {"whole"}
    first = {row.view: np.asarray(made.pixels[i]) for i, row in enumerate(made.rows) if row.id == _trained(made)}
    assert len({pixels.tobytes() for pixels in first.values()}) == 6
    for name in names:
        assert np.array_equal(first[f"{name} mirrored"], first[name][:, ::-1])


def _trained(made):
    return next(row.id for row in made.rows if row.split == "train")


def test_shares_and_groups_hold_in_the_set(source, tmp_path):
    made, _ = made_of(recipe(source, "50/50", "source"), tmp_path / "set")
    sides = {}
    for row in made.rows:
        sides.setdefault(row.group, set()).add(row.split)
    assert all(len(found) == 1 for found in sides.values())
    assert {row.generator for row in made.rows if row.label} == {"alpha", "beta"}


def test_damaged_and_missing_pictures_are_counted_listed_and_left_out(tmp_path):
    for n in range(6):
        sets.put(tmp_path / "p" / "human" / f"{n}.jpg", 0, n)
        sets.put(tmp_path / "p" / "ai" / f"{n}.jpg", 1, n)
    damaged = tmp_path / "p" / "human" / "0.jpg"
    damaged.write_bytes(damaged.read_bytes()[:300])
    (tmp_path / "p" / "ai" / "1.jpg").write_bytes(b"<html>not found</html>")
    write_list(read_classes(tmp_path / "p", list).rows, tmp_path)
    (tmp_path / "p" / "ai" / "2.jpg").unlink()
    made, told = made_of(recipe(tmp_path, "50/50"), tmp_path / "set")
    assert len(made.rows) == 9
    with (made.folder / "left_out.csv").open(newline="") as lines:
        listed = {"/".join(Path(line["place"]).parts[-2:]): line for line in csv.DictReader(lines)}
    assert set(listed) == {"human/0.jpg", "ai/1.jpg", "ai/2.jpg"}
    assert "ends early" in listed["human/0.jpg"]["detail"]
    words = list(counted(made, told))
    assert "left out: 1: The picture is damaged" in words
    assert "left out: 1: The file cannot be read" in words


def test_one_class_only_is_said(tmp_path):
    for n in range(4):
        sets.put(tmp_path / "p" / "human" / f"{n}.jpg", 0, n)
    write_list(read_classes(tmp_path / "p", list).rows, tmp_path)
    with pytest.raises(LabError, match="train has no AI pictures"):
        made_of(recipe(tmp_path), tmp_path / "set")


def test_a_test_manifest_is_judged_on_and_never_trained_on(source, tmp_path):
    rows = list(read_manifest(source))
    write_list(rows[::4], tmp_path / "apart")
    write_list(rows, tmp_path / "all")
    made, told = made_of(recipe(tmp_path / "all", "80/20", test=(tmp_path / "apart",)), tmp_path / "set")
    judged = {row.id for row in made.rows if row.split == "test"}
    assert judged == {row.id for row in rows[::4]}
    assert not judged & {row.id for row in made.rows if row.split != "test"}
    assert told.across == len(judged)


def test_what_is_nearly_a_test_picture_is_dropped(tmp_path, source):
    rows = [replace(r, dhash=f"{n * 0x0123456789ABCDEF % 2**64:016x}") for n, r in enumerate(read_manifest(source), 1)]
    near = replace(rows[0], dhash=f"{int(rows[1].dhash, 16) ^ 1:016x}")
    write_list([near, *rows[2:]], tmp_path / "train")
    write_list([rows[1], rows[-1]], tmp_path / "apart")
    told = Told()
    found = chosen(recipe(tmp_path / "train", "80/20", test=(tmp_path / "apart",)), told)
    assert told.near == 1
    assert near.id not in {r.id for r in found}


def test_reserved_pictures_are_refused(source):
    held = read_manifest(source)[0].id
    with pytest.raises(LabError, match="1 pictures are reserved"):
        chosen(recipe(source, reserved=frozenset({held})), Told())


def test_small_pictures_are_left_out_where_a_least_is_asked_for(source, tmp_path):
    with pytest.raises(
        LabError, match=r"No human picture of the split train could be used, first .*48 x 48 pixels, fewer than 50"
    ):
        made_of(recipe(source, "90/10", views=ViewPlan(32, least=50)), tmp_path / "set")


@pytest.mark.needs_lab
def test_the_command_says_what_it_needs_what_it_made_and_what_the_probe_sees(source, tmp_path):
    words = (
        "data",
        "preprocess",
        source,
        "--size",
        "32",
        "--split",
        "50/50",
        "--equalise",
        "--balance",
        "--workers",
        "1",
    )
    done = CliRunner().invoke(build(), [*map(str, words), "--out", str(tmp_path / "set")])
    assert done.exit_code == 0, done.exception
    assert "40 squares of 32 pixels need 0.00 GB" in done.stderr
    assert "train: 10 human, 10 AI" in done.stdout
    assert "shortcut probe" in done.stdout
    assert open_prepared(tmp_path / "set").facts["how"]["views"]["equalise"] is True


@pytest.mark.parametrize("sizes", [("--size", "16", "--size", "40"), ("--size", "16, 40,16")])
def test_several_sizes_give_a_set_each_with_the_same_splits(source, tmp_path, sizes):
    command = ["data", "preprocess", str(source), *sizes, "--split", "50/50", "--workers", "1", "--multi-crop", "1"]
    done = CliRunner().invoke(build(), [*command, "--out", str(tmp_path / "sets")])
    assert done.exit_code == 0, done.exception
    small, large = (open_prepared(tmp_path / "sets" / side) for side in ("16", "40"))
    assert {p.name for p in (tmp_path / "sets").iterdir()} == {"16", "40"}
    assert (small.pixels.shape[1:], large.pixels.shape[1:]) == ((16, 16, 3), (40, 40, 3))
    assert small.rows == large.rows
    alone = CliRunner().invoke(build(), [*command, "--size", "32", "--out", str(tmp_path / "sets" / "16")])
    assert isinstance(alone.exception, LabError)
    assert "is a prepared set of one side" in alone.exception.detail


@pytest.mark.parametrize("size", ["7", "2049", "32x32", "32,", "-5"])
def test_what_is_no_size_is_refused(source, tmp_path, size):
    done = CliRunner().invoke(
        build(), ["data", "preprocess", str(source), f"--size={size}", "--out", str(tmp_path / "a")]
    )
    assert done.exit_code == 2
    assert "no side from 8 to 2048 pixels" in " ".join(done.output.replace("│", " ").split())
    assert not (tmp_path / "a").exists()


def _row(source, label):
    return next(r for r in read_manifest(source) if r.label == label)


def test_weather_changes_the_pixels_the_same_way_each_time(source):
    row = _row(source, 1)
    clean, hard, again = (views_of(row, ViewPlan(32, weather=w))[0][1] for w in ("clean", "hard", "hard"))
    assert np.array_equal(hard, again)
    assert np.abs(hard.astype(int) - clean.astype(int)).mean() > 0.5


def test_ai_pictures_of_two_generators_make_a_set_for_attribution(tmp_path, source):
    write_list([r for r in read_manifest(source) if r.label], tmp_path / "ai")
    made, _ = made_of(recipe(tmp_path / "ai"), tmp_path / "set")
    assert made.classes("generator") == ("alpha", "beta")


def test_equalising_leaves_less_between_a_png_and_a_coarse_jpeg(tmp_path):
    """The same drawings once as PNG and once as coarse JPEG: how rough they are tells one from the other, then less."""
    for n in range(12):
        image = sets.picture(1, n, 96)
        image.save(tmp_path / f"{n}.png")
        image.save(tmp_path / f"{n}.jpg", quality=20)
    gaps = [abs(np.subtract(*(_roughness(tmp_path, ending, equalise) for ending in ("png", "jpg"))))
            for equalise in (False, True)]  # fmt: skip
    assert gaps[1] < gaps[0]


def _roughness(folder, ending, equalise):
    rows = [file_row(folder / f"{n}.{ending}", 1, "x") for n in range(12)]
    squares = [views_of(replace(r, id=str(n)), ViewPlan(64, equalise=equalise))[0][1] for n, r in enumerate(rows)]
    return np.mean([np.abs(np.diff(s.astype(int), axis=1)).mean() for s in squares])
