"""What is done with a result: copied, printed, kept, reported, commented on (S4-22, S4-23, R3-05, R3-08, R3-09)."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from brushwork import Examiner
from brushwork.verdict import Attribution
from tests.made.drawings import drawn, encoded
from tests.made.examples import EXAMPLES
from tests.page.seeds import HOSTILE

pytestmark = pytest.mark.needs_chromium


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "small.png"
    path.write_bytes(encoded(drawn("painterly", (260, 240), 5)))
    return path


def _downloaded(page: Any, button: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def _empty(page: Any, url: str) -> None:
    page.request.delete(f"{url}/v1/everything?confirm=everything")


def test_the_annotated_picture_and_the_text_can_be_kept(open_page: Any, small: Path) -> None:
    watched = open_page(permissions=["clipboard-read", "clipboard-write"])
    watched.check(small)
    name, data = _downloaded(watched.page, "#annotated")
    image = Image.open(io.BytesIO(data))
    assert (name, image.format) == ("small-brushwork.png", "PNG")
    assert image.height > 240
    watched.page.click("#copy")
    watched.page.wait_for_selector("text=Copied.")
    text = watched.page.evaluate("navigator.clipboard.readText()")
    assert text.startswith(f"small.png: {watched.page.inner_text('#answer')}\n")
    assert "SHA-256" in text


@pytest.mark.parametrize("name", ["painting.png", "prompt-in-chunks.png", "thumbnail.jpg", "retouched.jpg"])
def test_the_text_to_copy_is_that_of_the_verdict(watched: Any, name: str) -> None:
    (data,) = (example.make() for example in EXAMPLES if example.name == name)
    source = Attribution(top=(("SDXL", 0.2), ("Flux", 0.1)), unknown=0.7)
    verdict = Examiner.from_bundle("default").examine(data).model_copy(update={"attribution": source})
    script = 'async (verdict) => (await import("/static/actions.js")).asText(verdict, "art.png")'
    assert watched.page.evaluate(script, verdict.to_dict()) == verdict.to_text("art.png")


def test_a_case_file_in_each_form_with_a_note(watched: Any, small: Path) -> None:
    page = watched.page
    watched.check(small)
    page.click("#case")
    page.fill("#case-note", HOSTILE)
    name, data = _downloaded(page, "#case-json")
    document = json.loads(data)
    assert name == "small-case.json"
    assert HOSTILE in json.dumps(document, ensure_ascii=False).replace('\\"', '"')
    assert page.inner_text("#answer") in data.decode()
    name, data = _downloaded(page, "#case-html")
    assert (name, data[:15].lower()) == ("small-case.html", b"<!doctype html>")
    name, data = _downloaded(page, "#case-pdf")
    assert (name, data[:5]) == ("small-case.pdf", b"%PDF-")
    page.wait_for_selector("text=The case file is saved as small-case.pdf.")


def test_a_result_is_saved_without_its_picture_unless_that_is_ticked_then_deleted(
    watched: Any, service: Any, small: Path
) -> None:
    page = watched.page
    _empty(page, service.url)
    watched.check(small)
    page.click("#save")
    assert not page.is_checked("#keep-picture")
    page.click("#keep-it")
    page.wait_for_selector("#open-saved")
    assert "the picture was not kept" in page.inner_text("#panel")
    (saved,) = page.request.get(f"{service.url}/v1/verdicts").json()["verdicts"]
    assert saved["wording"]["answer"] == page.inner_text("#answer")
    assert saved["channel"] == "page"
    page.reload()
    watched.wait("done")
    page.click("#save")
    page.click("#delete")
    page.click("#dialog-yes")
    watched.wait("empty")
    assert page.request.get(f"{service.url}/v1/verdicts").json()["verdicts"] == []


def test_what_was_saved_before_is_told_and_can_be_examined_anew(watched: Any, service: Any, small: Path) -> None:
    page = watched.page
    _empty(page, service.url)
    for _ in range(2):
        with page.expect_response("**/v1/verdicts?*stability*"):
            page.set_input_files("#image", small)
        watched.wait("done")
        page.click("#save")
        page.check("#keep-picture")
        page.click("#keep-it")
        page.wait_for_selector("#open-saved")
        page.goto(service.url)
        watched.wait("empty")
    watched.check(small)
    page.wait_for_selector("[aria-labelledby=seen]")
    assert "this very file" in page.inner_text("[aria-labelledby=seen]")
    assert page.locator(".near li").count() == 2
    page.click("#save")
    page.click("#keep-it")
    page.wait_for_selector("text=that answer was given again")
    page.click("#anew")
    page.wait_for_selector("text=Examined anew, and saved.")
    with page.expect_response("**/v1/verdicts?*"):
        page.click("#again")
    watched.wait("done")


def test_feedback_says_how_it_is_known_with_two_consents_and_can_be_taken_back(
    watched: Any, service: Any, small: Path
) -> None:
    page = watched.page
    _empty(page, service.url)
    watched.check(small)
    page.click("#feedback")
    page.check("#said-human")
    page.select_option("#basis", "made_it")
    page.fill("#feedback-note", HOSTILE)
    assert not page.is_checked("#consent_store_image")
    page.check("#consent_store_image")
    page.click("#send-feedback")
    page.wait_for_selector("text=Thank you.")
    (saved,) = page.request.get(f"{service.url}/v1/verdicts").json()["verdicts"]
    path = f"{service.url}/v1/verdicts/{saved['id']}/feedback"
    given = page.request.get(path).json()
    assert (given["label"], given["basis"], given["note"]) == ("human", "made_it", HOSTILE)
    assert (given["consent_store_image"], given["consent_training"]) == (True, False)
    page.click("#undo")
    page.wait_for_selector("text=Your feedback is taken back.")
    assert page.request.get(path).status == 404
    page.check("#said-ai")
    page.select_option("#basis", "other")
    page.click("#send-feedback")
    page.wait_for_selector(".said:has-text('needs a note')")


def test_the_kind_of_art_that_was_chosen_stays_when_the_range_comes_and_when_it_is_saved(
    open_page: Any, service: Any, small: Path
) -> None:
    watched = open_page()
    page = watched.page
    _empty(page, service.url)
    held: list[Any] = []
    page.route("**/v1/verdicts?*stability*", lambda route: route.continue_() if held else held.append(route))
    watched.check(small, "explaining")
    page.focus("#kind")
    page.select_option("#kind", "comic")
    page.click("#save")
    page.click("#keep-it")
    held[0].continue_()
    page.wait_for_selector("#open-saved")
    assert page.locator(".gauge .range").count() == 1
    assert page.input_value("#kind") == "comic"
    assert "of this kind (comic)" in page.inner_text(".reference figcaption")
    page.goto(service.url)
    watched.check(small)
    assert page.input_value("#kind") == "all"
    page.focus("#kind")
    page.select_option("#kind", "comic")
    page.click("#again")
    page.wait_for_selector(".reference figcaption:has-text('of this kind (comic)')")
    assert page.input_value("#kind") == "comic"


def test_what_goes_wrong_with_an_act_is_said_beside_it(open_page: Any, small: Path) -> None:
    watched = open_page()
    watched.check(small)
    problem = '{"title": "Reports cannot be signed", "detail": "There is no key.", "request_id": "r7"}'
    watched.page.route("**/v1/reports*", lambda route: route.fulfill(status=503, body=problem))
    watched.page.click("#case")
    watched.page.click("#case-html")
    watched.page.wait_for_selector(".said:has-text('There is no key. (request r7)')")
    assert watched.page.is_visible("#answer")
