"""Lists of addresses: fetched from a server on loopback behind the service's guard, with resume, and drawn by seed."""

from __future__ import annotations

import json

import pytest

from brushwork.cli.web import fetched
from brushwork.errors import LabError
from brushwork.lab.adapters.addresses import TRIES, read_addresses
from brushwork.lab.adapters.get import Wish, get
from brushwork.lab.adapters.registry import adapter
from brushwork.lab.datasets import read_manifest
from brushwork.settings import Settings
from tests.made import sets
from tests.made.drawings import encoded
from tests.made.elsewhere import elsewhere, gives


@pytest.fixture
def other():
    with elsewhere() as place:
        for n in range(6):
            place.replies[f"/{n}.png"] = gives(encoded(sets.picture(n % 2, n)))
        yield place


def asked(wish, place):
    settings = Settings(url_fetch_allow=(place.here,))
    return get(wish, lambda url: fetched(url, settings), list, lambda _: None)


def listed(tmp_path, place, names=range(6)):
    path = tmp_path / "list.txt"
    path.write_text("# some paintings\n" + "".join(f"{place.url(f'/{n}.png')}\n" for n in names))
    return path


def test_a_list_is_fetched_and_what_failed_is_counted(other, tmp_path):
    got = asked(Wish("urls", tmp_path / "out", listed(tmp_path, other, [0, 1, 2, "gone"]), label=0), other)
    rows = read_manifest(got.manifest)
    assert len(rows) == 3
    assert {r.label for r in rows} == {0}
    assert all(r.data().startswith(b"\x89PNG") for r in rows)
    assert any(note.startswith("1 addresses gave no picture") for note in got.notes)


def test_a_second_run_fetches_only_what_is_missing_and_gives_up_in_time(other, tmp_path):
    wish = Wish("urls", tmp_path / "out", listed(tmp_path, other, [0, 1, "gone"]), label=0)
    for _ in range(TRIES + 2):
        asked(wish, other)
    assert other.paths.count("/0.png") == 1
    assert other.paths.count("/gone.png") == TRIES
    (next((tmp_path / "out" / "pictures").rglob("*.png"))).unlink()
    asked(wish, other)
    assert other.paths.count("/0.png") + other.paths.count("/1.png") == 3
    forced = Wish("urls", tmp_path / "out", listed(tmp_path, other, [0, 1]), label=0, force_data=True)
    asked(forced, other)
    assert other.paths.count("/0.png") + other.paths.count("/1.png") == 5


def test_a_run_that_was_cut_off_goes_on(other, tmp_path):
    class Cut(Exception):
        pass

    def dies(url):
        if url.endswith("/5.png"):
            raise Cut
        return fetched(url, Settings(url_fetch_allow=(other.here,)))

    wish = Wish("urls", tmp_path / "out", listed(tmp_path, other), label=0)
    with pytest.raises(Cut):
        get(wish, dies, list, lambda _: None)
    before = len(other.seen)
    assert asked(wish, other).counts["", 0] == 6
    assert len(other.seen) < before + 6


def test_an_address_of_this_machine_is_not_called(other, tmp_path):
    closed = Settings(url_fetch_allow=())
    wish = Wish("urls", tmp_path / "out", listed(tmp_path, other, [0]), label=0)
    with pytest.raises(LabError, match="gave no picture"):
        get(wish, lambda url: fetched(url, closed), list, lambda _: None)
    assert other.seen == []


def test_a_dead_network_stops_the_run_early(other, tmp_path, monkeypatch):
    monkeypatch.setattr("brushwork.lab.adapters.addresses.NO_HOPE", 3)
    wish = Wish("urls", tmp_path / "out", listed(tmp_path, other, [f"gone{n}" for n in range(50)]), label=0)
    with pytest.raises(LabError, match="None of the first 3 addresses gave a picture"):
        asked(wish, other)


def test_laion_keeps_what_is_large_and_unmarked(tmp_path, other):
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = [
        {"URL": other.url("/0.png"), "WIDTH": 800, "HEIGHT": 600, "punsafe": 0.01, "pwatermark": 0.1},
        {"URL": other.url("/1.png"), "WIDTH": 100, "HEIGHT": 600, "punsafe": 0.01, "pwatermark": 0.1},
        {"URL": other.url("/2.png"), "WIDTH": 800, "HEIGHT": 600, "punsafe": 0.9, "pwatermark": 0.1},
        {"URL": other.url("/4.png"), "WIDTH": 800, "HEIGHT": 600, "punsafe": 0.01, "pwatermark": 0.9},
    ]
    pq.write_table(pa.Table.from_pylist(lines), tmp_path / "part.parquet")
    got = asked(Wish("laion2b-en", tmp_path / "out", tmp_path / "part.parquet"), other)
    assert got.counts == {("", 0): 1}
    assert other.paths == ["/0.png"]


