"""Public sets by name: each layout is read, another is told apart, and what no hub gives is told by hand."""

from __future__ import annotations

import csv
import shutil
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from brushwork.errors import LabError
from brushwork.lab.adapters.get import Wish, get
from brushwork.lab.adapters.layouts import GENIMAGE, read_cifake, read_classes, read_genimage
from brushwork.lab.adapters.registry import ADAPTERS, LISTS, adapter
from brushwork.lab.datasets import read_manifest
from brushwork.lab.splits import unrepeated
from tests.made import sets


def nothing(url):
    raise AssertionError(f"{url} was called")


def fetched(wish, fetch=nothing):
    said = []
    return get(wish, fetch, list, said.append), said


@pytest.fixture(scope="module")
def genimage(tmp_path_factory) -> Path:
    return sets.genimage(tmp_path_factory.mktemp("genimage"), train=2, val=1)


def test_the_registry_is_a_tuple_without_doubles_and_says_all_that_people_ask():
    names = [*(a.name for a in ADAPTERS), *LISTS]
    assert len(set(names)) == len(names)
    assert all(a.licence and a.layout and (a.read is None) != (a.addresses is None) for a in ADAPTERS)


@pytest.mark.parametrize(
    ("name", "near"),
    [("cifak", "cifake"), ("tiny_genimage", "tiny-genimage"), ("LAION", "laion2b-en"), ("CSVs", "csv")],
)
def test_an_unknown_name_gets_the_three_nearest(name, near):
    with pytest.raises(LabError) as refused:
        adapter(name)
    assert near in refused.value.advice
    assert refused.value.advice.split(";")[0].count(",") == 2


def test_tiny_genimage_takes_the_generator_from_its_seven_folders(genimage, tmp_path):
    got, _ = fetched(Wish("tiny-genimage", tmp_path, genimage))
    rows = read_manifest(got.manifest)
    assert [f.name for f in GENIMAGE] == sorted(p.name for p in genimage.iterdir())
    assert Counter((r.split, r.label) for r in rows) == {
        ("train", 0): 14,
        ("train", 1): 14,
        ("val", 0): 7,
        ("val", 1): 7,
    }
    assert {r.generator for r in rows if r.label} == {f.generator for f in GENIMAGE}
    assert {f.technique for f in GENIMAGE if f.generator == "BigGAN"} == {"GAN"}
    assert {r.generator for r in rows if not r.label} == {""}
    assert all(r.data()[:2] in (b"\xff\xd8", b"\x89P") for r in rows)


def test_a_part_of_tiny_genimage_is_read_and_what_lacks_is_said(genimage, tmp_path):
    some = tmp_path / "some"
    for of in GENIMAGE[:2]:
        shutil.copytree(genimage / of.name, some / of.name)
    found = read_genimage(some, list)
    assert {r.generator for r in found.rows if r.label} == {"BigGAN", "VQDM"}
    assert found.notes[0].startswith("not there: imagenet_ai_0424_sdv5")


def test_a_folder_of_another_name_is_told_with_what_it_looks_like(genimage, tmp_path):
    wrong = tmp_path / "wrong"
    shutil.copytree(genimage / "imagenet_glide", wrong / "imagenet_ai_glide")
    with pytest.raises(LabError) as refused:
        read_genimage(wrong, list)
    assert "Found: imagenet_ai_glide. Expected: imagenet_ai_0419_biggan" in refused.value.detail
    assert "imagenet_ai_glide looks like imagenet_glide" in refused.value.advice
    assert refused.value.advice.split(". ")[0].count(",") == 2


def test_a_generator_without_val_is_told(genimage, tmp_path):
    shutil.copytree(genimage / "imagenet_glide" / "train", tmp_path / "imagenet_glide" / "train")
    with pytest.raises(
        LabError, match=r"imagenet_glide is not laid out as expected. Found: train\. Expected: train and"
    ):
        read_genimage(tmp_path, list)


def test_cifake_as_published_drops_from_train_what_stands_in_test(tmp_path):
    got, _ = fetched(Wish("cifake", tmp_path / "out", sets.cifake(tmp_path / "cifake")))
    assert got.counts == {("train", 0): 8, ("train", 1): 6, ("test", 0): 4, ("test", 1): 4}
    assert "2 pictures stood in train and in another split: dropped from train" in list(got.told())


