"""What a run examines, in which order, and that nothing is left out in silence."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from brushwork.cli.inputs import Selection, choose, split_list, why_empty
from brushwork.errors import PictureNotFound


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """b.png, a.JPG, notes.txt and .hidden.png, and one picture in each of two sub-folders."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png", "sub/c.webp", "sub/deeper/d.tif", ".secret/e.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def _paths(selection: Selection) -> list[str]:
    return [item.path for item in selection.items]


def test_a_folder_gives_its_own_pictures_by_suffix_sorted_by_name(tree: Path) -> None:
    assert _paths(choose(["."])) == ["./a.JPG", "./b.png"]


def test_recursion_goes_into_folders_that_are_not_hidden(tree: Path) -> None:
    assert _paths(choose(["."], recursive=True)) == ["./a.JPG", "./b.png", "./sub/c.webp", "./sub/deeper/d.tif"]


def test_a_file_that_is_named_is_taken_whatever_it_is_called(tree: Path) -> None:
    assert _paths(choose(["notes.txt", ".hidden.png"])) == ["notes.txt", ".hidden.png"]


def test_the_order_of_the_arguments_is_kept_and_no_file_comes_twice(tree: Path) -> None:
    assert _paths(choose(["sub", "b.png", "./b.png", str(tree / "b.png"), "."])) == ["sub/c.webp", "b.png", "./a.JPG"]


def test_a_glob_gives_what_a_shell_would(tree: Path) -> None:
    assert _paths(choose(["*.*"])) == ["a.JPG", "b.png", "notes.txt"]
    assert _paths(choose(["**/*.tif"])) == ["sub/deeper/d.tif"]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tree: Path) -> None:
    (tree / "[ab].png").write_bytes(b"x")
    assert _paths(choose(["[ab].png"])) == ["[ab].png"]


def test_a_glob_without_matches_is_reported_in_its_place(tree: Path) -> None:
    first, second = choose(["*.xyz", "b.png"]).items
    assert isinstance(first.problem, PictureNotFound)
    assert "*.xyz" in first.problem.detail
    assert first.problem.advice
    assert second.problem is None


def test_names_of_a_list_are_literal(tree: Path) -> None:
    assert _paths(choose([], ["*.png", "-", "sub"])) == ["*.png", "-", "sub/c.webp"]


@pytest.mark.parametrize(
    ("data", "nul", "paths"),
    [
        (b"a\nb c\n\n", False, ["a", "b c"]),
        (b"a\r\nb\r\n", False, ["a", "b"]),
        (b"a\nb\0c\0\0", True, ["a\nb", "c"]),
        (b"\xff.png\n", False, ["\udcff.png"]),
        (b"", False, []),
    ],
)
def test_lists_are_split_by_line_or_by_nul(data: bytes, nul: bool, paths: list[str]) -> None:
    assert split_list(data, nul=nul) == paths


def test_a_web_address_is_an_input_of_its_own() -> None:
    items = choose(["https://example.org/a.png", "https://example.org//a.png"], ["https://example.org/a.png"]).items
    assert [item.path for item in items] == ["https://example.org/a.png", "https://example.org//a.png"]
    assert all(item.is_web and item.problem is None for item in items)


def test_a_loop_of_links_ends_and_is_told(tree: Path) -> None:
    (tree / "sub" / "up").symlink_to(tree)
    selection = choose(["."], recursive=True)
    assert sorted(_paths(selection)) == ["./a.JPG", "./b.png", "./sub/c.webp", "./sub/deeper/d.tif"]
    assert "Passed over, linked folders: 1. Name them to look into them." in selection.notes
    named = choose([".", "sub/up"], recursive=True)
    assert _paths(named) == _paths(selection)
    assert any("sub/up leads to a folder that was looked at already" in note for note in named.notes)


def test_a_linked_folder_is_not_entered_unless_it_is_named(tree: Path) -> None:
    (tree / "again").symlink_to(tree / "sub")
    assert "again/c.webp" not in " ".join(_paths(choose(["."], recursive=True)))
    assert _paths(choose(["again"], recursive=True)) == ["again/c.webp", "again/deeper/d.tif"]


def test_what_a_folder_held_beside_its_pictures_is_told(tree: Path) -> None:
    assert choose(["."]).notes == [
        "Passed over, files without a picture's suffix: 1. Name them to have them examined.",
        "Passed over, sub-folders: 1. Add -r to look into them.",
    ]
    assert choose(["a.JPG"]).notes == []


def test_links_that_lead_nowhere_are_reported(tree: Path) -> None:
    (tree / "gone.png").symlink_to("nowhere")
    (tree / "round.png").symlink_to("round.png")
    dead = {item.path: item.problem for item in choose(["."]).items if item.problem}
    assert set(dead) == {"./gone.png", "./round.png"}
    assert all("leads nowhere" in str(problem) for problem in dead.values())


def test_folders_nested_deeper_than_the_call_stack_are_walked(tmp_path: Path) -> None:
    depth = sys.getrecursionlimit() + 100
    folders = list(accumulate(["d"] * depth, Path.joinpath, initial=tmp_path))
    for folder in folders[1:]:
        folder.mkdir()
    picture = folders[-1] / "a.png"
    picture.write_bytes(b"x")
    try:
        assert _paths(choose([str(tmp_path)], recursive=True)) == [str(picture)]
    finally:  # shutil.rmtree calls itself for each level, so the clean-up of pytest could not
        picture.unlink()
        for folder in reversed(folders[1:]):
            folder.rmdir()


def test_undecodable_names_are_kept_exactly(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    Path(os.fsdecode(name)).write_bytes(b"x")
    (item,) = choose([str(tmp_path)]).items
    assert os.fsencode(item.path) == name
    assert "\udcff" not in item.name


def test_no_picture_says_what_to_do_next(tree: Path) -> None:
    (tree / "empty").mkdir()
    assert choose(["empty"]).items == []
    assert "-r" in why_empty(["."], recursive=False)
    assert ".png" in why_empty(["empty"], recursive=False)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(sys.platform == "win32", reason="needs the rights of POSIX; run the tests on Linux or macOS")
def test_a_folder_without_rights_is_reported_and_the_others_are_taken(open_folder: Path) -> None:
    (open_folder / "a.png").write_bytes(b"x")
    (open_folder / "closed").mkdir(mode=0o000)
    script = (
        "import os, sys; os.chdir(sys.argv[1])\n"
        "from brushwork.cli.inputs import choose\n"
        "os.geteuid() == 0 and os.setuid(65534)\n"  # root may read everything
        "print([(i.path, str(i.problem)) for i in choose(['.'], recursive=True).items])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, open_folder], check=True, capture_output=True, text=True, timeout=60
    )
    assert "./a.png" in done.stdout
    assert "The folder ./closed cannot be read: Permission denied. Check that you may open it" in done.stdout
