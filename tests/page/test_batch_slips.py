"""Slips of the hand and of the moment on the screens of batches: no wrong entry, nothing lost or done twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.made.drawings import drawn, encoded
from tests.page.batch_seeds import seeded
from tests.page.batches import ROWS, begin, done
from tests.page.looks import wait_for_count
from tests.page.running import Service

pytestmark = pytest.mark.needs_chromium
NAMES = f"{ROWS} .its-name"
FEW = 8


@pytest.fixture
def few(service: Service) -> str:
    return seeded(service.database_url, FEW, name="Spring salon")


@pytest.fixture
def desk(open_page: Any, few: str) -> Any:
    """The page of a batch of a few pictures, on which Ada decides; the first picture is the current one."""
    page = open_page(f"/batch/{few}").page
    page.wait_for_selector(f"{ROWS} a")
    page.fill("#reviewer", "Ada")
    page.locator(NAMES).first.focus()
    return page


@pytest.fixture
def unfinished(service: Service, open_page: Any) -> Iterator[str]:
    """The id of an open batch, for which the list of batches asks again and again."""
    request = open_page("/help").page.request
    batch = str(request.post(f"{service.url}/v1/batches?open=true", data={"name": "Open one"}).json()["id"])
    yield batch
    request.delete(f"{service.url}/v1/batches/{batch}?purge=true")


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


def decided(page: Any, service: Service, batch: str) -> list[str]:
    """The ids of the pictures that somebody decided on."""
    words = json.loads(page.request.get(f"{service.url}/v1/batches/{batch}/decisions?reviewer=Ada").text())["words"]
    return [one["item_id"] for one in words if one["mine"]]


def test_a_key_decides_on_a_picture_that_is_shown_also_after_a_filter(desk: Any, service: Service, few: str) -> None:
    last = desk.locator(NAMES).nth(FEW - 1).inner_text()
    desk.fill("#q", last)
    wait_for_count(desk, ROWS, 1)
    assert desk.locator(f"{NAMES}[tabindex='0']").inner_text() == last
    desk.locator(".batch-table").click(position={"x": 2, "y": 2})  # out of the field: letters are keys again
    with desk.expect_response("**/decisions"):
        desk.keyboard.press("r")
    rows = desk.request.get(f"{service.url}/v1/batches/{few}/rows?limit=100").json()["rows"]
    assert decided(desk, service, few) == [row["id"] for row in rows if row["name"] == last]
    desk.fill("#q", "there is no such name")
    wait_for_count(desk, ROWS, 0)
    desk.locator(".nothing").click(position={"x": 2, "y": 2})
    desk.keyboard.press("a")
    assert "Accept" not in desk.inner_text("#progress")


def test_a_page_with_decisions_that_are_not_sent_asks_before_it_closes(desk: Any, service: Service, few: str) -> None:
    held: list[Any] = []
    free: list[bool] = []
    desk.route("**/items/*/decisions", lambda route: route.continue_() if free else held.append(route))
    desk.keyboard.press("a")
    desk.keyboard.press("r")
    asked: list[str] = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.close(run_before_unload=True)
    desk.wait_for_selector("#progress >> text=Still to be sent from this page: 2 decisions.")
    assert asked == ["beforeunload"]
    desk.click("#all-batches")  # another screen of the same document takes nothing from them
    desk.wait_for_selector(".batch-list")
    free.append(True)
    held[0].continue_()
    desk.go_back()
    wait_for_count(desk, f"{ROWS} [data-column=decision] b", 2)
    for _ in range(100):
        if len(decided(desk, service, few)) == 2:
            break
        desk.wait_for_timeout(50)
    assert len(decided(desk, service, few)) == 2


def test_a_button_that_is_pressed_while_the_table_is_drawn_hears_its_click(desk: Any) -> None:
    desk.hover("#sort-name")
    desk.mouse.down()
    desk.keyboard.press("a")  # draws
    desk.mouse.up()
    desk.wait_for_url("**?sort=name")


def test_a_page_that_is_closed_in_the_middle_leaves_the_names_to_the_other_which_can_end_the_batch(
    open_page: Any, tmp_path: Path
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(encoded(drawn("flat", (16, 16), number)))
    first = open_page("/batch").page

    def only_one(route: Any) -> None:
        if "0.png" in (route.request.post_data_buffer or b"").decode("latin-1"):
            return route.continue_()
        problem = '{"title": "No room for uploads", "detail": "Send them later.", "request_id": "r1"}'
        return route.fulfill(status=503, headers={"Retry-After": "600"}, body=problem)

    first.route("**/items?item_key=*", only_one)
    begin(first, sorted(tmp_path.iterdir()))
    second = first.context.new_page()
    second.goto(first.url)
    second.wait_for_selector("text=/2 are being sent from another page/")
    first.close()
    second.wait_for_selector("#missing >> text=2 files were not sent")
    assert "being sent from another page" not in second.inner_text(".going")
    second.reload()  # then it has sent nothing itself
    second.wait_for_selector(".names >> text=2.png")
    second.click("#forget")
    done(second)
    wait_for_count(second, ROWS, 1)


def test_a_double_click_makes_one_batch(open_page: Any, tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(encoded(drawn("flat", (16, 16), 1)))
    page = open_page("/batch").page
    made: list[Any] = []
    page.route("**/v1/batches?open=*", lambda route: made.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    page.set_input_files("#files", tmp_path / "one.png")
    page.dblclick("#begin")
    assert page.get_attribute("#begin", "aria-disabled") == "true"
    assert focused(page) == "begin"
    page.wait_for_timeout(100)
    assert len(made) == 1
    problem = '{"title": "The disk is full", "detail": "Make room.", "request_id": "r1"}'
    made[0].fulfill(status=507, body=problem)
    page.click("#retry")
    page.wait_for_timeout(100)
    assert len(made) == 2
    made[1].continue_()
    page.wait_for_url(re.compile(r"/batch/[\w-]{22}$"))


def test_the_list_is_asked_again_and_keeps_the_focus_and_what_was_said(
    open_page: Any, service: Service, unfinished: str
) -> None:
    page = open_page("/batch").page
    page.click(f"#delete-{unfinished}")
    problem = '{"title": "Not just now", "detail": "It is in use.", "request_id": "r1"}'
    page.route(f"**/v1/batches/{unfinished}?purge=true", lambda route: route.fulfill(status=409, body=problem))
    page.click("#dialog-yes")
    page.wait_for_selector("#retry")
    page.locator(".batch-list a >> text=Open one").focus()
    page.request.post(f"{service.url}/v1/batches/{unfinished}/pause")
    page.wait_for_selector(f".batch-list .row:has(#delete-{unfinished}) >> text=Paused")  # its row was drawn again
    assert focused(page) == f"open-{unfinished}"
    assert "Not just now" in page.inner_text("#alert")
    assert page.locator("#retry").count() == 1


def test_the_status_is_asked_again_and_keeps_the_focus(open_page: Any) -> None:
    page = open_page("/status").page
    link = page.locator("#status a[href='/metrics']")
    link.focus()
    with page.expect_response("**/v1/status"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("new Promise((drawn) => setTimeout(drawn, 100))")
    assert link.evaluate("(one) => one === document.activeElement")
