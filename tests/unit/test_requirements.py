"""docs/requirements.md cites what exists: every test by its name, every file, every page."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "requirements.md"
LINES = PAGE.read_text(encoding="utf-8").splitlines()
TESTS = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}


def cited(pattern: str) -> list[tuple[int, str]]:
    """What the page cites in such a form, with the number of the line."""
    return [(number, found) for number, line in enumerate(LINES, 1) for found in re.findall(pattern, line)]


def test_every_test_that_is_cited_exists() -> None:
    known = {name for text in TESTS.values() for name in re.findall(r"def (test_\w+)", text)}
    named = cited(r"`(test_\w+)`")
    assert len(named) > 50
    assert [(line, name) for line, name in named if name not in known] == []


def test_every_file_and_page_that_is_cited_exists() -> None:
    files = {path.name for path in TESTS}
    assert [(line, name) for line, name in cited(r"`(test_\w+\.py)`") if name not in files] == []
    places = cited(r"`((?:tests|benchmarks|docs|deploy)/[\w./-]+)`")
    assert [(line, place) for line, place in places if not (ROOT / place).exists()] == []
    pages = cited(r"\]\(([\w-]+\.md)\)")
    assert [(line, page) for line, page in pages if not (ROOT / "docs" / page).is_file()] == []


def test_no_row_is_without_an_answer() -> None:
    rows = [line.strip("|").split("|") for line in LINES if re.match(r"\| [SR]\d-\d\d", line)]
    assert len(rows) > 100
    assert [row[0] for row in rows if not row[1].strip() or not row[2 if len(row) > 3 else 1].strip()] == []
