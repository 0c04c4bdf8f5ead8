"""Sending hundreds of files into a batch (S3-38, R3-05): what arrives, what is refused, and what no accident loses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.made.drawings import drawn, encoded
from tests.page.batches import DONE_MS, ROWS, begin, done, press_begin, quiet, status_of
from tests.page.looks import assert_good, wait_for_count
from tests.page.running import Service
from tests.service.batches import zipped

pytestmark = pytest.mark.needs_chromium
HOSTILE = '"><img src=x onerror=alert(1)>.png'


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a contest gets it: good files, twins, broken ones, an empty one, a text, a zip, one too large."""
    folder = tmp_path_factory.mktemp("entries")
    for number in range(6):
        (folder / f"entry {number}.png").write_bytes(encoded(drawn("painterly", (40, 32), number)))
    (folder / "twin.png").write_bytes((folder / "entry 0.png").read_bytes())
    (folder / HOSTILE).write_bytes(encoded(drawn("flat", (24, 24), 9)))
    (folder / "broken.png").write_bytes((folder / "entry 1.png").read_bytes()[:700])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("this is no picture")
    (folder / "large.png").write_bytes(encoded(drawn("painterly", (40, 32), 1)) + bytes(20 * 2**20))
    packed = [(f"packed/{n}.png", encoded(drawn("flat", (24, 24), 20 + n))) for n in range(2)]
    (folder / "more.zip").write_bytes(zipped(packed))
    return folder


def test_a_mixed_lot_is_taken_whole_and_each_failure_says_which_why_and_what_to_try(
    open_page: Any, entries: Path, axe: str
) -> None:
    watched = open_page("/batch", bypass_csp=True)
    page = watched.page
    page.wait_for_selector(".drop")
    assert_good(page, axe)
    begin(page, sorted(entries.iterdir()), "Spring salon")
    done(page)
    wait_for_count(page, ROWS, 14)
    assert page.inner_text("h1") == "Spring salon"
    assert page.title() == "Spring salon · Brushwork"
    assert page.inner_text("#show-all b") == "14"
    assert page.inner_text("#show-failed b") == "4"
    assert page.inner_text("#show-duplicates b") == "1"
    assert "same file as" in status_of(page, "twin.png")
    for name, why in (("broken.png", "damaged"), ("empty.jpg", "empty"), ("notes.txt", "Not a picture"),
                      ("large.png", "too large")):  # fmt: skip
        assert why in status_of(page, name), name
    assert HOSTILE.replace('"', "%22") in page.inner_text(".batch-table") or HOSTILE in page.inner_text(".batch-table")
    assert page.locator(".batch-table img").count() == 0
    page.wait_for_selector("canvas.thumb")
    assert page.locator("canvas.thumb").count() >= 7
    assert_good(page, axe)
    quiet(watched)


def test_a_reload_in_the_middle_names_what_was_not_sent_and_takes_it_again(
    open_page: Any, entries: Path, service: Service
) -> None:
    page = open_page("/batch").page
    files = sorted(entries.glob("entry*.png"))
    held: list[Any] = []

    def some(route: Any) -> None:
        if len(held) < 2 or "entry" not in (route.request.post_data_buffer or b"").decode("latin-1"):
            held.append(route)
            route.continue_()

    page.route("**/items?item_key=*", some)
    begin(page, files)
    wait_for_count(page, f"{ROWS} [data-column=name] a", 2)
    page.reload()
    page.wait_for_selector("#missing")
    assert page.inner_text("#missing") == "4 files were not sent"
    assert "entry 5.png" in page.inner_text(".names")
    page.unroute("**/items?item_key=*")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if "item_key" in r.url else None)
    page.set_input_files("#files", files)
    done(page)
    assert len(sent) == 4
    wait_for_count(page, ROWS, 6)
    wait_for_count(page, "canvas.thumb", 6)  # also of those that were sent before


def test_a_server_that_was_killed_goes_on_where_it_was(open_page: Any, entries: Path, service: Service) -> None:
    page = open_page("/batch").page
    count = iter(range(100))

    def kill_at_third(route: Any) -> None:
        if next(count) == 2 and service.process is not None:
            service.process.kill()
            service.process.wait()
        route.continue_()

    page.route("**/items?item_key=*", kill_at_third)
    begin(page, sorted(entries.glob("entry*.png")))
    page.wait_for_selector("#alert >> text=The server does not answer")
    assert "wait here and nothing is lost" in page.inner_text("#after-alert")
    service.start()
    done(page)
    wait_for_count(page, ROWS, 6)
    assert page.inner_text("#alert") == ""
    assert page.inner_text("#show-failed b") == "0"


def test_a_busy_server_is_waited_for_with_a_countdown(open_page: Any, entries: Path) -> None:
    page = open_page("/batch").page
    refusals = iter([True] * 2)

    def busy(route: Any) -> None:
        if not next(refusals, False):
            return route.continue_()
        problem = '{"title": "No room for uploads", "detail": "Send them later.", "request_id": "r1"}'
        return route.fulfill(status=503, headers={"Retry-After": "2"}, body=problem)

    page.route("**/items?item_key=*", busy)
    begin(page, sorted(entries.glob("entry [01].png")))
    page.wait_for_selector("[role=timer] >> text=/[12] s/")
    assert "No room for uploads" in page.inner_text("#alert")
    done(page)
    assert page.inner_text("#alert") == ""


