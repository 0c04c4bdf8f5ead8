"""Manifests: what is read, and what is refused before anything is trained."""

from __future__ import annotations

import pytest

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

datasets = pytest.importorskip("brushwork.lab.datasets", reason=NEEDS_LAB)
pytest.importorskip("pyarrow", reason=NEEDS_LAB)

from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.gather import cap_sources, crosses_panels, gather  # noqa: E402
from brushwork.lab.plan import read_plan  # noqa: E402


def row(number: int = 0, label: int = 0, source: str = "a/b", **other):
    facts = {"kind": "", "generator": "", "date": "", "licence": "", "place": "x.jpg"} | other
    return datasets.Row(id=f"{number:040x}", label=label, source=source, group=source, **facts)


def test_a_csv_manifest_gives_rows_and_their_bytes(drawn_set):
    rows = datasets.read_manifest(drawn_set("some", sources=2, each=1))
    assert [r.label for r in rows] == [0, 0, 1, 1]
    assert all(datasets.blob_id(r.data()) == r.id for r in rows)
    assert {r.source for r in rows} == {"some/human0", "some/human1", "some/ai0", "some/ai1"}


def test_the_packed_set_gives_both_classes_and_decodable_bytes(shared_data):
    rows = datasets.read_manifest(shared_data / "art" / "dev.parquet")
    assert (sum(r.label == 0 for r in rows), sum(r.label == 1 for r in rows)) == (316, 218)
    assert rows[0].data()[:3] == b"\xff\xd8\xff"
    assert len(rows[0].dhash) == 16


def test_a_manifest_without_a_column_is_refused(tmp_path):
    (tmp_path / "m.csv").write_text("path,label\na.jpg,human\n")
    with pytest.raises(LabError, match="no column sha, repository"):
        datasets.read_manifest(tmp_path / "m.csv")


def test_an_unknown_label_is_refused_with_its_line(tmp_path):
    (tmp_path / "m.csv").write_text("path,sha,repository,label\na.jpg,1,x/y,maybe\n")
    with pytest.raises(LabError, match=r"line 2 has the label 'maybe'"):
        datasets.read_manifest(tmp_path / "m.csv")


@pytest.mark.parametrize("name", ["gone.csv", "gone.parquet", "set.xlsx"])
def test_what_is_no_manifest_is_refused(tmp_path, name):
    with pytest.raises(LabError, match=name):
        datasets.read_manifest(tmp_path / name)


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    (tmp_path / "m.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(LabError, match="cannot be read as a packed set"):
        datasets.read_manifest(tmp_path / "m.parquet")


def test_an_empty_split_and_a_missing_class_are_refused():
    with pytest.raises(LabError, match="train is empty"):
        datasets.require_classes([], "train")
    with pytest.raises(LabError, match="no AI pictures"):
        datasets.require_classes([row(1), row(2)], "train")
    with pytest.raises(LabError, match="no human pictures"):
        datasets.require_classes([row(1, label=1)], "train")


def test_reserved_pictures_are_refused(tiny_recipe, tmp_path):
    plan = read_plan(tiny_recipe())
    taken = datasets.read_manifest(plan.data.train[0])[4]
    plan.data.reserved.write_text(f"# kept\n{taken.id}\n")
    with pytest.raises(LabError, match=f"1 pictures are reserved.*{taken.id}"):
        gather(plan)


def test_without_the_list_of_reserved_pictures_nothing_starts(tiny_recipe):
    plan = read_plan(tiny_recipe())
    plan.data.reserved.unlink()
    with pytest.raises(LabError, match=r"reserved pictures .* cannot be read"):
        gather(plan)


def test_sources_of_dev_never_reach_training(tiny_recipe):
    plan = read_plan(tiny_recipe())
    dev = datasets.read_manifest(plan.data.dev)
    manifest = plan.data.train[0]
    text = manifest.read_text().replace("train/human0", dev[0].source)
    manifest.write_text(text)
    found = gather(plan)
    assert not {r.source for r in found.train} & {r.source for r in dev}
    assert any("set for thresholds" in line and line.startswith("3 pictures") for line in found.left_out)


def test_the_cap_of_a_source_is_seeded():
    rows = [row(i, source="one") for i in range(50)] + [row(100, source="two")]
    once, again = cap_sources(rows, 10, 7), cap_sources(rows, 10, 7)
    assert once == again and len(once) == 11
    assert once != cap_sources(rows, 10, 8)


def test_crops_across_the_panels_of_a_montage_are_seen():
    kind = "four panels of 512: split them"
    assert crosses_panels(row(kind=kind, crop="400,0,256,256"))
    assert not crosses_panels(row(kind=kind, crop="512,0,256,256"))
    assert not crosses_panels(row(kind="painting", crop="400,0,256,256"))


def test_one_book_of_an_archive_is_one_group():
    assert datasets.group_of("global-asp/asp-imagebank", "medium/0042/03.jpg") == "global-asp/asp-imagebank#0042"
    assert datasets.group_of("a/b", "medium/0042/03.jpg") == "a/b"


def test_the_digest_of_a_manifest_knows_content_not_order_or_place():
    rows = [row(1), row(2, label=1)]
    moved = [row(2, label=1, place="elsewhere.jpg"), row(1)]
    assert datasets.manifest_sha256(rows) == datasets.manifest_sha256(moved)
    assert datasets.manifest_sha256(rows) != datasets.manifest_sha256([row(1), row(2, label=0)])
