"""`brushwork scan`: examine pictures and report in the form that is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from .exits import ExitCode
from .inputs import STDIN, Selection, choose, split_list, why_empty
from .messages import is_terminal, say, usage

if TYPE_CHECKING:
    from ..settings import Settings
    from .formats import Writer
    from .run import Plan

app = typer.Typer(rich_markup_mode=None)


class Form(StrEnum):
    """The forms of a report."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MD = "md"


_EXAMPLES = """\b
Examples:
  brushwork scan picture.png
  brushwork scan -r submissions/ --format csv -o report.csv
  brushwork scan -r archive/ --format jsonl -o report.jsonl --resume report.state --jobs 2
  find . -name '*.jpg' -print0 | brushwork scan --files-from - -0
  brushwork scan https://example.org/a.png
  brushwork scan assets/ --fail-on looks_ai --fail-on made_with_ai

\b
Exit codes: 0 done, 1 --fail-on found something, 2 wrong use, 3 some inputs failed,
4 model or configuration unusable, 130 interrupted.
"""


@app.command(epilog=_EXAMPLES)
def scan(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH|FOLDER|GLOB|URL|-", help="What to examine; - is standard input."),
    ] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Look into sub-folders, too.")] = False,
    files_from: Annotated[
        str | None, typer.Option(metavar="F|-", help="Read paths from this file, one a line; - is standard input.")
    ] = None,
    nul: Annotated[bool, typer.Option("-0", "--null", help="Paths of --files-from are separated by NUL.")] = False,
    form: Annotated[Form, typer.Option("--format", help="Form of the report.")] = Form.TABLE,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="F", help="Write the report there; - is standard output.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say where in the picture the score comes from.")] = False,
    stability: Annotated[
        bool, typer.Option("--stability", help="Examine eight re-encodings as well (nine times the work).")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(metavar="ANSWER", help="End with 1 at looks_ai|made_with_ai|partly_ai|cannot_tell|error. Repeat."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=64, help="Processes that examine at once.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="STATE", help="Keep verdicts in this file; examine what it lacks, report all."),
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each picture with its verdict printed under it there.")
    ] = None,
) -> None:
    """Examine pictures: was this artwork made with AI?"""
    policy = _policy(fail_on or [])
    output = None if output == Path("-") else output
    selection = _select(inputs or [], files_from, nul, recursive)
    from ..settings import load_settings

    settings = load_settings()
    stdin = _standard_input(settings.max_bytes + 1) if STDIN in (inputs or []) else b""
    _make_folder(annotate)
    _refuse_overwriting(output, resume, selection)
    plan = _plan(settings, jobs, selection, explain, stability, annotate, stdin)
    raise typer.Exit(_run(plan, selection, form, output, resume, policy))


def _run(
    plan: Plan, selection: Selection, form: Form, output: Path | None, resume: Path | None, policy: frozenset[str]
) -> ExitCode:
    """Start the workers first: they load the model while this process loads what it needs to report."""
    from .progress import Progress
    from .resume import ScanState
    from .run import run

    for note in selection.notes:
        say(note)
    streams_here = output is None and form is not Form.TABLE and is_terminal(sys.stdout)
    with ScanState(resume, plan.fingerprint()) if resume else nullcontext() as state, _opened(output) as out:
        with Progress(len(selection.items), wanted=not streams_here) as progress:
            tally = run(plan, selection, _writer(form, out), progress, state)
        if state is not None and state.unreadable:
            say(f"{state.unreadable} lines of {resume} could not be read; their pictures were examined again.")
    say(tally.words(progress.seconds))
    return tally.code(policy)


def _plan(
    settings: Settings,
    jobs: int | None,
    selection: Selection,
    explain: bool,
    stability: bool,
    annotate: Path | None,
    stdin: bytes,
) -> Plan:
    from .run import Plan

    useful = min(jobs or settings.workers, max(1, len(selection.items)))
    return Plan(settings, useful, explain, stability, annotate, stdin)