def test_civitai_and_midjourney_lists_are_ai_with_their_generator(tmp_path, other):
    items = [{"url": other.url("/1.png"), "nsfw": False}, {"url": other.url("/3.png"), "nsfw": True}]
    (tmp_path / "civitai.json").write_text(json.dumps({"items": items, "metadata": {}}))
    got = asked(Wish("civitai-stable-diffusion-337k", tmp_path / "c", tmp_path / "civitai.json"), other)
    assert {(r.label, r.generator) for r in read_manifest(got.manifest)} == {(1, "Stable Diffusion")}
    (tmp_path / "mj.csv").write_text(f"Attachments,clean_prompts\n{other.url('/5.png')},a harbour\n")
    got = asked(Wish("midjourney-v5-202304-clean", tmp_path / "m", tmp_path / "mj.csv"), other)
    assert {(r.label, r.generator) for r in read_manifest(got.manifest)} == {(1, "Midjourney v5")}


def test_the_paintings_dataset_is_read_by_its_own_columns(tmp_path, other):
    (tmp_path / "paintings.csv").write_text(
        f"Image URL,Web page URL,Subset,Labels\n{other.url('/0.png')},x,train,dog\n"
    )
    assert asked(Wish("paintings", tmp_path / "out", tmp_path / "paintings.csv"), other).counts == {("", 0): 1}


def test_a_list_without_a_column_of_addresses_is_told(tmp_path):
    (tmp_path / "list.csv").write_text("picture,label\nx,human\n")
    with pytest.raises(LabError, match=r"no column url or .* \(found: picture, label\)"):
        asked_nothing(Wish("urls", tmp_path / "out", tmp_path / "list.csv"))


def test_a_list_that_is_not_there_is_told(other, tmp_path):
    with pytest.raises(LabError, match=r"There is no .*gone\.txt"):
        asked(Wish("urls", tmp_path / "out", given=tmp_path / "gone.txt", label=0), other)


def test_a_list_without_classes_is_not_taken_for_human(tmp_path, other):
    with pytest.raises(LabError, match=r"list\.txt, line 1 names no class") as refused:
        asked_nothing(Wish("urls", tmp_path / "out", listed(tmp_path, other, [0])))
    assert "--label" in refused.value.advice
    table = tmp_path / "list.csv"
    table.write_text(f"url,label\n{other.url('/0.png')},human\n{other.url('/1.png')},\n")
    with pytest.raises(LabError, match=r"list\.csv, line 2 names no class"):
        asked_nothing(Wish("urls", tmp_path / "out", table))
    table.write_text(f"url,label\n{other.url('/0.png')},0\n{other.url('/1.png')},1\n")
    got = asked(Wish("urls", tmp_path / "out", table, generator="flux"), other)
    assert {(r.label, r.generator) for r in read_manifest(got.manifest)} == {(0, ""), (1, "flux")}


def test_a_label_that_is_the_number_nought_is_human(tmp_path, other):
    lines = [{"url": other.url("/0.png"), "label": 0}, {"url": other.url("/1.png"), "label": 1}]
    (tmp_path / "list.json").write_text(json.dumps(lines))
    got = asked(Wish("urls", tmp_path / "out", tmp_path / "list.json", label=1), other)
    assert got.counts == {("", 0): 1, ("", 1): 1}


def asked_nothing(wish):
    return get(wish, lambda url: b"", list, lambda _: None)


def test_a_draw_of_many_addresses_is_even_and_the_same_for_a_seed(tmp_path):
    path = tmp_path / "many.txt"
    path.write_text("".join(f"https://example.org/{n:05}.png\n" for n in range(5000)))
    wanted = adapter("paintings").addresses
    one, again, other = (read_addresses([path], wanted, 500, seed) for seed in (1, 1, 2))
    assert one == again != other
    numbers = [int(a.url[-9:-4]) for a in one]
    assert len(set(numbers)) == 500
    assert 2300 < sum(numbers) / 500 < 2700


@pytest.mark.needs_lab
@pytest.mark.parametrize("name", ["laion2b-en", "civitai-stable-diffusion-337k", "midjourney-v5-202304-clean"])
def test_without_the_hub_the_error_says_what_to_fetch_and_where_to_put_it(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(LabError) as refused:
        asked_nothing(Wish(name, tmp_path / "out"))
    assert "Hugging Face is not reached" in refused.value.detail
    assert "https://huggingface.co/datasets/" in refused.value.advice
    assert f"`brushwork data get {name} --from FOLDER`" in refused.value.advice
    assert not (tmp_path / "out" / "metadata").exists()
