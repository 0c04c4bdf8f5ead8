"""The screens to read: model card, status and help (R3-01, S2-03, S2-04)."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from brushwork.forensics.bundle import load_bundle
from brushwork.picture import Limits
from brushwork.service.page import Shell, card_page
from brushwork.service.page.figures import figures_of
from brushwork.service.page.help import example
from brushwork.verdict import Answer
from tests.page.looks import assert_good, sideways

pytestmark = pytest.mark.needs_chromium


@pytest.mark.parametrize("path", ["/help", "/model", "/status", "/sign-in", "/problems/image-corrupt"])
def test_the_screen_is_good_to_everyone(open_page: Any, axe: str, path: str) -> None:
    watched = open_page(path, bypass_csp=True)
    watched.page.wait_for_load_state("networkidle")
    assert_good(watched.page, axe)
    assert watched.said == []


def test_help_says_first_what_it_cannot_do_and_uses_the_words_of_the_answers(open_page: Any) -> None:
    page = open_page("/help").page
    assert page.locator("article h2").first.inner_text().startswith("What it cannot do")
    text = page.inner_text(".meanings")
    assert [a.words for a in Answer if a.words not in text] == []
    for person in ("artists", "juries", "moderators", "journalists", "collectors", "ethics", "privacy", "api"):
        assert page.locator(f"h2#{person}").count() == 1


def test_every_link_of_help_leads_somewhere(open_page: Any, service: Any) -> None:
    page = open_page("/help").page
    found = page.eval_on_selector_all("main a", "links => links.map((a) => a.getAttribute('href'))")
    for place in sorted({link.split("#")[1] for link in found if link.startswith("#")}):
        assert page.locator(f"[id='{place}']").count() == 1, place
    for path in sorted({link.split("#")[0] for link in found if link.startswith("/")}):
        assert page.request.get(service.url + path).status == 200, path


def test_the_example_of_help_follows_from_the_bundle(open_page: Any) -> None:
    told = example(load_bundle().recipe.thresholds)
    text = open_page("/help").page.inner_text("[aria-labelledby=numbers]")
    for said in (f"{told.found} of the {told.ai} AI", f"{told.accused} of the {told.human} human"):
        assert said in " ".join(text.split())
    assert f"about {told.wrong_of_100} would be wrong" in text
    assert 0 < told.wrong_of_100 < 100


def test_every_plot_of_the_model_is_also_a_table(open_page: Any) -> None:
    figures = figures_of(load_bundle())
    page = open_page("/model").page
    rows = page.locator(".dots tbody tr").count()
    assert rows == len(figures.scores) + len(figures.kinds.groups) + len(figures.generators.groups)
    for group in (*figures.kinds.groups, *figures.generators.groups):
        cells = page.locator(
            ".dots tr", has=page.get_by_role("rowheader", name=group.name, exact=True)
        ).last.inner_text()
        assert f"{group.web.value * 100:.1f} %" in cells
        assert f"{group.web.high * 100:.1f} %" in cells
    assert page.locator(".points tbody tr").count() == len(figures.calibration)
    assert page.locator(".curve-chart circle").count() == len(figures.calibration)


def test_a_card_without_tables_has_a_page_without_those_plots(tmp_path: Path) -> None:
    """The bundle is copied with another card, which its recipe then names by its hash."""
    folder = tmp_path / "bare"
    shutil.copytree(load_bundle().folder, folder)
    (folder / "CARD.md").write_text("# Model card: x\n\nNothing was measured.\n\n## By kind\nNo table.\n", "utf-8")
    recipe = json.loads((folder / "recipe.json").read_text("utf-8"))
    recipe["files"]["CARD.md"] = hashlib.sha256((folder / "CARD.md").read_bytes()).hexdigest()
    (folder / "recipe.json").write_text(json.dumps(recipe), "utf-8")
    bare = load_bundle(str(folder))
    figures = figures_of(bare)
    assert (figures.kinds.groups, figures.generators.groups, figures.calibration) == ((), (), ())
    assert "Nothing was measured." in card_page(Shell(Limits(), "x"), bare)


def test_status_counts_what_was_examined(open_page: Any, pictures: Any, service: Any) -> None:
    watched = open_page()
    watched.check(pictures / "painting.png")
    watched.check(pictures / "broken.png", "error")
    watched.page.goto(f"{service.url}/status")
    watched.page.wait_for_selector(".panels")
    text = watched.page.inner_text("#status")
    told = json.loads(watched.page.request.get(f"{service.url}/v1/status").text())
    for row in told["verdicts"]:
        assert Answer(row["name"]).words in text
    assert "image-corrupt" in text
    for stage in told["stages"]:
        assert stage["p50"] <= stage["p95"]
        assert stage["name"] in text
    assert "Everything works." in watched.page.inner_text("#progress")


def test_long_figures_of_a_busy_service_stay_in_their_panel_on_a_phone_and_in_large_text(
    open_page: Any, pictures: Any, service: Any
) -> None:
    watched = open_page()
    watched.check(pictures / "painting.png")
    page = watched.page
    page.goto(f"{service.url}/status")
    page.wait_for_selector(".panel td")
    page.evaluate("document.querySelectorAll('.panel td:not(:has(meter))').forEach((td) => td.textContent = '999 ms')")
    page.set_viewport_size({"width": 320, "height": 800})
    assert sideways(page) == 0
    page.set_viewport_size({"width": 640, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sideways(page) == 0


def test_status_says_that_the_server_is_away_and_finds_it_again(open_page: Any, service: Any) -> None:
    page = open_page("/status").page
    page.clock.install()
    page.reload()
    page.wait_for_selector(".panels")
    service.stop()
    try:
        page.clock.run_for(11_000)
        page.wait_for_selector("#alert h2")
        assert "does not answer" in page.inner_text("#alert")
        assert page.locator("#status.stale").count() == 1
    finally:
        service.start()
    page.clock.run_for(3_000)
    page.wait_for_selector("#status:not(.stale)")
    assert page.inner_text("#alert") == ""


def test_a_hidden_tab_does_not_ask(open_page: Any) -> None:
    watched = open_page("/status")
    page = watched.page
    page.wait_for_selector(".panels")
    page.clock.install()
    page.evaluate("""() => {
      Object.defineProperty(document, "hidden", {get: () => true});
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    before = len(watched.asked)
    page.clock.run_for(60_000)
    assert len(watched.asked) == before
