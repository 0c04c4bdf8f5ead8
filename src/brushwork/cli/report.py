"""`brushwork report`: keep a verdict as a signed case file, check one, compare two pictures, sum up many."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SigningError
from ..intake import Limits, read_source
from ..text import shown
from .exits import ExitCode
from .messages import say, usage

if TYPE_CHECKING:
    from ..report.casefile import CaseFile
    from ..report.check import Checked, Evidence
    from ..report.keys import PublicKey
    from ..settings import Settings
    from ..verdict import Verdict

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

_PICTURE = typer.Argument(metavar="PICTURE", help="The picture.")
_SUFFIXES = (".html", ".pdf", ".json")


class Words(StrEnum):
    """The forms of an answer for people and for programs."""

    TEXT = "text"
    JSON = "json"


@app.callback()
def group() -> None:
    """Keep, check, compare and sum up verdicts."""


@app.command(
    epilog="\b\nExamples:\n  brushwork report make picture.png\n"
    '  brushwork report make picture.png -o case.pdf --note "Entry 17 of the spring contest" --stability\n'
)
def make(
    picture: Annotated[Path, _PICTURE],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="F", help="A file that ends with .html, .pdf or .json.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What the case file shall say beside the verdict.")] = "",
    asked_by: Annotated[
        str | None, typer.Option("--asked-by", help="Who asks, as the case file shall name it.")
    ] = None,
    stability: Annotated[bool, typer.Option("--stability", help="Examine eight re-encodings as well.")] = False,
) -> None:
    """Examine a picture and write a signed case file: one HTML page that opens offline, a PDF, or JSON."""
    from ..report.casefile import case_file, trust_of
    from ..report.keys import signing_key
    from ..report.make import Form, written
    from ..settings import load_settings
    from ..takeaways import prepared
    from ..workers import Job, Workers

    output = output or Path(f"{picture.stem}-case.html")
    if output.suffix.lower() not in _SUFFIXES:
        raise usage(f"{output} ends with none of {', '.join(_SUFFIXES)}.", option="--output")
    settings = load_settings()
    key = signing_key(settings)
    job = Job(picture, shown(picture.name), channel="command_line")
    with Workers(settings, 1) as workers:
        verdict, images = workers.take(job, partial(prepared, stability=stability))
    case = case_file(verdict, name=picture.name, note=note, asked_by=asked_by, trust_list=trust_of(settings))
    _write(output, written(case, images, key, Form(output.suffix.lower()[1:])))
    say(f"{output}: {verdict.wording.answer if verdict.wording else ''}. Signed with key {key.public.id}.")


@app.command(
    epilog="\b\nExamples:\n  brushwork report verify case.html\n"
    "  brushwork report verify case.html --picture picture.png\n"
    "\b\nExit codes: 0 nothing differs, 1 something differs, 3 the file is no case file or cannot be read.\n"
)
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A case file: .html, .pdf or .json.")],
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="PICTURE", help="The original, to compare and examine again.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY|F", help="The public key of the issuer, or a file with it.")
    ] = None,
) -> None:
    """Say in words what of a case file holds, what differs and what could not be checked."""
    from ..report.check import MAX_FILE, check
    from ..settings import load_settings

    settings = load_settings()
    data, _ = read_source(file, Limits(max_bytes=MAX_FILE))
    original = read_source(picture, Limits.of(settings))[0] if picture else None
    found = check(data, _evidence(settings, original, key))
    _tell(found)
    raise typer.Exit(ExitCode.DONE if found.holds else ExitCode.POLICY)


@app.command(
    epilog="\b\nExamples:\n  brushwork report compare sketch.png final.png\n"
    "  brushwork report compare original.png downloaded.jpg --format json\n"
)
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="A picture, such as work in progress.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another, such as the final one.")],
    form: Annotated[Words, typer.Option("--format", help="For people or for programs.")] = Words.TEXT,
    stability: Annotated[bool, typer.Option("--stability", help="Examine eight re-encodings of both.")] = False,
) -> None:
    """Say how two pictures and their verdicts differ, and whether one may be a copy or a part of the other."""
    from ..settings import load_settings
    from ..takeaways import compared
    from ..workers import Job, Workers

    settings = load_settings()
    other = Job(second, shown(second.name), channel="command_line")
    with Workers(settings, 1) as workers:
        found = workers.take(
            Job(first, shown(first.name), channel="command_line"), partial(compared, other=other, stability=stability)
        )
    typer.echo(found.model_dump_json(indent=2) if form is Words.JSON else found.to_text(first.name, second.name))


@app.command("text", epilog="\b\nExample:\n  brushwork report text picture.png\n")
def as_text(picture: Annotated[Path, _PICTURE]) -> None:
    """Print the verdict as a few lines of plain text, to paste into a mail."""
    from ..settings import load_settings
    from ..workers import Job, Workers

    with Workers(load_settings(), 1) as workers:
        verdict = workers.examine(Job(picture, shown(picture.name), channel="command_line"))
    typer.echo(verdict.to_text(picture.name))


@app.command(
    epilog="\b\nExample:\n  brushwork scan -r submissions/ --format jsonl -o results.jsonl\n"
    "  brushwork report batch results.jsonl -o report.html\n"
)
def batch(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="What `brushwork scan --format jsonl` wrote.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="F", help="The HTML file to write.")],
    title: Annotated[str, typer.Option("--title", help="What the report is about.")] = "",
) -> None:
    """Make one HTML page from many verdicts: histogram, expected false accusations, table. It opens offline."""
    from ..report.batch import MAX_FILE, batch_html, read_jsonl

    data, _ = read_source(results, Limits(max_bytes=MAX_FILE))
    rows = read_jsonl(data, shown(results.name))
    _write(output, batch_html(rows, title or results.stem))
    say(f"{output}: {len(rows)} pictures.")


def _evidence(settings: Settings, picture: bytes | None, key: str | None) -> Evidence:
    from ..forensics.distant import bundle_of
    from ..report.casefile import trust_of
    from ..report.check import Evidence
    from ..report.keys import known_key

    own = known_key(settings)
    known = (_given(key), "the key that was given") if key else (own, "this machine's own key") if own else None
    return Evidence(
        picture=picture,
        keys=(known,) if known else (),
        only_these=key is not None,
        bundle_sha256=bundle_of(settings).sha256,
        trust_list=trust_of(settings),
        examine=partial(_again, settings),
    )


def _again(settings: Settings, picture: bytes, case: CaseFile) -> Verdict:
    from ..workers import Job, Workers

    then = case.verdict
    job = Job(
        picture, case.name or "the picture", explain=then.regions is not None, stability=then.stability is not None
    )
    with Workers(settings, 1) as workers:
        return workers.examine(job)


def _given(key: str) -> PublicKey:
    from ..report.keys import PublicKey

    try:
        text = Path(key).read_text("utf-8") if Path(key).is_file() else key
    except (OSError, ValueError) as error:
        raise SigningError(f"The key in {shown(key)} cannot be read.", "Give the key itself, or its file.") from error
    return PublicKey.of(text)


_MARKS = {"holds": "holds   ", "differs": "DIFFERS ", "could not be checked": "unknown "}


def _tell(found: Checked) -> None:
    for check in found.checks:
        typer.echo(f"{_MARKS[check.outcome]} {check.about:<10} {check.words}")
    if found.case is not None and found.case.verdict.wording is not None:
        told = found.case.verdict.wording
        typer.echo(f'\nIt says: "{told.answer}". {told.why} {told.error_rate}')


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise usage(f"{shown(str(path))} cannot be written: {error.strerror}.", option="--output") from error
