"""No promise of the page is left alone: what is stopped ends in silence, what fails is said in words on the page."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from brushwork.service.page import STATIC
from tests.made.elsewhere import drips, elsewhere, gives

FLOATING = Path(__file__).with_name("floating.cjs")
SCRIPTS = sorted(STATIC.glob("*.js"))

STOPPED_HALF_WAY = """async () => {
  const { askJson, ask, read } = await import("/api.js");
  const stop = new AbortController();
  const { signal } = stop;
  const heads = await Promise.all([ask("/slow?blob", { signal }), ask("/slow?text", { signal })]);
  const bodies = [askJson("/slow?json", { signal }), read(heads[0], "blob"), read(heads[1], "text")];
  await new Promise((resolve) => setTimeout(resolve, 200)); // the head of the first is there too
  stop.abort();
  return Promise.all(bodies.map((one) => one.catch((error) => error.constructor.name)));
}"""
BROKEN_OFF = """async () => {
  const { askJson } = await import("/api.js");
  return askJson("/short").catch((error) => error.constructor.name);
}"""
ATTENDED = """async () => {
  const { attend } = await import("/static/trouble.js");
  const { Problem, Stopped } = await import("/static/api.js");
  const told = [];
  const problem = new Problem({ title: "No room", detail: "The disk is full." }, 507);
  for (const error of [new Stopped(), problem, new Error("x")]) {
    attend(Promise.reject(error));
    await new Promise((resolve) => setTimeout(resolve));
    told.push(document.getElementById("alert").textContent);
  }
  return told;
}"""


def _floating(tsc: str, files: list[Path]) -> list[str]:
    node = shutil.which("node")
    assert node is not None, "the TypeScript compiler runs on node"
    compiler = Path(tsc).resolve().parents[1] / "lib" / "typescript.js"
    command = [node, str(FLOATING), str(compiler), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.slow
def test_somebody_attends_to_every_promise(tsc: str, tmp_path: Path) -> None:
    careless = tmp_path / "careless.js"
    careless.write_text(
        "const work = async () => 1;\nwork();\nvoid work();\nsetTimeout(work, 1);\n"
        'document.addEventListener("click", async () => work());\nconst made = { onclick: () => work() };\n'
        "const kept = work();\nwork().catch(console.error);\nsetTimeout(() => void made, 1);\nvoid kept;\n"
    )
    assert [line.split(":")[1] for line in _floating(tsc, [careless])] == ["2", "3", "4", "5", "6", "10"]
    assert _floating(tsc, SCRIPTS) == []


@pytest.mark.needs_chromium
def test_an_answer_that_is_stopped_or_breaks_off_half_way_is_told_as_one_that_never_came(browser: Any) -> None:
    """A request can be stopped after its head came, as when one goes from picture to picture in a batch."""
    enough = threading.Event()
    with elsewhere() as place:
        place.replies = {
            "/": gives(b"<!doctype html>", "text/html"),
            "/api.js": gives((STATIC / "api.js").read_bytes(), "text/javascript"),
            "/slow": drips(enough),
            "/short": gives(b"{", "application/json", Content_Length="1000"),
        }
        page = browser.new_page()
        page.goto(place.url("/"))
        assert page.evaluate(STOPPED_HALF_WAY) == ["Stopped"] * 3
        assert page.evaluate(BROKEN_OFF) == "Away"
        enough.set()
        page.close()


@pytest.mark.needs_chromium
def test_what_nobody_waits_for_is_said_on_the_page_when_it_fails(open_page: Any) -> None:
    silent, refused, unknown = open_page("/lab").page.evaluate(ATTENDED)
    assert silent == ""
    assert "No room" in refused
    assert "The disk is full." in refused
    assert "Something went wrong" in unknown