def test_cifake_whole_has_100_000_and_20_000_of_which_378_stand_twice(shared_data):
    found = read_cifake(shared_data / "cifake", list)
    assert Counter((r.split, r.label) for r in found.rows) == {
        ("train", 0): 50_000, ("train", 1): 50_000, ("test", 0): 10_000, ("test", 1): 10_000,
    }  # fmt: skip
    kept, _, across = unrepeated(found.rows, keep_twice=True)
    assert across == 378
    assert Counter((r.split, r.label) for r in kept)["train", 1] == 49_622


def test_the_competition_gives_its_train_and_counts_what_has_no_label(tmp_path):
    got, _ = fetched(Wish("shutterstock-deepmedia", tmp_path / "out", sets.competition(tmp_path / "c")))
    assert got.counts == {("train", 0): 10, ("train", 1): 10}
    assert "3 pictures of the test have no label and are left out" in got.notes
    assert {r.generator for r in read_manifest(got.manifest) if r.label} == {"DeepMedia"}


def test_a_competition_with_other_columns_is_told(tmp_path):
    sets.table(tmp_path / "train.csv", ("id", "target"), [(1, 1)])
    with pytest.raises(LabError, match=r"no column file_name, label \(found: id, target\)"):
        fetched(Wish("shutterstock-deepmedia", tmp_path / "out", tmp_path))


def test_folders_of_classes_with_and_without_splits(tmp_path):
    for split, word, under, label in (
        ("train", "real", "", 0),
        ("train", "fake", "sdxl", 1),
        ("validation", "real", "", 0),
        ("validation", "fake", "", 1),
    ):
        sets.put(tmp_path / "set" / split / word / under / "a.png", label, len(split) + label)
    rows = read_classes(tmp_path / "set", list).rows
    assert {(r.split, r.label, r.generator) for r in rows} == {
        ("train", 0, ""), ("train", 1, "sdxl"), ("val", 0, ""), ("val", 1, "")
    }  # fmt: skip
    assert len(read_classes(tmp_path / "set" / "train", list).rows) == 2


def test_folders_that_are_no_classes_are_told_with_near_words(tmp_path):
    for word in ("humans", "fakes"):
        sets.put(tmp_path / word / "a.png", 0, 1)
    with pytest.raises(LabError) as refused:
        read_classes(tmp_path, list)
    assert "Found: fakes, humans. Expected: a folder for each class (human, real" in refused.value.detail
    assert "fakes looks like fake" in refused.value.advice


def test_a_table_of_files(tmp_path):
    for n in range(4):
        sets.put(tmp_path / f"{n}.png", n % 2, n)
    head = ("file", "label", "generator", "source", "licence")
    rows = [(f"{n}.png", ("human", "fake")[n % 2], "flux" if n % 2 else "", "us", "CC0") for n in range(4)]
    got, _ = fetched(Wish("csv", tmp_path / "out", sets.table(tmp_path / "list.csv", head, rows)))
    assert {(r.label, r.generator, r.source, r.licence) for r in read_manifest(got.manifest)} == {
        (0, "", "us", "CC0"), (1, "flux", "us", "CC0"),
    }  # fmt: skip
    sets.table(tmp_path / "bad.csv", ("file", "label"), [("0.png", "perhaps")])
    with pytest.raises(LabError, match="line 2 has the label 'perhaps'"):
        fetched(Wish("csv", tmp_path / "out", tmp_path / "bad.csv"))


def test_a_limit_draws_the_same_pictures_for_a_seed(genimage, tmp_path):
    one, again, other = (
        fetched(Wish("tiny-genimage", tmp_path / str(n), genimage, limit=14, seed=seed))[0]
        for n, seed in enumerate((1, 1, 2))
    )
    ids = [{r.id for r in read_manifest(got.manifest)} for got in (one, again, other)]
    assert ids[0] == ids[1] != ids[2]
    assert 10 <= len(ids[0]) <= 14


@pytest.mark.parametrize("name", ["cifake", "tiny-genimage", "shutterstock-deepmedia"])
def test_without_kaggles_client_the_error_says_what_to_fetch_and_where_to_put_it(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError) as refused:
        fetched(Wish(name, tmp_path / "out"))
    assert "https://www.kaggle.com/" in refused.value.advice
    assert f"brushwork data get {name} --from FOLDER" in refused.value.advice
    assert "pip install kaggle" in refused.value.detail


