"""The check page in a real Chromium against a real service: in come files, out come answers."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from brushwork.chance import ai_of_100, strength
from brushwork.verdict import AnswerRates

pytestmark = pytest.mark.needs_chromium

HOSTILE = '"><img src=x onerror=alert(1)>.png'
# A file as the browser makes it when one pastes or drops, from base64 of its bytes.
FILE_FROM = """
const file = (name, text) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, {type: "image/png"}));
  return data;
};
"""


def _base64(path: Path) -> str:
    import base64

    return base64.b64encode(path.read_bytes()).decode()


def _asked_over_http(url: str, path: Path) -> Any:
    """The verdict that a program gets for the same file."""
    body = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + path.read_bytes()
    request = urllib.request.Request(f"{url}/v1/verdicts?explain=true", body + b"\r\n--x--\r\n")
    request.add_header("Content-Type", "multipart/form-data; boundary=x")
    return json.load(urllib.request.urlopen(request))


def test_a_chosen_file_gets_the_same_answer_as_over_http(watched: Any, service: Any, pictures: Path) -> None:
    told = _asked_over_http(service.url, pictures / "painting.png")
    watched.check(pictures / "painting.png")
    assert watched.page.inner_text("#answer") == told["wording"]["answer"]
    text = watched.page.inner_text(".result")
    for said in (told["wording"]["why"], told["wording"]["error_rate"], told["regions"]["words"]):
        assert said in text
    for item in told["evidence"]:
        assert item["summary"] in text
    assert watched.page.text_content(".gauge .value") == f"{told['probability']:.2f}"
    assert told["wording"]["answer"] in watched.page.title()


def test_a_pasted_picture_is_checked(watched: Any, pictures: Path) -> None:
    script = (
        "(b) => {"
        + FILE_FROM
        + """
      const data = file("pasted.png", b);
      document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }"""
    )
    watched.page.evaluate(script, _base64(pictures / "painting.png"))
    watched.wait("done")
    assert "pasted.png" in watched.page.inner_text(".result")


def test_a_picture_dropped_anywhere_is_checked(watched: Any, pictures: Path) -> None:
    script = (
        "(b) => {"
        + FILE_FROM
        + """
      const data = file("dropped.png", b);
      const send = (name) => document.querySelector("footer").dispatchEvent(
        new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true}));
      send("dragenter"); send("dragover");
      const veiled = getComputedStyle(document.querySelector("#veil")).display;
      send("drop");
      return veiled;
    }"""
    )
    assert watched.page.evaluate(script, _base64(pictures / "painting.png")) == "grid"
    watched.wait("done")
    assert not watched.page.is_visible("#veil")
    assert "dropped.png" in watched.page.inner_text(".result")


def test_a_format_that_the_browser_cannot_show_is_still_answered(watched: Any, pictures: Path) -> None:
    watched.check(pictures / "scan.tiff")
    watched.page.wait_for_selector(".unshown")
    assert "TIFF" in watched.page.inner_text(".unshown")
    assert not watched.page.is_visible("#overlay-Regions")


def test_sec_21_a_hostile_file_name_is_shown_as_text(watched: Any, pictures: Path) -> None:
    dialogs: list[str] = []
    watched.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    watched.check(pictures / HOSTILE)
    assert HOSTILE in watched.page.inner_text(".result")
    assert watched.page.locator("main img").count() == 1
    assert dialogs == []


def test_sec_22_strict_policy_own_origin_and_light_weight(open_page: Any, service: Any, pictures: Path) -> None:
    watched = open_page()
    weights = []
    watched.page.on("response", lambda response: weights.append(len(response.body())))
    policy = watched.page.goto(service.url + "/").headers["content-security-policy"]
    watched.page.wait_for_selector(".sample")
    assert 0 < sum(weights) < 120_000
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    watched.check(pictures / "painting.png")
    watched.page.check("#overlay-Regions")
    assert all(url.startswith((service.url, "blob:", "data:")) for url in watched.asked)
    assert watched.said == []


def test_the_map_is_off_until_asked_for(watched: Any, pictures: Path) -> None:
    watched.check(pictures / "painting.png")
    assert not watched.page.is_visible(".map")
    watched.page.check("#overlay-Regions")
    assert watched.page.is_visible(".map")
    before = watched.page.evaluate("document.querySelector('.map').style.opacity")
    watched.page.click("[aria-label=Fainter]")
    assert float(watched.page.evaluate("document.querySelector('.map').style.opacity")) < float(before)
    image, drawn = (watched.page.locator(f".frame {part}").bounding_box() for part in ("img", ".map"))
    assert image == pytest.approx(drawn, abs=1)


@pytest.mark.parametrize(
    "rates",
    [(0.01, 0.6, 267, 267), (0.0, 1.0, 5000, 5000), (0.7, 0.05, 1000, 900), (0.5, 0.6, 300, 300), (0.5, 0.1, 300, 300)],
)
def test_browser_and_server_calculate_the_same_chance(watched: Any, rates: tuple[float, float, int, int]) -> None:
    values = AnswerRates(of_human=rates[0], of_ai=rates[1], n_human=rates[2], n_ai=rates[3])
    script = """async (rates) => {
      const { aiOf100 } = await import("/static/chance.js");
      const { weight } = await import("/static/strength.js");
      return [[...Array(99).keys()].map((before) => aiOf100(before + 1, rates)), weight(rates)];
    }"""
    found, weight = watched.page.evaluate(script, values.model_dump())
    assert found == [ai_of_100(share, values) for share in range(1, 100)]
    assert tuple(weight) == strength(values)


def test_the_colours_are_chosen_and_remembered(watched: Any) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = watched.page.evaluate(background)
    watched.page.check("input[value=dark]")
    dark = watched.page.evaluate(background)
    watched.page.reload()
    assert watched.page.evaluate(background) == dark != light
    assert watched.page.is_checked("input[value=dark]")
