"""Any data set of Hugging Face by name: read here from folders in its own forms, and refused politely without a hub."""

from __future__ import annotations

import zipfile
from collections import Counter

import pytest
from PIL import Image

from brushwork.errors import LabError
from brushwork.lab.adapters.get import Wish, get
from brushwork.lab.adapters.hugging_face import Columns
from brushwork.lab.datasets import read_manifest
from tests.made import sets
from tests.made.drawings import encoded

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab
hub = pytest.importorskip("datasets", reason=NEEDS_LAB)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Six pictures in train and two in test, packed as the hub does, with classes `real` and `machine`."""
    folder = tmp_path_factory.mktemp("packed")
    features = hub.Features({
        "picture": hub.Image(), "kind": hub.ClassLabel(names=["real", "machine"]), "tool": hub.Value("string"),
    })  # fmt: skip
    for split, count in (("train", 6), ("test", 2)):
        items = {
            "picture": [
                {"bytes": encoded(sets.picture(n % 2, n + 10 * count)), "path": f"{n}.png"} for n in range(count)
            ],
            "kind": [n % 2 for n in range(count)],
            "tool": ["flux" if n % 2 else "" for n in range(count)],
        }
        hub.Dataset.from_dict(items, features).to_parquet(folder / f"{split}.parquet")
    return folder


PROMISE = "---\ndataset_info:\n  splits:\n  - name: train\n    num_bytes: 1\n    num_examples: {count}\n---\n"
FEATURES = hub.Features({"image": hub.Image(), "label": hub.ClassLabel(names=["human", "ai"])})


def shard(path, numbers):
    """A packed file of plain pictures, those under 60 human and all others AI."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = [encoded(Image.new("RGB", (9, 9), (n, 90, 255 - n))) for n in numbers]
    items = {"image": [{"bytes": p, "path": None} for p in pictures], "label": [int(n >= 60) for n in numbers]}
    hub.Dataset.from_dict(items, FEATURES).to_parquet(path)


@pytest.fixture(scope="module")
def ordered(tmp_path_factory):
    """120 pictures, first all human ones and then all AI ones, as many sets are packed."""
    folder = tmp_path_factory.mktemp("ordered")
    shard(folder / "train.parquet", range(120))
    return folder


def ask(tmp_path, given, limit=None, seed=0, config="", **columns):
    said = []
    wish = Wish(
        "hf:someone/pictures", tmp_path / "out", given, limit=limit, seed=seed, config=config,
        columns=Columns(**columns),
    )  # fmt: skip
    return get(wish, lambda url: b"", list, said.append), said


def test_features_tell_the_columns_and_published_bytes_are_kept(packed, tmp_path):
    got, _ = ask(tmp_path, packed, ai=("machine",), generator="tool")
    rows = read_manifest(got.manifest)
    assert got.counts == {("train", 0): 3, ("train", 1): 3, ("test", 0): 1, ("test", 1): 1}
    assert {(r.label, r.generator) for r in rows} == {(0, ""), (1, "flux")}
    assert {r.data() for r in rows if r.split == "test"} == {encoded(sets.picture(n, n + 20)) for n in (0, 1)}


def test_it_goes_on_where_it_stopped(packed, tmp_path):
    ask(tmp_path, packed, 2, ai=("machine",))
    got, said = ask(tmp_path, packed, ai=("machine",))
    assert sum(got.counts.values()) == 8
    assert "2 pictures are there and are not fetched again" in " ".join(said)


def test_an_unknown_class_is_told_with_all_of_them(packed, tmp_path):
    with pytest.raises(LabError, match=r"label 'machine' \(classes: real, machine\)"):
        ask(tmp_path, packed)


def test_columns_that_are_not_clear_are_told(packed, tmp_path):
    with pytest.raises(LabError, match="has the columns picture, kind, tool"):
        ask(tmp_path, packed, label="class")


def test_all_of_one_class(packed, tmp_path):
    got, _ = ask(tmp_path, packed, fixed=1)
    assert got.counts == {("train", 1): 6, ("test", 1): 2}


