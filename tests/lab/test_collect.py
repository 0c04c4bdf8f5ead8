"""The collection: what is taken out of clones, what is left out and why, and that a run can be cut off."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from . import NEEDS_LAB

pytestmark = pytest.mark.needs_lab

pytest.importorskip("torch", reason=NEEDS_LAB)

from typer.testing import CliRunner  # noqa: E402

from brushwork.cli.app import build  # noqa: E402
from brushwork.errors import LabError  # noqa: E402
from brushwork.lab.collect import Collected, Gathering, collect  # noqa: E402
from brushwork.lab.datasets import blob_id, read_manifest  # noqa: E402
from brushwork.lab.families import family_of, model_in  # noqa: E402
from brushwork.lab.sources import COLUMNS, read_listed, read_sources  # noqa: E402
from brushwork.lab.writing import alone  # noqa: E402

GRAPH = '{"1": {"class_type": "Loader", "inputs": {"ckpt_name": "ponyDiffusionV6XL.safetensors"}}}'
Clone = Callable[..., None]


def picture(seed: int, side: int = 220, text: str = "", form: str = "PNG") -> bytes:
    """Random blocks: no two seeds look alike."""
    blocks = np.random.default_rng(seed).integers(0, 255, (12, 12, 3)).astype(np.uint8)
    image = Image.fromarray(blocks).resize((side, side), Image.Resampling.NEAREST)
    info = PngImagePlugin.PngInfo()
    if text:
        info.add_text("prompt", text)
    buffer = io.BytesIO()
    image.save(buffer, form, **({"pnginfo": info} if text else {}))
    return buffer.getvalue()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Makes a git repository clones/owner+name, or adds a commit to it."""

    def make(name: str, files: Mapping[str, bytes], date: str = "2020-05-05") -> None:
        folder = tmp_path / "clones" / name.replace("/", "+")
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        stamp = f"{date}T12:00:00 +0000"
        env = {**os.environ, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp, "HOME": str(tmp_path)}
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "pictures")):
            subprocess.run(["git", "-C", str(folder), *words], check=True, env=env)

    return make


@pytest.fixture
def gather(tmp_path: Path) -> Callable[..., Collected]:
    """Runs the collection over lines of a table, each a dictionary of what differs from the usual."""

    def run(*lines: dict[str, str], **rules) -> Collected:
        plan = Gathering(clones=tmp_path / "clones", out=tmp_path / "out", **rules)
        return collect(read_sources(table(tmp_path, *lines)), plan, lambda sources: sources)

    return run


def table(folder: Path, *lines: dict[str, str]) -> Path:
    usual = {"pictures": "*", "label": "human", "kind": "drawing", "cap": "9", "proof": "drawn by the test"}
    path = folder / "table.csv"
    with path.open("w", newline="") as out:
        rows = csv.DictWriter(out, COLUMNS)
        rows.writeheader()
        rows.writerows(usual | line for line in lines)
    return path


def test_pictures_of_a_pattern_are_taken_with_their_facts(clone, gather, tmp_path):
    clone("ann/art", {"a/1.png": picture(1), "a/2.png": picture(2), "b/3.png": picture(3), "a/note.txt": b"no"})
    found = gather({"repository": "ann/art", "pictures": "a/*", "skip": "*2.png", "licence": "CC0-1.0"})
    [row] = found.rows
    assert (row.label, row.generator, row.kind, row.licence) == ("human", "human", "drawing", "CC0-1.0")
    assert (row.repo_path, row.date, row.width, row.format) == ("a/1.png", "2020-05-05", 220, "PNG")
    [read] = read_manifest(tmp_path / "out" / "manifest.csv")
    assert blob_id(read.data()) == row.sha == read.id


def test_two_runs_do_not_collect_into_one_folder(clone, gather, tmp_path):
    clone("ann/art", {"1.png": picture(1)})
    (tmp_path / "out").mkdir()
    with alone(tmp_path / "out" / "manifest.csv"), pytest.raises(LabError, match=r"manifest\.csv is in use"):
        gather({"repository": "ann/art"})
    assert len(gather({"repository": "ann/art"}).rows) == 1


def test_a_cap_takes_of_every_folder_and_the_seed_decides_which(clone, gather, tmp_path):
    clone("ann/art", {f"{folder}/{n}.png": picture(10 * ord(folder) + n) for folder in "abc" for n in range(5)})
    line = {"repository": "ann/art", "cap": "3"}
    first = {row.repo_path for row in gather(line).rows}
    assert {path[0] for path in first} == set("abc")
    assert first == {row.repo_path for row in gather(line).rows}
    assert first != {row.repo_path for row in gather(line, seed=1).rows}


