"""Prepared sets: what is written opens again, and what is wrong with a set is said before anything is trained."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brushwork.errors import LabError
from brushwork.lab.classifiers import prepared
from brushwork.lab.classifiers.prepared import PreparedRow, open_prepared, write_prepared

SIDE = 8


def items(count=12, **changes):
    """Alternating human and AI rows of two generators, two of three in train, with pixels that tell the row."""
    for n in range(count):
        row = PreparedRow(
            id=f"{n:04x}", label=n % 2, generator=("", "beta", "", "alpha")[n % 4] if n % 2 else "", source=f"s{n % 3}",
            group=f"s{n % 3}", kind="drawing, of lines", split=("train", "val", "train")[n % 3], place=f"x/{n}.png",
        )  # fmt: skip
        yield replace(row, **changes), np.full((SIDE, SIDE, 3), n, dtype=np.uint8)


@pytest.fixture
def made(tmp_path: Path):
    return write_prepared(tmp_path / "set", SIDE, items(), {"size": SIDE}, expected=12)


def test_what_was_written_opens_again_row_by_row(made):
    again = open_prepared(made.folder)
    assert again.rows == tuple(row for row, _ in items())
    assert again.pixels.shape == (12, SIDE, SIDE, 3)
    assert [int(p[0, 0, 0]) for p in again.pixels] == list(range(12))
    assert again.facts["how"] == {"size": SIDE}
    assert isinstance(again.pixels, np.memmap)
    again.check_pixels()


def test_labels_and_splits_of_both_tasks(made):
    assert made.classes("ai") == ("human", "ai")
    assert made.labels("ai").tolist() == [0, 1] * 6
    assert made.classes("generator") == ("alpha", "beta")
    assert made.labels("generator").tolist() == [-1, 1, -1, 0] * 3
    assert made.indices("val").tolist() == [1, 4, 7, 10]
    assert made.indices("val", "generator").tolist() == [1, 7]
    assert made.splits == ("train", "val")


def test_an_empty_split_and_a_name_that_is_none_are_refused(made):
    with pytest.raises(LabError, match=r"The split test of .* is empty; there are train, val"):
        made.indices("test")
    with pytest.raises(LabError, match="no split 'dev'"):
        made.indices("dev")


def _cut(folder: Path) -> None:
    path = folder / "pixels.u8"
    path.write_bytes(path.read_bytes()[:-5])


def _line(folder: Path, old: str, new: str) -> None:
    path, facts = folder / "manifest.csv", folder / "set.json"
    path.write_text(path.read_text().replace(old, new, 1))
    stored = json.loads(facts.read_text())
    facts.write_text(json.dumps(stored | {"manifest_sha256": prepared._sha256(path)}))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda f: (f / "set.json").unlink(), r"no prepared set: set.json cannot be read \(found: manifest.csv"),
        (lambda f: (f / "pixels.u8").unlink(), "pixels.u8 cannot be read"),
        (lambda f: (f / "manifest.csv").unlink(), "manifest.csv cannot be read"),
        (_cut, "is cut off: 2,299 bytes where 12 pictures need 2,304"),
        (lambda f: (f / "manifest.csv").write_text("id\n"), "was changed since"),
        (lambda f: _line(f, ",train,", ",dev,"), "row 1 has the split 'dev'"),
        (lambda f: _line(f, "human", "maybe"), "row 1 has the label 'maybe'"),
        (lambda f: (f / "set.json").write_text('{"schema": 99}'), "another form"),
        (shutil.rmtree, "found: no folder"),
    ],
)
def test_a_spoiled_set_does_not_open(made, spoil, told):
    spoil(made.folder)
    with pytest.raises(LabError, match=told):
        open_prepared(made.folder)


def test_changed_pixels_are_found_when_they_are_read(made):
    path = made.folder / "pixels.u8"
    path.write_bytes(b"\xff" + path.read_bytes()[1:])
    with pytest.raises(LabError, match="not those that were prepared"):
        open_prepared(made.folder).check_pixels()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"label": 0, "generator": ""}, "one class only: human"),
        ({"label": 1, "generator": "x"}, "one class only: AI"),
        ({"split": "test"}, "split train of .* is empty"),
    ],
)
def test_a_set_of_one_class_or_without_training_rows_is_not_made(tmp_path, changes, told):
    with pytest.raises(LabError, match=told):
        write_prepared(tmp_path / "set", SIDE, items(**changes), {}, expected=12)
    assert not (tmp_path / "set").exists()


def test_ai_pictures_of_several_generators_are_a_set_for_attribution_alone(tmp_path):
    rows = ((replace(row, label=1, generator=f"g{n % 2}"), pixels) for n, (row, pixels) in enumerate(items()))
    made = write_prepared(tmp_path / "set", SIDE, rows, {}, expected=12)
    assert made.classes("generator") == ("g0", "g1")
    with pytest.raises(LabError, match="one class only"):
        made.classes("ai")


def test_a_run_that_is_killed_leaves_no_set_and_the_old_one_stays(made):
    def dies():
        yield from items(4)
        raise KeyboardInterrupt

    other = made.folder.with_name("other")
    for folder in (other, made.folder):
        with pytest.raises(KeyboardInterrupt):
            write_prepared(folder, SIDE, dies(), {}, expected=12)
    with pytest.raises(LabError):
        open_prepared(other)
    with pytest.raises(LabError, match="no prepared set"):
        open_prepared(other.with_name("other.part"))
    assert len(open_prepared(made.folder).rows) == 12
    assert len(write_prepared(made.folder, SIDE, items(6), {}, expected=6).rows) == 6


def test_a_folder_with_other_things_is_not_replaced(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "letter.txt").write_text("mine")
    with pytest.raises(LabError, match="holds something that is no prepared set"):
        write_prepared(tmp_path / "set", SIDE, items(), {}, expected=12)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(prepared.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1 << 30))
    with pytest.raises(LabError, match=r"needs 15\.1 GB and the disk .* has 0\.0 GB"):
        write_prepared(tmp_path / "set", 224, items(), {}, expected=100_000)


def test_pixels_of_another_size_are_refused(tmp_path):
    with pytest.raises(LabError, match=r"0000 has pixels uint8 \(8, 8, 3\)"):
        write_prepared(tmp_path / "set", 16, items(), {}, expected=12)
