"""The forms of a case file: complete, offline, and text stays text."""

from __future__ import annotations

import importlib.util
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from brushwork import Examiner, Verdict
from brushwork.errors import FormNotInstalled, ReportUnusable
from brushwork.report.batch import accused, batch_html, histogram, read_jsonl
from brushwork.report.casefile import Shown, case_file
from brushwork.report.keys import SigningKey
from brushwork.report.make import THUMBNAIL, Form, thumbnail, written
from brushwork.report.pdf import in_font
from brushwork.told import LIMITS
from brushwork.verdict import Answer, Attribution
from tests.made.drawings import drawn, encoded
from tests.unit.report.conftest import EVIL, Made


class _Tags(HTMLParser):
    """The tags, their addresses and the text of a page, as a browser takes them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "srcset", "action", "data", "style"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.text += data


def _safe(page: bytes) -> _Tags:
    seen = _Tags(page)
    assert not seen.tags & {"script", "iframe", "object", "embed", "link", "form", "base", "video"}
    assert not seen.handlers
    assert all(address.startswith("data:") for address in seen.addresses)
    assert not re.search(rb"url\(|@import|https?://(?!cv\.iptc|c2pa)", re.sub(rb">[^<]*<", b"><", page))
    return seen


def test_the_page_has_everything_and_nothing_runs_in_it(made: Made) -> None:
    seen = _safe(made.files[Form.HTML])
    told = made.verdict.wording
    assert told is not None and made.verdict.input is not None and made.verdict.model is not None
    for words in (
        told.answer, told.why, told.error_rate, *told.advice, made.verdict.input.sha256 or "", f"{EVIL}.png",
        made.verdict.model.sha256, made.key.public.text, made.key.public.id, "{{ 7 * 7 }}", "油絵", "Ask for originals",
        *LIMITS, *(e.summary for e in made.verdict.evidence), *(w.detail for w in made.verdict.warnings),
    ):  # fmt: skip
        assert words in seen.text, words
    assert "\x1b" not in seen.text
    assert "\u202e" not in seen.text


def test_the_picture_in_the_page_is_made_anew(made: Made) -> None:
    for jpeg in (made.images.picture, made.images.regions):
        assert jpeg is not None
        with Image.open(io.BytesIO(jpeg)) as image:
            assert image.format == "JPEG"
            assert max(image.size) <= THUMBNAIL
            assert not image.getexif()
            assert "comment" not in image.info
    with Image.open(io.BytesIO(thumbnail(Image.new("RGBA", (3000, 10))))) as image:
        assert image.size == (THUMBNAIL, 2)


def test_a_pdf_without_its_package_says_what_to_install(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FormNotInstalled, match=r"brushwork\[pdf\]"):
        written(made.case, made.images, made.key, Form.PDF)
    assert written(made.case, made.images, made.key, Form.JSON)


def test_the_pdf_is_read_by_another_reader_and_runs_nothing(made: Made) -> None:
    data = made.files[Form.PDF]
    reader = PdfReader(io.BytesIO(data), strict=True)
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    told = made.verdict.wording
    assert told is not None and made.verdict.input is not None
    for words in (told.answer, told.why, made.verdict.input.sha256 or "", EVIL, "<U+6CB9 U+7D75>", made.key.public.id):
        assert words in text, words
    for risky in (b"/JavaScript", b"/JS", b"/AA", b"/Launch", b"/URI", b"/SubmitForm", b"/GoToR"):
        assert risky not in data
    assert b"/OpenAction [3 0 R " in data, "a page to begin with, no action"
    (attached,) = reader.attachments["case.json"]
    assert json.loads(attached)["payload"]["verdict"]["id"] == made.verdict.id
    assert 1 <= len(reader.pages) <= 4
    assert sum(len(page.images) for page in reader.pages) == 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain é ß ¿", "plain é ß ¿"),
        ("\u201cquoted\u201d \u2013 \u2026 \u2019", '"quoted" - ... \''),
        ("масло", "<U+043C U+0430 U+0441 U+043B U+043E>"),
        ("a\tb\x1bc\nd", "a b c\nd"),
        ("🎨!", "<U+1F3A8>!"),
    ],
)
def test_no_letter_breaks_the_pdf_or_stands_for_another(given: str, shown: str) -> None:
    assert in_font(given) == shown


@pytest.mark.parametrize("form", list(Form))
def test_the_likely_source_is_said_with_its_doubt(made: Made, form: Form) -> None:
    source = Attribution(top=(("SDXL", 0.36),), unknown=0.64)
    case = case_file(made.verdict.model_copy(update={"attribution": source}))
    data = written(case, Shown(), made.key, form)
    if form is Form.PDF:
        data = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).encode()
    assert (b"0.64" if form is Form.JSON else b"unknown 64 %, SDXL 36 %") in data


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("size", [(64, 48), (2000, 60), (400, 400)])
def test_a_case_file_is_made_of_every_picture(
    examiner: Examiner, key: SigningKey, form: Form, size: tuple[int, int]
) -> None:
    image = drawn("painterly", size, 6)
    case = case_file(examiner.examine(encoded(image)), name="x" * 500, note="word" * 3000)
    data = written(case, Shown(thumbnail(image)), key, form)
    if form is Form.PDF:
        assert PdfReader(io.BytesIO(data), strict=True).pages
    if form is Form.HTML:
        outside = min(size) < 100
        assert (b'class="gauge"' in data) is not outside, "no gauge where the score means nothing"


def test_the_json_is_for_programs_and_has_no_key_of_a_caller(made: Made) -> None:
    document = json.loads(made.files[Form.JSON])
    assert Verdict.model_validate(document["payload"]["verdict"]) == made.verdict
    assert document["payload"]["asked_by"] == f"jury {EVIL}"
    assert set(document["signature"]) == {"algorithm", "key_id", "public_key", "value"}


@pytest.fixture(scope="module")
def lines(examiner: Examiner) -> bytes:
    pictures = [encoded(drawn(kind, (400, 300), seed)) for kind in ("painterly", "ink_line") for seed in range(3)]
    verdicts = [*(examiner.examine(p) for p in pictures), *examiner.examine_many([b"broken"])]
    rows = [{"path": f"{EVIL}{n}.png", **v.to_dict()} for n, v in enumerate(verdicts)]
    return "\n".join(json.dumps(row) for row in rows).encode()


def _with_answer(row: dict[str, object], answer: Answer) -> dict[str, object]:
    rates = {"of_human": 0.01, "of_ai": 0.6, "n_human": 300, "n_ai": 200}
    return row | {"answer": answer.value, "rates": rates}


def test_a_batch_is_one_page_with_every_picture(lines: bytes) -> None:
    rows = read_jsonl(lines, "results.jsonl")
    seen = _safe(batch_html(rows, f"Contest {EVIL}"))
    assert len(rows) == 7
    assert all(row.name in seen.text for row in rows)
    assert f"Contest {EVIL}" in seen.text
    assert "Could not be examined" in seen.text
    assert rows[-1].verdict.error is not None
    assert rows[-1].verdict.error.title in seen.text


def test_the_histogram_counts_what_the_model_knows(lines: bytes) -> None:
    rows = read_jsonl(lines, "r")
    known = [row for row in rows if row.verdict.reference is not None]
    bars = histogram(rows)
    assert sum(bar.count for bar in bars) == len(known)
    assert (bars[0].low, bars[-1].high) == (0, 1)
    assert max(bar.height for bar in bars) == pytest.approx(120)
    assert histogram([]) == [bar for bar in histogram([]) if bar.count == 0]


def test_expected_false_accusations_follow_from_the_rate(lines: bytes) -> None:
    raw = [json.loads(line) for line in lines.splitlines()][:6]
    assert accused(read_jsonl(lines, "r")) is None or Answer.LOOKS_AI in {row["answer"] for row in raw}
    called = [_with_answer(row, Answer.LOOKS_AI) for row in raw[:2]]
    judged = [*called, *(_with_answer(row, Answer.CANNOT_TELL) for row in raw[2:])]
    found = accused(read_jsonl("\n".join(map(json.dumps, judged)).encode(), "r"))
    assert found is not None
    assert (found.judged, found.called) == (6, 2)
    assert found.expected == pytest.approx(0.06)
    assert [share for share, _ in found.table] == [1, 10, 50]
    assert [people for _, people in found.table] == sorted((people for _, people in found.table), reverse=True)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"[1]", b"{", b'{"path": "x"}', b"\xff", b"[" * 60_000])
def test_what_is_no_list_of_verdicts_is_told_with_its_line(data: bytes) -> None:
    with pytest.raises(ReportUnusable, match=r"(Line 1 of|has no verdicts).*--format jsonl"):
        read_jsonl(data, "results.jsonl")


def test_the_style_asks_nobody_for_anything() -> None:
    css = (Path(batch_html.__globals__["__file__"]).parent / "templates" / "report.css").read_text()
    assert "url(" not in css
    assert "@import" not in css
    assert "@media print" in css
    assert "light-dark(" in css