def test_only_what_was_committed_before_the_date_is_taken(clone, gather):
    clone("ann/art", {"old.png": picture(1)}, date="2021-01-01")
    clone("ann/art", {"new.png": picture(2)}, date="2024-01-01")
    found = gather({"repository": "ann/art", "before": "2022-07-01"})
    assert [row.repo_path for row in found.rows] == ["old.png"]
    assert found.left_out["committed too late to be sure"] == 1


def test_what_spoils_a_collection_is_left_out_and_counted(clone, gather):
    files = {
        "good.png": picture(1), "same.png": picture(1), "near.jpg": picture(1, form="JPEG"),
        "small.png": picture(2, 90),
        "broken.png": picture(3)[:200], "empty.png": picture(4)[:0], "marked.png": picture(5, text=GRAPH),
        "flat.png": flat(),
    }  # fmt: skip
    clone("ann/art", files)
    found = gather({"repository": "ann/art"})
    assert len(found.rows) == 1
    assert {reason: count for reason, count in found.left_out.items() if count} == {
        "the same file twice in a source": 1, "nearly another of its source": 1, "shorter side under 200 pixels": 1,
        "The picture is damaged": 1, "The file is empty": 1, "declares AI in a human source": 1, "empty": 1,
    }  # fmt: skip


def flat() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (220, 220), "white").save(buffer, "PNG")
    return buffer.getvalue()


def test_pixel_art_may_be_small(clone, gather):
    clone("ann/art", {"small.png": picture(2, 90)})
    assert len(gather({"repository": "ann/art", "kind": "pixel art"}).rows) == 1


def test_reserved_pictures_are_never_taken_and_two_close_the_repository(clone, gather):
    clone("ann/art", {"1.png": picture(1), "2.png": picture(2), "3.png": picture(3)})
    one, two = blob_id(picture(1)), blob_id(picture(2))
    found = gather({"repository": "ann/art"}, reserved=frozenset({one}))
    assert one not in {row.sha for row in found.rows}
    assert found.left_out["reserved"] == 1
    found = gather({"repository": "ann/art"}, reserved=frozenset({one, two}))
    assert not found.rows
    assert "reserved" in found.unread["ann/art"]


def test_sources_and_near_copies_of_the_set_kept_apart_are_not_taken(clone, gather, drawn_set, tmp_path):
    clone("ann/art", {"1.png": picture(1), "2.png": picture(2)})
    [apart, _] = gather({"repository": "ann/art"}).rows
    kept = read_manifest(tmp_path / "out" / "manifest.csv")
    clone("bob/art", {"copy.jpg": picture(1 if apart.repo_path == "1.png" else 2, form="JPEG"), "own.png": picture(3)})
    found = gather({"repository": "bob/art"}, apart=kept[:1])
    assert [row.repo_path for row in found.rows] == ["own.png"]
    assert found.left_out["nearly one of the set kept apart"] == 1
    assert "kept apart" in gather({"repository": "ann/art"}, apart=kept).unread["ann/art"]


def test_a_picture_in_two_sources_counts_once(clone, gather):
    clone("ann/art", {"1.png": picture(1)})
    clone("bob/art", {"1.jpg": picture(1, form="JPEG"), "2.png": picture(2)})
    found = gather({"repository": "ann/art"}, {"repository": "bob/art"})
    assert [(row.repository, row.repo_path) for row in found.rows] == [("ann/art", "1.png"), ("bob/art", "2.png")]
    assert found.left_out["nearly another of the collection"] == 1


def test_the_model_in_a_file_says_the_family(clone, gather):
    clone("eve/ai", {"1.png": picture(1, text=GRAPH), "2.png": picture(2)})
    line = {"repository": "eve/ai", "label": "ai", "generator": "Midjourney v6"}
    assert {row.repo_path: row.generator for row in gather(line).rows} == {
        "1.png": "SDXL anime",
        "2.png": "Midjourney v6",
    }
    found = gather(line | {"declared": "yes"})
    assert [row.repo_path for row in found.rows] == ["1.png"]
    assert found.left_out["declares nothing"] == 1


def test_a_missing_clone_and_a_missing_commit_are_counted(clone, gather):
    clone("ann/art", {"1.png": picture(1)})
    found = gather({"repository": "no/body"}, {"repository": "ann/art", "commit": "0" * 40})
    assert set(found.unread) == {"no/body", "ann/art"}
    assert not found.rows


