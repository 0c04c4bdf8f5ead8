"""Case files as one HTML file that opens offline: no script, no address, every value escaped, sealed."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..sheet import gauge_words
from ..told import LIMITS, MAP_CAVEAT, SOURCE_CAVEAT, SOURCES, STATES, TRUST
from ..verdict import InputFacts, Verdict
from .canonical import canonical
from .casefile import CaseFile, Shown
from .seal import BLANK

FOLDER: Final = Path(__file__).parent / "templates"


def case_html(case: CaseFile, document: dict[str, Any], shown: Shown) -> bytes:
    """The page, with `document` inside and the place for the seal still blank."""
    verdict = case.verdict
    fits = verdict.model.thresholds if verdict.model else None
    return rendered(
        "case.html",
        case=case,
        seal=BLANK,
        document=_base64(canonical(document)),
        picture=_base64(shown.picture) if shown.picture else None,
        regions=_base64(shown.regions) if shown.regions else None,
        gauge_words=gauge_words(fits, verdict.stability) if fits else "",
        file_rows=file_rows(case),
        maker_rows=maker_rows(case, document),
        sources=SOURCES,
        states=STATES,
        trust=TRUST,
        limits=LIMITS,
        map_caveat=MAP_CAVEAT,
        source_caveat=SOURCE_CAVEAT,
    )


def file_rows(case: CaseFile) -> list[tuple[str, str]]:
    """What the picture was, by name and value."""
    facts = case.verdict.input
    rows = [("Name", case.name)] if case.name else []
    return rows if facts is None else [*rows, *_input_rows(facts)]


def _input_rows(facts: InputFacts) -> list[tuple[str, str]]:
    size = f", {facts.bytes:,} bytes" if facts.bytes is not None else ""
    rows = [("Picture", f"{facts.format or 'bare pixels'}, {facts.width} x {facts.height} pixels{size}")]
    if facts.jpeg_quality is not None:
        sampling = f", {facts.chroma_subsampling}" if facts.chroma_subsampling else ""
        rows.append(("JPEG", f"quality about {facts.jpeg_quality}{sampling}"))
    rows.append(("SHA-256", facts.sha256 or "none: bare pixels were given"))
    return [*rows, ("Perceptual hash", facts.phash)]


def maker_rows(case: CaseFile, document: dict[str, Any]) -> list[tuple[str, str]]:
    """Which program, bundle, machine and key stand behind the case file."""
    verdict, made = case.verdict, case.environment
    libraries = ", ".join(f"{name} {number}" for name, number in made.libraries.items())
    signature = document["signature"]
    rows = [("Verdict", f"{verdict.id}, {verdict.created_at:%Y-%m-%d %H:%M:%S} UTC")]
    if verdict.model is not None:
        rows += [("Model", f"{verdict.model.name} {verdict.model.version}"), ("Model SHA-256", verdict.model.sha256)]
    return [
        *rows,
        ("Program", f"Brushwork {made.brushwork}, Python {made.python}, {libraries}"),
        ("Machine", made.machine),
        ("Trust list", f"SHA-256 {case.trust_list}" if case.trust_list else "none configured"),
        ("Signed by", f"{signature['algorithm']} key {signature['key_id']}: {signature['public_key']}"),
    ]


def readers(verdict: Verdict) -> list[str]:
    """What each reader of the file came back with, a line each."""
    return [
        f"{SOURCES.get(e.source, e.source)} ({STATES[e.state]}): {e.summary}"
        for e in verdict.evidence
        if e.kind == "provenance"
    ]


def rendered(template: str, **context: Any) -> bytes:
    """A template of this room with its style inside, as UTF-8."""
    css = (FOLDER / "report.css").read_text("utf-8")
    return _environment().get_template(template).render(css=Markup(css), **context).encode()  # noqa: S704  our own file


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