def test_refused_files_can_be_sent_again_or_left_out_and_the_batch_can_be_paused_and_cancelled(
    open_page: Any, entries: Path
) -> None:
    page = open_page("/batch").page
    problem = '{"title": "The request cannot be understood", "detail": "A part is missing.", "request_id": "r1"}'
    page.route("**/items?item_key=*", lambda route: route.fulfill(status=400, body=problem))
    begin(page, sorted(entries.glob("entry [01].png")))
    wait_for_count(page, "text=A part is missing.", 2)
    page.unroute("**/items?item_key=*")
    page.click("#pause")
    page.wait_for_selector("#pause >> text=Go on")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("text=Send again").first.click()
    page.wait_for_selector(".batch-table >> text=waits to be sent")
    page.wait_for_selector("text=/1 still to be sent/")
    assert [url for url in sent if "item_key" in url] == []
    page.click("#pause")
    wait_for_count(page, "text=A part is missing.", 1)
    page.locator("text=Leave out").click()
    done(page)
    wait_for_count(page, ROWS, 1)


def test_a_batch_can_be_cancelled_and_deleted_after_a_question(open_page: Any, entries: Path, service: Service) -> None:
    page = open_page("/batch").page
    page.route("**/items?item_key=*", lambda route: None)  # never answered
    begin(page, sorted(entries.glob("entry*.png")))
    page.wait_for_selector("text=/still to be sent from this page/")
    page.click("#cancel")
    assert "6 files are not sent" in page.inner_text("dialog")
    page.click("#dialog-yes")
    done(page, "Cancelled")
    page.click("#remove")
    page.click("#dialog-yes")
    page.wait_for_url(f"{service.url}/batch")


def test_two_pages_send_into_one_batch_and_neither_closes_it_on_the_other(
    open_page: Any, entries: Path, service: Service
) -> None:
    first = open_page("/batch").page
    held: list[Any] = []
    first.route("**/items?item_key=*", lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    begin(first, sorted(entries.glob("entry [0-2].png")))
    second = first.context.new_page()
    second.goto(first.url)
    second.wait_for_selector("text=/3 are being sent from another page/")
    assert second.locator("#missing").count() == 0
    second.set_input_files("#files", sorted(entries.glob("entry [3-5].png")))
    wait_for_count(second, f"{ROWS} a", 3)
    assert (
        second.request.get(
            f"{service.url}/v1{first.url.removeprefix(service.url).replace('/batch', '/batches')}"
        ).json()["state"]
        == "open"
    )
    for route in held:  # grows while what waits is sent
        route.continue_()
    first.unroute("**/items?item_key=*")
    done(first)
    wait_for_count(first, ROWS, 6)
    done(second)
    wait_for_count(second, ROWS, 6)


def test_going_to_the_list_and_back_stops_no_upload(open_page: Any, entries: Path) -> None:
    page = open_page("/batch").page
    held: list[Any] = []
    page.route("**/items?item_key=*", lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    begin(page, sorted(entries.glob("entry [0-2].png")), "Kept")
    page.wait_for_selector("text=/3 still to be sent/")
    page.go_back()
    page.wait_for_selector(".batch-list >> text=Kept")
    for route in held:  # grows while what waits is sent
        route.continue_()
    page.unroute("**/items?item_key=*")
    page.go_forward()
    done(page)
    wait_for_count(page, ROWS, 3)


def test_the_plain_form_takes_many_files_and_shows_a_plain_table(open_page: Any, entries: Path, axe: str) -> None:
    page = open_page("/batch", java_script_enabled=False).page
    page.set_input_files("#files", [entries / "entry 0.png", entries / "notes.txt", entries / HOSTILE])
    page.click("text=Examine them")
    page.wait_for_url("**/plain")
    for _ in range(600):
        if "3 of 3" in page.inner_text(".lead"):
            break
        page.wait_for_timeout(100)
        page.reload()
    assert page.locator("tbody tr").count() == 3
    assert "Not a picture" in page.inner_text("table")
    assert page.locator("table img").count() == 0
    scripted = open_page("/" + page.url.split("/", 3)[3], bypass_csp=True)
    assert_good(scripted.page, axe)


@pytest.mark.slow
def test_a_jury_goes_through_two_hundred_entries(
    open_page: Any, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The walk of a juror from the folder to the record, over small drawings that the model calls too small."""
    folder = tmp_path_factory.mktemp("contest")
    for number in range(200):
        (folder / f"{number:03d}.png").write_bytes(encoded(drawn("flat", (16, 16), number)))
    watched = open_page("/batch")
    page = watched.page
    page.set_input_files("#folder", folder)
    page.wait_for_selector(".chosen-count >> text=200 files")
    press_begin(page, "Winter contest")
    page.wait_for_selector("#show-all b >> text=200", timeout=DONE_MS)
    assert re.match(r"\d+ % · Winter contest", page.title())
    page.fill("#reviewer", "Ada")
    page.keyboard.press("Tab")
    done(page)
    page.click("#show-open")
    page.locator(f"{ROWS} .its-name").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".pane-picture img")
    page.keyboard.press("Escape")
    for key in "aroj" * 5:
        page.keyboard.press(key)
    wait_for_count(page, f"{ROWS} [data-column=decision] b", 15)
    page.select_option("#decision", "refuse")
    wait_for_count(page, ROWS, 5)
    rows = page.request.get(page.url.split("?")[0].replace("/batch/", "/v1/batches/") + "/rows?limit=1000").json()[
        "rows"
    ]
    assert [row["name"].rpartition("/")[2] for row in sorted(rows, key=lambda row: row["name"])] == [
        f"{number:03d}.png" for number in range(200)
    ]
    quiet(watched)