CLIENT = """#!/bin/sh
echo "$@" >> {log}
{act}
"""


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Stands where Kaggle's client would be, which cannot be reached here: writes down how it is called, and acts."""

    def put(act: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        log = tmp_path / "calls"
        (folder / "kaggle").write_text(CLIENT.format(log=log, act=act))
        (folder / "kaggle").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return log

    return put


def test_kaggle_is_called_once_unpacked_and_called_again_only_where_forced(client, tmp_path):
    packed = shutil.make_archive(str(tmp_path / "cifake"), "zip", sets.cifake(tmp_path / "src"))
    log = client(f'for last; do :; done; cp {packed} "$last"/')
    wish = Wish("cifake", tmp_path / "out")
    got, _ = fetched(wish)
    assert got.counts["test", 1] == 4
    _, said = fetched(wish)
    assert "is there and is not fetched again" in said[0]
    assert len(log.read_text().splitlines()) == 1
    fetched(Wish("cifake", tmp_path / "out", force_data=True))
    calls = log.read_text().splitlines()
    assert len(calls) == 2
    assert calls[0].startswith("datasets download birdy654/cifake-real-and-ai-generated-synthetic-images -p ")


def test_only_the_tables_are_fetched_again_where_lists_are_forced(client, tmp_path):
    source = sets.competition(tmp_path / "src")
    packed = shutil.make_archive(str(tmp_path / "whole"), "zip", source)
    log = client(
        'for last; do :; done\ncase "$*" in\n'
        f'*"-f train.csv"*) cp {source}/train.csv "$last"/;;\n'
        f'*"-f test.csv"*) cd {source} && {sys.executable} -m zipfile -c "$last"/test.csv.zip test.csv;;\n'
        f'*) cp {packed} "$last"/;;\nesac'
    )
    wish = Wish("shutterstock-deepmedia", (tmp_path / "out").absolute())
    assert fetched(wish)[0].counts == {("train", 0): 10, ("train", 1): 10}
    lines = (source / "train.csv").read_text().splitlines()
    (source / "train.csv").write_text("\n".join(lines[:-2]) + "\n")
    (source / "test.csv").write_text("id\ntest_data_v2/0.jpg\n")
    got, _ = fetched(replace(wish, force_metadata=True))
    assert sum(got.counts.values()) == 18
    assert "1 pictures of the test have no label and are left out" in got.notes
    calls = log.read_text().splitlines()
    assert [call.split(" -p ")[0].partition(" -f ")[2] for call in calls] == ["", "train.csv", "test.csv"]


def test_a_set_without_tables_is_not_fetched_anew_for_them(client, tmp_path):
    packed = shutil.make_archive(str(tmp_path / "cifake"), "zip", sets.cifake(tmp_path / "src"))
    log = client(f'for last; do :; done; cp {packed} "$last"/')
    fetched(Wish("cifake", tmp_path / "out"))
    with pytest.raises(LabError, match="cifake has no lists or tables apart") as refused:
        fetched(Wish("cifake", tmp_path / "out", force_metadata=True))
    assert "--force-data" in refused.value.advice
    assert len(log.read_text().splitlines()) == 1
    with pytest.raises(LabError, match="no lists or tables are fetched"):
        fetched(Wish("cifake", tmp_path / "out", tmp_path / "src", force_metadata=True))


def test_what_kaggle_refuses_is_said_and_leaves_nothing_half_done(client, tmp_path):
    client("echo '403 - Forbidden: accept the rules first' >&2; exit 1")
    with pytest.raises(LabError, match="403 - Forbidden: accept the rules"):
        fetched(Wish("shutterstock-deepmedia", tmp_path / "out"))
    assert not (tmp_path / "out" / "raw").exists()


def test_the_manifest_moves_with_its_folder(tmp_path):
    got, _ = fetched(Wish("folder", tmp_path / "a", sets.cifake(tmp_path / "a" / "pictures") / "train"))
    assert got.manifest.parent == tmp_path / "a"
    (tmp_path / "a").rename(tmp_path / "b")
    assert read_manifest(tmp_path / "b")[0].data()[:2] == b"\xff\xd8"
    with (tmp_path / "b" / "manifest.csv").open() as lines:
        assert next(csv.DictReader(lines))["path"].startswith("pictures/train/")
