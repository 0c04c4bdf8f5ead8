"""Any data set of Hugging Face by name: read here from folders in its own forms, and refused politely without a hub."""

from __future__ import annotations

import pytest

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


def ask(tmp_path, given, limit=None, **columns):
    said = []
    wish = Wish("hf:someone/pictures", tmp_path / "out", given, limit=limit, columns=Columns(**columns))
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
