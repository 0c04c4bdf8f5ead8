"""How pictures come in: by address, as samples, many at once; what is said of those that are none (S3-39, R0-01)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.made.drawings import drawn, encoded
from tests.made.elsewhere import Elsewhere, gives
from tests.page.running import Service

pytestmark = pytest.mark.needs_chromium


def _pasted(page: Any, text: str) -> None:
    page.evaluate(
        """(text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }""",
        text,
    )


def _dropped(page: Any, kind: str, text: str) -> None:
    page.evaluate(
        """([kind, text]) => {
      const data = new DataTransfer();
      data.setData(kind, text);
      window.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
    }""",
        [kind, text],
    )


def test_an_address_is_fetched_by_the_server_and_checked_like_a_file(
    watched: Any, pictures: Path, other_site: Elsewhere
) -> None:
    other_site.replies["/art/evening.png"] = gives((pictures / "painting.png").read_bytes())
    page = watched.page
    page.fill("#url", other_site.url("/art/evening.png"))
    page.keyboard.press("Enter")
    watched.wait("done")
    file = page.inner_text("[aria-labelledby=file]")
    assert "evening.png" in file
    assert other_site.url("/art/evening.png") in file
    assert page.evaluate("document.querySelector('.frame img').naturalWidth") == 640
    assert not [
        asked for asked in watched.asked if str(other_site.port) in asked
    ]  # the page itself asks its server only


@pytest.mark.parametrize("by", ["paste", "drop"])
def test_a_pasted_or_dropped_address_is_checked(watched: Any, pictures: Path, other_site: Elsewhere, by: str) -> None:
    other_site.replies["/b.png"] = gives((pictures / "painting.png").read_bytes())
    if by == "paste":
        _pasted(watched.page, other_site.url("/b.png"))
    else:
        _dropped(watched.page, "text/uri-list", other_site.url("/b.png"))
    watched.wait("done")


def test_an_address_without_a_picture_is_told_with_what_to_try_and_kept(watched: Any, other_site: Elsewhere) -> None:
    other_site.replies["/page"] = gives(b"<h1>hello</h1>", "text/html")
    watched.page.fill("#url", other_site.url("/page"))
    watched.page.keyboard.press("Enter")
    watched.wait("error")
    alert = watched.page.inner_text("#alert")
    assert other_site.url("/page") in alert
    assert "Request" in alert
    assert "The address is still here" in watched.page.inner_text("#after-alert")
    watched.page.fill("#url", "http://10.0.0.1/a.png")
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_selector("#alert:has-text('10.0.0.1')")
    assert "not fetched" in watched.page.inner_text("#alert")


@pytest.mark.parametrize(
    ("path", "script", "field", "seen"),
    [
        ("/", "main", "#image", ".label[data-answer]"),
        ("/compare", "compare", "#a", "#slot-a.filled"),
        ("/batch", "batch", "#files", "#staged:has-text('1 file')"),
    ],
)
def test_what_is_chosen_before_the_scripts_are_there_counts(
    open_page: Any, pictures: Path, path: str, script: str, field: str, seen: str
) -> None:
    page = open_page().page
    held: list[Any] = []
    page.route(f"**/static/{script}.js", lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    with page.expect_request(f"**/static/{script}.js"):
        page.goto(page.url + path.removeprefix("/"), wait_until="commit")
    page.set_input_files(field, pictures / "painting.png")
    held[0].continue_()
    page.wait_for_selector(seen)
    assert page.locator(".tray li").count() == 0  # once, not twice


def test_a_slip_of_the_hand_costs_nothing(watched: Any, pictures: Path) -> None:
    watched.check(pictures / "painting.png")
    _pasted(watched.page, "a line of text")
    assert "Copy the picture itself or its address" in watched.page.inner_text("#alert")
    _dropped(watched.page, "text/plain", "another line")
    assert "That was no file" in watched.page.inner_text("#alert")
    assert watched.page.is_visible("#answer")


def test_where_addresses_are_not_fetched_none_is_asked_for(browser: Any, tmp_path: Path) -> None:
    with Service(tmp_path, settings={"BRUSHWORK_URL_FETCH": "false"}) as service:
        page = browser.new_page()
        page.goto(service.url)
        page.wait_for_selector(".sample")
        assert page.locator("#url").count() == 0
        _pasted(page, "https://example.org/a.png")
        assert "Addresses are not fetched here" in page.inner_text("#alert")
        page.close()


def test_each_sample_is_answered_and_the_page_says_which_it_gets_wrong(watched: Any) -> None:
    page = watched.page
    page.wait_for_selector(".sample")
    names = page.locator(".sample b").all_inner_texts()
    answers = {}
    for name in names:
        page.goto(page.url.partition("#")[0])
        page.click(f".sample:has-text('{name}')")
        watched.wait("done")
        answers[name] = page.get_attribute(".label", "data-answer")
        if name == "One that it gets wrong":
            assert "anyone can write" in page.inner_text(".label")
    assert answers["An even wash"] == "cannot_tell"
    assert answers["One that it gets wrong"] == "made_with_ai"


def test_twelve_at_once_ten_of_them_broken_and_each_is_told(watched: Any, tmp_path: Path, pictures: Path) -> None:
    page, whole = watched.page, encoded(drawn("painterly", (240, 230), 1))
    files = [pictures / "painting.png"]
    for number, data in enumerate([whole[:200], b"", b"no picture", *[whole[: 40 + n] for n in range(7)], whole]):
        files.append(tmp_path / f"{number}.png")
        files[-1].write_bytes(data)
    page.set_input_files("#image", files)
    page.wait_for_selector("text=10 could not be examined.")
    watched.wait("done")
    told = page.locator(".tray li").all_inner_texts()
    assert len(told) == 12
    assert sum("damaged" in one or "empty" in one or "Not a picture" in one for one in told) == 10
    page.click(".tray li:has-text('1.png')")
    watched.wait("error")
    assert page.inner_text("#alert .which") == "1.png"
    assert "Get the original again" in page.inner_text("#alert")
    page.click("#forget")
    assert page.locator(".tray li").count() == 11


def test_a_file_over_the_limit_is_told_before_it_is_sent(watched: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(b"\x89PNG" + bytes(20 * 2**20))
    watched.check(large, "error")
    assert "large.png" in watched.page.inner_text("#alert")
    assert not [url for url in watched.asked if "/v1/" in url]


def test_broken_and_foreign_files_are_named_and_can_be_sent_again(watched: Any, pictures: Path) -> None:
    watched.check(pictures / "notes.txt", "error")
    assert "PNG" in watched.page.inner_text("#alert")
    watched.check(pictures / "broken.png", "error")
    alert = watched.page.locator("[role=alert]")
    watched.page.wait_for_selector("#alert:has-text('broken.png')")
    assert "Request" in alert.inner_text()
    with watched.page.expect_response("**/v1/verdicts*") as again:
        watched.page.click("#retry")
    assert again.value.status in (200, 422)
    watched.wait("error")
    watched.check(pictures / "painting.png")
    assert alert.inner_text() == ""
