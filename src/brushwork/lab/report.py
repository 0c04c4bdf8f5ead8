"""One page on a run that opens without a network, and the same in Markdown.

The pages of the shipped detectors hold plots only; those of classifiers show pictures, and stay with who holds them.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from . import tables
from .aims import checks
from .calibrate import Judged
from .tables import Table

HTML_FILE: Final = "report.html"
MARKDOWN_FILE: Final = "report.md"
STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; }
th, td { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid #8886; vertical-align: top; }
figure { margin: 1rem 0; background: #fff; display: inline-block; }
figure svg, figure img { max-width: 100%; height: auto; }
figcaption { max-width: 40rem; padding: .3rem .6rem; color: #222; }
"""


class Figure(NamedTuple):
    """A PNG beside the report, and what it shows in words; it goes into the page itself."""

    path: Path
    words: str


class Section(NamedTuple):
    """A part of a report: its title, its tables, a sentence on how to read them, and pictures."""

    title: str
    tables: tuple[Table, ...] = ()
    note: str = ""
    figures: tuple[Figure, ...] = ()


def sections(judged: Sequence[Judged]) -> tuple[Section, ...]:
    """Everything that scores say, in the order of the questions that people ask."""
    return (
        Section("Aims", (checks(judged),), "On sources that training never saw, thresholds cross-fitted."),
        Section("By weather", (tables.by_weather(judged),), "Intervals are 95 %, drawn by source or exact."),
        Section("Answers given", (tables.answers(judged), tables.confusion(judged)), "Thresholds are cross-fitted."),
        Section("Human works, by kind", (tables.false_positives(judged, tables.by_kind(judged)),)),
        Section("Human works, by source", (tables.false_positives(judged, tables.by_source),)),
        Section("AI works, by family", (tables.recalls(judged, tables.by_family),)),
        Section("AI works, by generator", (tables.recalls(judged, tables.by_generator),)),
        Section("AI works, by year of the generator's release", (tables.recalls(judged, tables.by_year),)),
        Section("AI works, by source", (tables.recalls(judged, tables.by_source),)),
        Section("The same picture, other answers", (tables.flips(judged),)),
        Section("Calibration", (tables.calibration(judged),)),
    )


def write_report(title: str, parts: Sequence[Section], plots: Mapping[str, Path], folder: Path) -> Path:
    """Write report.html (plots inside) and report.md (plots beside) into `folder`; the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKDOWN_FILE).write_text(_markdown(title, parts, plots, folder), encoding="utf-8")
    page = folder / HTML_FILE
    page.write_text(_html(title, parts, plots), encoding="utf-8")
    return page


def _markdown(title: str, parts: Sequence[Section], plots: Mapping[str, Path], folder: Path) -> str:
    lines = [f"# {title}\n"]
    for part in parts:
        lines += [
            f"## {part.title}\n",
            *(f"{t.markdown}\n" for t in part.tables),
            *([part.note + "\n"] if part.note else []),
            *(f"![{figure.words}]({_beside(figure.path, folder)})\n" for figure in part.figures),
        ]
    lines += [f"![{name}]({_beside(path, folder)})" for name, path in plots.items()]
    return "\n".join(lines) + "\n"


def _beside(path: Path, folder: Path) -> str:
    """The path as the Markdown page in `folder` names it."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _html(title: str, parts: Sequence[Section], plots: Mapping[str, Path]) -> str:
    body = [f"<h1>{html.escape(title)}</h1>"]
    for part in parts:
        body += [f"<h2>{html.escape(part.title)}</h2>", *(_table(t) for t in part.tables)]
        if part.note:
            body.append(f"<p>{html.escape(part.note)}</p>")
        body += [_figure(figure) for figure in part.figures]
    for name, path in plots.items():
        drawing = path.read_text(encoding="utf-8")
        label = html.escape(name, quote=True)
        body.append(f'<figure role="img" aria-label="{label}">{drawing[drawing.index("<svg") :]}</figure>')
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _figure(figure: Figure) -> str:
    words = html.escape(figure.words, quote=True)
    data = base64.b64encode(figure.path.read_bytes()).decode("ascii")
    return f'<figure><img src="data:image/png;base64,{data}" alt="{words}"><figcaption>{words}</figcaption></figure>'


def _table(found: Table) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in found.head)
    rows = ("".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in found.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"
