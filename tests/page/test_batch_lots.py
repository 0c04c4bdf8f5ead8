"""Large and unusual lots (S3-38, R3-05): addresses, a dropped folder, three hundred files of which ten are broken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import Elsewhere, gives
from tests.page.batches import ROWS, done, press_begin, quiet, status_of
from tests.page.looks import wait_for_count
from tests.page.running import Service

pytestmark = pytest.mark.needs_chromium
LOT, BROKEN = 300, range(15, 300, 30)
"""Files, and the numbers of those that are broken."""


def _flat(number: int) -> bytes:
    return encoded(drawn("flat", (16, 16), number))


def _facts(page: Any, service: Service) -> list[Any]:
    """Every row of the batch that is shown, as the service gives them."""
    batch = page.url.split("?")[0].rpartition("/")[2]
    return list(page.request.get(f"{service.url}/v1/batches/{batch}/rows?limit=1000").json()["rows"])


def test_a_batch_from_addresses_names_each_that_gives_no_picture(
    open_page: Any, service: Service, other_site: Elsewhere
) -> None:
    other_site.replies["/lot/one.png"] = gives(_flat(1))
    other_site.replies["/lot/page.html"] = gives(b"<h1>hello</h1>", "text/html")
    good, page_of, gone = (other_site.url(f"/lot/{name}") for name in ("one.png", "page.html", "gone.png"))
    watched = open_page("/batch")
    page = watched.page
    page.click("text=Pictures that lie on the web")
    page.fill("#urls", "\n".join([good, "not-an-address", page_of, gone, good]))
    page.wait_for_selector(".chosen-count >> text=3 addresses")
    assert "1 line is no address that begins with http: not-an-address" in page.inner_text("#staged")
    press_begin(page, "From the web")
    done(page)
    wait_for_count(page, ROWS, 3)
    assert page.inner_text("#show-failed b") == "2"
    rows = {row["url"]: row for row in _facts(page, service)}
    assert rows[good]["answer"]
    for address in (page_of, gone):
        error = rows[address]["error"]
        told = " ".join(status_of(page, address).split())
        for part in (error["title"], error["detail"], error["advice"]):
            assert part
            assert " ".join(part.split()) in told
    assert not [asked for asked in watched.asked if str(other_site.port) in asked]  # the page asks its server only
    quiet(watched)


def _drop(page: Any, *paths: Path) -> None:
    """Drop these from the desktop on the window, as the browser itself hears of it: folders stay folders."""
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
    session.detach()


def test_a_dropped_folder_comes_with_everything_in_it(open_page: Any, service: Service, tmp_path: Path) -> None:
    """Folders in folders too; what systems leave in them is no entry; the same name in two folders is two entries."""
    names = ["salon/a/1.png", "salon/a/deep/1.png", "salon/b/1.png"]
    for number, name in enumerate([*names, "salon/.DS_Store", "salon/b/Thumbs.db", "single.png"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(_flat(10 + number))
    watched = open_page("/batch")
    page = watched.page
    page.wait_for_load_state("networkidle")  # its scripts listen by then
    _drop(page, tmp_path / "salon", tmp_path / "single.png")
    page.wait_for_selector(".chosen-count, #alert h2")
    assert page.inner_text("#alert") == ""
    assert "4 files" in page.inner_text(".chosen-count")
    press_begin(page, "Dropped")
    done(page)
    assert sorted(row["name"] for row in _facts(page, service)) == [*names, "single.png"]
    quiet(watched)


def test_one_file_that_cannot_be_read_costs_no_other(open_page: Any, tmp_path: Path) -> None:
    """A name in letters of an old system, as a zip from there unpacks it: the browser lists it and cannot open it."""
    folder = tmp_path / "salon"
    folder.mkdir()
    (folder / "good.png").write_bytes(_flat(1))
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png"))).write_bytes(_flat(2))
    page = open_page("/batch").page
    page.wait_for_load_state("networkidle")
    _drop(page, folder)
    page.wait_for_selector(".chosen-count >> text=1 file,")
    assert "1 file could not be read" in page.inner_text("#alert")
    assert "The rest was taken." in page.inner_text("#alert")
    assert page.inner_text("#after-alert .names") == "salon/a file whose name this browser cannot read"


@pytest.mark.slow
def test_three_hundred_at_once_ten_of_them_broken_and_nothing_is_lost(
    open_page: Any, service: Service, tmp_path: Path
) -> None:
    """Each file is there once, under its name; each failure says which file it is, why, and what to try."""
    names = [f"{number:03d}.png" for number in range(LOT)]
    for number, name in enumerate(names):
        data = _flat(number)
        (tmp_path / name).write_bytes(data[: len(data) // 2] if number in BROKEN else data)
    watched = open_page("/batch")
    page = watched.page
    page.set_input_files("#files", sorted(tmp_path.iterdir()))
    page.wait_for_selector(f".chosen-count >> text={LOT} files")
    press_begin(page, "Autumn contest")
    done(page)
    rows = _facts(page, service)
    broken = [names[number] for number in BROKEN]
    assert sorted(row["name"] for row in rows) == names
    assert sorted(row["name"] for row in rows if not row["answer"]) == broken
    assert page.inner_text("#show-all b") == str(LOT)
    page.click("#show-failed")
    wait_for_count(page, ROWS, len(broken))
    for name in broken:
        told = status_of(page, name)
        assert "damaged" in told, name
        assert "get the original file again" in told, name
    quiet(watched)