def test_a_second_run_reads_only_what_is_new(clone, gather, tmp_path):
    clone("ann/art", {"1.png": picture(1)})
    gather({"repository": "ann/art"})
    (tmp_path / "clones" / "ann+art").rename(tmp_path / "gone")
    clone("bob/art", {"2.png": picture(2)})
    found = gather({"repository": "ann/art"}, {"repository": "bob/art"})
    assert found.sources == 2
    assert not found.unread


def test_a_list_names_the_pictures_and_their_generator(clone, gather, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    clone("eve/ai", {"1.png": picture(1), "2.png": picture(2), "3.png": picture(3)})
    listed = [("train", "1.png", 1), ("train", "gone.png", 9), ("dev", "2.png", 2)]
    rows = [
        {
            "role": role, "repository": "eve/ai", "path": path, "sha": blob_id(picture(seed)),
            "generator": "DALL·E, signed", "date": "2024-01-01",
        }
        for role, path, seed in listed
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "list.parquet")
    found = gather(
        {"repository": "eve/ai", "pictures": "listed", "label": "ai"}, listed=read_listed(tmp_path / "list.parquet")
    )
    assert [(row.repo_path, row.generator) for row in found.rows] == [("1.png", "DALL-E 3")]
    assert found.left_out["not in the clone"] == 1
    kept_apart = read_listed(tmp_path / "list.parquet", "dev")
    assert [p.path for p in kept_apart["eve/ai"]] == ["2.png"], "the set kept apart has a role of its own"


def test_a_role_that_the_list_does_not_have_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {"role": "dev", "repository": "a/b", "path": "1.png", "sha": "0" * 40, "generator": "", "date": ""}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "list.parquet")
    with pytest.raises(LabError, match="no pictures of the role 'devel'") as raised:
        read_listed(tmp_path / "list.parquet", "devel")
    assert raised.value.advice == "Roles in it: dev."


@pytest.mark.parametrize(
    ("line", "message"),
    [({"label": "maybe"}, "label 'maybe'"), ({"cap": "many"}, "no number"), ({"proof": ""}, "has no proof")],
)
def test_a_wrong_line_of_the_table_is_named(tmp_path, line, message):
    with pytest.raises(LabError, match=message) as caught:
        read_sources(table(tmp_path, {"repository": "ann/art"} | line))
    assert "line 2" in caught.value.detail


@pytest.mark.parametrize(
    ("words", "family"),
    [
        ("flux1-dev-fp8.safetensors", "FLUX.1"), ("juggernautXL_v9", "SDXL"), ("anything-v4.5", "SD 1.5 anime"),
        ("C2PA issuer=OpenAI; agent=GPT-4o", "GPT-image"), ("agent=Bing Image Creator", "DALL-E 3"),
        ("midjourney --v 6", "Midjourney v6"), ("zavychromaxl_b2", "SDXL"), ("v2-1_768-ema-pruned.ckpt", "SD 2"),
        ("Stable Diffusion (2023-03)", "Stable Diffusion"),
        ("Stable Diffusion 1.4", "SD 1.x"), ("gemini-2.5-flash-image", "Gemini"), ("a friend's", "not named"),
    ],
)  # fmt: skip
def test_words_of_a_source_give_a_family(words, family):
    assert family_of(words) == family


def test_parameters_of_a_file_name_the_model():
    assert model_in(b"\x89PNG parameters\x00a cat\nSteps: 20, Sampler: Euler, Model: dreamshaper_8, Seed: 1") == (
        "dreamshaper_8"
    )
    assert model_in(b"\xff\xd8\xff nothing") == ""


@pytest.mark.parametrize("name", ["sources", "dev-sources"])
def test_a_shipped_table_reads_and_every_line_has_its_commit(name):
    sources = read_sources(name)
    assert all(len(source.commit) == 40 for source in sources)
    assert {source.label for source in sources} == {0, 1}


def test_no_source_stands_in_both_shipped_tables():
    trained, apart = ({source.repository for source in read_sources(name)} for name in ("sources", "dev-sources"))
    assert not trained & apart


def test_the_command_says_with_what_it_ended(clone, tmp_path):
    clone("ann/art", {"1.png": picture(1)})
    (tmp_path / "reserved.txt").write_text("# none\n")
    lines = table(tmp_path, {"repository": "ann/art"}, {"repository": "no/body"})
    words = ("--clones", tmp_path / "clones", "--out", tmp_path / "out", "--reserved", tmp_path / "reserved.txt")
    found = CliRunner().invoke(build(), ["data", "collect", str(lines), *map(str, words)])
    assert found.exit_code == 0, found.exception
    assert "1 pictures of 1 sources" in found.stdout
    assert "human  drawing" in found.stdout
    assert "not read: no/body: There is no clone of it." in found.stdout
