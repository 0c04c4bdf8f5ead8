"""Case files as PDF, written by a library that neither calls the network nor runs a script.

The file uses the fonts that every reader has. They know Western letters; what they lack is written as its number, so
that no text can break the page or stand for another.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image

from ..sheet import ACCENT, EDGE, INK, LINE, MOUNT, MUTED, Colour, gauge_words
from ..told import LIMITS, MAP_CAVEAT, SOURCE_CAVEAT
from ..verdict import Answer, Verdict
from .canonical import canonical
from .casefile import CaseFile, Note, Shown
from .drawing import file_rows, maker_rows, readers
from .seal import BLANK

_LACKING: Final = re.compile("[^\x00-\xff]+")  # beyond Latin-1
_PLAIN: Final = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "...",
    "\u00ad": "-",
})  # fmt: skip
_LINE_MM: Final = 0.5  # of a point: lines of text 1.4 times as high as their letters
_NUMBERED: Final = (
    "Characters that the font of this file lacks are written as <U+number>; the JSON inside has them all."
)


def case_pdf(case: CaseFile, document: dict[str, Any], shown: Shown) -> bytes:
    """The PDF, with `document` attached and the place for the seal still blank."""
    page = _Page(case)
    page.answer(case.verdict, shown)
    for title, notes in (("Decisions", case.decisions), ("Notes", case.notes)):
        page.notes(title, notes)
    page.listed("Please note", [warning.detail for warning in case.verdict.warnings])
    page.pixels(case.verdict, shown)
    page.listed("What the file says", readers(case.verdict))
    page.fields("The file", file_rows(case))
    page.listed("Limits of this result", list(LIMITS))
    page.fields("How it was made, and how to check it", maker_rows(case, document))
    page.paragraph(
        "Check it, and examine the picture again:  brushwork report verify FILE --picture PICTURE", muted=True
    )
    page.paragraph(_NUMBERED, muted=True)
    return page.finished(document)


def in_font(text: str) -> str:
    """`text` in the letters that the font has; others as <U+number>, controls but the end of a line as spaces."""
    clean = "".join(" " if unicodedata.category(c) == "Cc" and c != "\n" else c for c in text.translate(_PLAIN))
    return _LACKING.sub(lambda found: f"<{' '.join(f'U+{ord(c):04X}' for c in found[0])}>", clean)


class _Page(FPDF):
    """A4 with the marks of a case file."""

    def __init__(self, case: CaseFile) -> None:
        super().__init__(format="A4")
        self._made = f"{case.made_at:%Y-%m-%d %H:%M} UTC"
        self._asked = f", asked by {case.asked_by}" if case.asked_by else ""
        self.set_margins(20, 15, 20)
        self.c_margin = 0
        self.set_auto_page_break(True, 18)
        self.set_creation_date(case.made_at)
        told = case.verdict.wording
        self.set_title(in_font(f"{told.answer if told else ''}: {case.name or 'case file'}"))
        self.set_creator("Brushwork")
        self.set_lang("en")
        self.set_display_mode("default")
        self.add_page()

    def header(self) -> None:
        """The name and the date, on every page."""
        self._ink(INK)
        self.set_font("Times", size=13)
        self.cell(0, 7, "Brushwork case file")
        self.set_font("Helvetica", size=8.5)
        self._ink(MUTED)
        self.cell(0, 7, in_font(self._made + self._asked), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._rule()

    def footer(self) -> None:
        """What nobody should do, and the number of the page."""
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self._ink(MUTED)
        self.cell(0, 5, "Evidence, not a judgement: nobody should lose a prize, a job or a name over one number.")
        self.cell(0, 5, f"{self.page_no()}", align="R")

    def answer(self, verdict: Verdict, shown: Shown) -> None:
        """The picture, and the answer below it."""
        assert verdict.wording is not None and verdict.answer is not None, "a case file has an answer"
        if shown.picture:
            self._picture(shown.picture, 62)
        self._band(verdict.answer)
        self.paragraph(verdict.wording.answer, 22, family="Times")
        self.paragraph(verdict.wording.why, 11)
        self.paragraph(verdict.wording.error_rate, muted=True)
        self.ln(1)
        self.points(verdict.wording.advice)

    def notes(self, title: str, notes: tuple[Note, ...]) -> None:
        """What people added."""
        if notes:
            self.heading(title)
        for note in notes:
            self.paragraph(note.text)
            self.paragraph(f"{note.by or 'nobody named'}, {note.at:%Y-%m-%d %H:%M} UTC", 8.5, muted=True)

    def pixels(self, verdict: Verdict, shown: Shown) -> None:
        """The gauge where the score means something, what the model says, and the map."""
        self.heading("What the pixels show")
        if verdict.reference and verdict.model and verdict.probability is not None:
            self._gauge(verdict)
            self.paragraph(gauge_words(verdict.model.thresholds, verdict.stability), 8.5, muted=True)
        for item in verdict.evidence:
            if item.kind == "forensics":
                self.paragraph(item.summary)
        if verdict.attribution:
            self.paragraph(f"Likely source, by the pixels: {verdict.attribution.words}.")
            self.paragraph(SOURCE_CAVEAT, 8.5, muted=True)
        if verdict.regions:
            self.paragraph(verdict.regions.words)
            if shown.regions:
                self._picture(shown.regions, 42)
            self.paragraph(MAP_CAVEAT, 8.5, muted=True)

    def listed(self, title: str, lines: list[str]) -> None:
        """A heading and its lines; nothing without lines."""
        if lines:
            self.heading(title)
        self.points(lines)

    def points(self, lines: Sequence[str]) -> None:
        """Paragraphs behind a dot each."""
        for line in lines:
            self.set_font("Helvetica", size=9.5)
            self._ink(INK)
            self.cell(4, 9.5 * _LINE_MM, "\u00b7")
            self.multi_cell(0, 9.5 * _LINE_MM, in_font(line), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.ln(0.8)

    def fields(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Names on the left, values on the right."""
        self.heading(title)
        for name, value in rows:
            self.set_font("Helvetica", size=9)
            if self.will_page_break(10):
                self.add_page()
            self._ink(MUTED)
            top = self.get_y()
            self.cell(32, 4.6, in_font(name))
            self._ink(INK)
            self.set_xy(self.l_margin + 32, top)
            self.multi_cell(0, 4.6, in_font(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def heading(self, title: str) -> None:
        """A line across the page and a title below it, never alone at the foot of a page."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(3)
        self._rule()
        self.paragraph(title, 13, family="Times")

    def paragraph(self, text: str, size: float = 9.5, *, muted: bool = False, family: str = "Helvetica") -> None:
        """A paragraph."""
        self.set_font(family, size=size)
        self._ink(MUTED if muted else INK)
        self.multi_cell(0, size * _LINE_MM, in_font(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(0.8)

    def finished(self, document: dict[str, Any]) -> bytes:
        """The bytes, with the signed data and the blank seal inside, uncompressed so that both are found again."""
        self.set_keywords(BLANK)
        self.embed_file(basename="case.json", bytes=canonical(document), desc="The signed data", compress=False)
        return bytes(self.output())

    def _ink(self, colour: Colour) -> None:
        self.set_text_color(*colour)

    def _rule(self) -> None:
        self.set_draw_color(*LINE)
        self.set_line_width(0.2)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(2.5)

    def _picture(self, jpeg: bytes, high: float) -> None:
        """A picture on its mount, at most `high` millimetres high."""
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            across, down = image.size
        scale = min((self.epw - 12) / across, high / down, 25.4 / 72)
        if self.will_page_break(down * scale + 12):
            self.add_page()
        top = self.get_y()
        self.set_fill_color(*MOUNT)
        self.rect(self.l_margin, top, self.epw, down * scale + 10, style="F")
        self.image(io.BytesIO(jpeg), x=(self.w - across * scale) / 2, y=top + 5, w=across * scale)
        self.set_y(top + down * scale + 12)

    def _band(self, answer: Answer) -> None:
        """The pattern of the answer, as on the page and under the annotated picture."""
        self.ln(1)
        left, right, top = self.l_margin, self.w - self.r_margin, self.get_y()
        self.set_draw_color(*ACCENT)
        self.set_fill_color(*ACCENT)
        self.set_line_width(0.6)
        if answer in (Answer.MADE_WITH_AI, Answer.PARTLY_AI):
            end = right if answer is Answer.MADE_WITH_AI else (left + right) / 2
            for step in range(int((end - left) / 2)):
                self.line(left + 2 * step, top + 2, left + 2 * step + 2, top)
        elif answer is Answer.LOOKS_AI:
            for step in range(int((right - left) / 2.5)):
                self.ellipse(left + 2.5 * step, top + 0.5, 1, 1, style="F")
        elif answer is Answer.CANNOT_TELL:
            for step in range(int((right - left) / 6)):
                self.rect(left + 6 * step, top, 3.6, 0.8, style="F")
        else:
            self.line(left, top, right, top)
            if answer is Answer.SIGNED_CAPTURE:
                self.line(left, top + 1.5, right, top + 1.5)
        self.set_y(top + 4)

    def _gauge(self, verdict: Verdict) -> None:
        assert verdict.model is not None and verdict.probability is not None, "asked before"
        if self.will_page_break(20):
            self.add_page()
        left, wide, fits, top = self.l_margin, self.epw, verdict.model.thresholds, self.get_y() + 6
        for start, end, colour in ((0, fits.clear, MOUNT), (fits.clear, fits.strict, LINE), (fits.strict, 1, EDGE)):
            self.set_fill_color(*colour)
            self.rect(left + start * wide, top, (end - start) * wide, 3, style="F")
        self.set_fill_color(*ACCENT)
        if verdict.stability is not None:
            spread = verdict.stability
            self.rect(left + spread.min * wide, top + 3.6, max(0.5, (spread.max - spread.min) * wide), 1, style="F")
        at = left + verdict.probability * wide
        self.rect(at - 0.4, top - 1.6, 0.8, 6.2, style="F")
        self.set_font("Helvetica", "B", 10)
        self._ink(INK)
        self.set_xy(min(max(at - 10, left), left + wide - 20), top - 6.5)
        self.cell(20, 4, f"{verdict.probability:.2f}", align="C")
        self.set_font("Helvetica", size=7.5)
        self._ink(MUTED)
        self.set_xy(left, top + 5)
        self.cell(0, 3, "0")
        self.set_xy(left, top + 5)
        self.cell(0, 3, "1", align="R")
        self.set_xy(left, top + 9)
