"""What can be held without a browser: safe by construction, one vocabulary, small files."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from brushwork.service.page import FOLDER, STATIC, words
from brushwork.verdict import Answer, Claim, State, Trust

SCRIPTS = sorted(STATIC.glob("*.js"))
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
EVERYTHING = [*SCRIPTS, *TEMPLATES, *sorted(STATIC.glob("*.css")), *sorted(STATIC.glob("*.svg"))]

# Every way from text to markup or code.
FORBIDDEN = re.compile(
    r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|setHTMLUnsafe|createContextualFragment|DOMParser"
    r"|\beval\s*\(|new Function|setTimeout\(\s*[\"'`]|setInterval\(\s*[\"'`]|srcdoc|javascript:"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_no_script_turns_text_into_markup(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line", ["box.innerHTML = name", "eval ( text )", "new Function(text)", 'setTimeout("x()", 1)']
)
def test_the_rule_above_finds_what_it_forbids(line: str) -> None:
    assert FORBIDDEN.search(line)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_has_inline_code_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"<style|\sstyle=|\son[a-z]+\s*=", text) == []
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_only_literals_go_unescaped(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "autoescape" not in text
    for before in re.findall(r"(\S+)\s*\|\s*safe", text):
        assert before.endswith("'"), f"{before}|safe is not a literal"


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda p: p.name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"')]*", path.read_text("utf-8")))
    assert addresses <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda p: p.name)
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


def test_every_state_trust_and_claim_has_words() -> None:
    assert set(words()["state"]) == set(words()["state_means"]) == {s.value for s in State}
    assert set(words()["trust"]) == {t.value for t in Trust}
    assert set(words()["claim"]) == {c.value for c in Claim}


def test_every_reader_has_a_name() -> None:
    from brushwork.provenance import READERS

    assert set(words()["source"]) == {reader.name for reader in READERS}


def test_every_answer_and_state_has_a_drawing_and_a_pattern() -> None:
    drawings = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    assert drawings == {"mark", *(a.value for a in Answer), *(f"state-{s.value}" for s in State)}
    sheet = (STATIC / "result.css").read_text("utf-8")
    plain, forced = sheet.split("@media (forced-colors: active)")
    for part in (plain, forced):
        assert {a.value for a in Answer} == set(re.findall(r'\[data-answer="([a-z_]+)"\] \.band', part))


def test_every_element_that_a_script_asks_for_is_in_the_shell() -> None:
    shell = "".join(path.read_text("utf-8") for path in TEMPLATES)
    asked = {name for path in SCRIPTS for name in re.findall(r'byId\("([^"]+)"\)', path.read_text("utf-8"))}
    assert asked
    assert asked <= set(re.findall(r'id="([^"{]+)"', shell))


@pytest.mark.slow
def test_the_types_hold(tsc: str, tmp_path: Path) -> None:
    options = {
        "allowJs": True, "checkJs": True, "strict": True, "noEmit": True, "noUnusedLocals": True,
        "target": "es2022", "module": "es2022", "moduleResolution": "bundler",
        "lib": ["es2023", "dom", "dom.iterable"], "types": [],
    }  # fmt: skip
    project = tmp_path / "tsconfig.json"
    project.write_text(json.dumps({"compilerOptions": options, "files": [str(path) for path in SCRIPTS]}))
    done = subprocess.run([tsc, "--project", str(project)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