def _policy(words: list[str]) -> frozenset[str]:
    from .run import POLICIES

    found = [word for given in words for word in given.split(",") if word]
    for word in found:
        if word not in POLICIES:
            near = get_close_matches(word, POLICIES, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"One of {', '.join(POLICIES)}."
            raise usage(f"{word} is no answer to fail on.", hint, option="--fail-on")
    return frozenset(found)


def _select(names: list[str], files_from: str | None, nul: bool, recursive: bool) -> Selection:
    if nul and files_from is None:
        raise usage("-0 says how --files-from is separated.", "Give --files-from, too.", option="-0")
    if STDIN in names and files_from == STDIN:
        raise usage("Standard input is either a picture or a list.", "Give - only once.", option="--files-from")
    if not names and files_from is None:
        raise usage("Nothing to examine.", "Give files, folders, or --files-from; see the examples in --help.")
    listed = [] if files_from is None else split_list(_list(files_from), nul=nul)
    selection = choose(names, listed, recursive=recursive)
    if not selection.items:
        raise usage("No pictures found.", why_empty([*names, *listed], recursive=recursive))
    return selection


def _list(files_from: str) -> bytes:
    if files_from == STDIN:
        return _standard_input()
    try:
        return Path(files_from).read_bytes()
    except OSError as error:
        raise usage(f"{files_from} cannot be read: {error.strerror}.", option="--files-from") from error


def _standard_input(limit: int = -1) -> bytes:
    """At most `limit` bytes: one more than a picture may have is enough to refuse it."""
    if sys.stdin is None:  # closed, as some schedulers start their commands
        raise usage("Standard input is closed.", "Pipe a picture or a list into the command.")
    if is_terminal(sys.stdin):
        raise usage("Standard input is the keyboard.", "Pipe a picture or a list into the command.")
    return sys.stdin.buffer.read(limit)


def _make_folder(folder: Path | None) -> None:
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise usage(f"{folder} cannot be made: {error.strerror}.", option="--annotate") from error
    if not os.access(folder, os.W_OK):
        raise usage(f"{folder} cannot be written to.", "Name another folder.", option="--annotate")


def _refuse_overwriting(output: Path | None, resume: Path | None, selection: Selection) -> None:
    """A report must not land on a picture or on the state by a slip of the shell."""
    written = [(path, option) for path, option in ((output, "--output"), (resume, "--resume")) if path is not None]
    inputs = {_identity(item.path) for item in selection.items if item.path != STDIN} if written else set()
    for path, option in written:
        if _identity(path) in inputs:
            raise usage(f"{path} is one of the pictures to examine.", "Name another file.", option=option)
    if output is not None and resume is not None and _identity(output) == _identity(resume):
        raise usage("The report and the state are two files.", "Name another file for one.", option="--resume")


def _identity(path: Path | str) -> tuple[int, int] | str:
    """What two names of one file have in common, through links and `..`: device and inode of a file that is there,
    else the place to which the name leads."""
    try:
        status = os.stat(path)  # noqa: PTH116  keeps "" and surrogates as they are
        return status.st_dev, status.st_ino
    except (OSError, ValueError):  # not there yet, or no file name at all; examining it says so
        return os.fspath(path) if "\0" in os.fspath(path) else os.path.realpath(path)


def _writer(form: Form, out: TextIO) -> Writer:
    from . import formats
    from .table import TerminalTable

    writers: dict[Form, Callable[[TextIO], Writer]] = {
        Form.TABLE: TerminalTable,
        Form.JSON: formats.JsonArray,
        Form.JSONL: formats.JsonLines,
        Form.CSV: formats.Csv,
        Form.MD: formats.Markdown,
    }
    return writers[form](out)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Where the report goes. A reader that stops reading (`| head`) ends the run quietly."""
    if output is not None:
        try:
            stream = output.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise usage(f"{output} cannot be written: {error.strerror}.", option="--output") from error
        with stream:
            yield stream
        return
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.READER_GONE) from None