def test_without_the_hub_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(hub.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(LabError) as refused:
        ask(tmp_path, None)
    assert "someone/pictures cannot be read" in refused.value.detail
    assert "brushwork data get hf:someone/pictures --from FOLDER" in refused.value.advice


def test_a_limit_draws_from_the_whole_split_by_seed(ordered, tmp_path):
    ids = []
    for number, seed in enumerate((1, 1, 2)):
        got, _ = ask(tmp_path / str(number), ordered, 40, seed)
        assert sum(got.counts.values()) == 40
        assert 10 <= got.counts["train", 1] <= 30
        assert len(list((got.manifest.parent / "pictures").rglob("*.png"))) == 40
        ids.append({r.id for r in read_manifest(got.manifest)})
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("promised", [120, 400])
def test_the_draw_is_the_same_where_the_length_is_promised_rightly_or_wrongly(ordered, tmp_path, promised):
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "README.md").write_text(PROMISE.format(count=promised))
    (tmp_path / "told" / "train.parquet").write_bytes((ordered / "train.parquet").read_bytes())
    told, said = ask(tmp_path / "a", tmp_path / "told", 20)
    plain, _ = ask(tmp_path / "b", ordered, 20)
    assert {r.id for r in read_manifest(told.manifest)} == {r.id for r in read_manifest(plain.manifest)}
    assert ("fewer pictures came than the 400 that are promised" in " ".join(said)) == (promised == 400)


def test_a_larger_draw_keeps_what_the_smaller_one_fetched(ordered, tmp_path):
    small, _ = ask(tmp_path, ordered, 10)
    few = {r.id for r in read_manifest(small.manifest)}
    large, said = ask(tmp_path, ordered, 30)
    assert few < {r.id for r in read_manifest(large.manifest)}
    assert "10 pictures are there and are not fetched again" in " ".join(said)
    everything, _ = ask(tmp_path, ordered)
    assert sum(everything.counts.values()) == 120


@pytest.mark.parametrize("limit", [None, 90])
def test_a_stream_that_breaks_off_says_what_is_kept_and_goes_on(tmp_path, limit):
    for part, numbers in enumerate((range(50), range(50, 120))):
        shard(tmp_path / "set" / f"train-{part:05}-of-00002.parquet", numbers)
    last = tmp_path / "set" / "train-00001-of-00002.parquet"
    whole = last.read_bytes()
    last.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LabError) as broken:
        ask(tmp_path, tmp_path / "set", limit)
    assert "someone/pictures, train breaks off" in broken.value.detail
    assert "50 of its pictures are kept in" in broken.value.advice
    last.write_bytes(whole)
    got, said = ask(tmp_path, tmp_path / "set", limit)
    assert sum(got.counts.values()) == (limit or 120)
    assert "50 pictures are there and are not fetched again" in " ".join(said)


def test_one_of_several_configurations_is_named(tmp_path):
    (tmp_path / "set").mkdir()
    lines = "".join(f"- config_name: {name}\n  data_files: {name}.parquet\n" for name in ("old", "new"))
    (tmp_path / "set" / "README.md").write_text(f"---\nconfigs:\n{lines}---\n")
    shard(tmp_path / "set" / "old.parquet", range(3))
    shard(tmp_path / "set" / "new.parquet", range(58, 62))
    with pytest.raises(LabError, match=r"has several configurations: 'old', 'new'\.") as refused:
        ask(tmp_path, tmp_path / "set")
    assert "--config" in refused.value.advice
    with pytest.raises(LabError, match="has no configuration 'knew': 'old', 'new'"):
        ask(tmp_path, tmp_path / "set", config="knew")
    assert Counter(r.label for r in read_manifest(ask(tmp_path, tmp_path / "set", config="new")[0].manifest)) == {
        0: 2, 1: 2,
    }  # fmt: skip
    assert ask(tmp_path, tmp_path / "set", config="old")[0].counts == {("train", 0): 3}


def test_pictures_in_an_archive_are_read(tmp_path):
    (tmp_path / "set").mkdir()
    with zipfile.ZipFile(tmp_path / "set" / "pictures.zip", "w") as packed:
        for n in range(3):
            packed.writestr(f"{n}.png", encoded(sets.picture(0, n)))
    got, _ = ask(tmp_path, tmp_path / "set", fixed=0)
    assert {r.data() for r in read_manifest(got.manifest)} == {encoded(sets.picture(0, n)) for n in range(3)}
