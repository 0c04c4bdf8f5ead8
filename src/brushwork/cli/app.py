"""The commands, in one table. A command's module is imported when it is called: `scan` never loads the lab."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from .. import __version__


@dataclass(frozen=True)
class Entry:
    """One command: its name, the module under `cli` whose `app` has it, and its line in the help."""

    name: str
    module: str
    help: str


COMMANDS: Final[tuple[Entry, ...]] = (
    Entry("scan", "scan", "Examine pictures, folders and lists of them."),
    Entry("serve", "serve", "Serve the page and the HTTP interface on this machine."),
    Entry("report", "report", "Keep a verdict as a signed case file, check one, compare two, sum up many."),
    Entry("models", "models", "List, verify and read about the models."),
    Entry("doctor", "doctor", "Say what is installed and whether it works."),
    Entry("bench", "bench", "Measure how fast this machine examines pictures."),
    Entry("keys", "keys", "Make, list and revoke API keys."),
    Entry("db", "db", "Bring the database of saved verdicts up to date, tidy it up."),
    Entry("feedback", "feedback", "List feedback and hand over what was accepted."),
    Entry("data", "data", "Look into training data (lab)."),
    Entry("train", "train", "Train a model by a recipe (lab)."),
    Entry("tune", "tune", "Search the settings of a classifier's recipe (lab)."),
    Entry("evaluate", "judge", "Measure a trained model (lab)."),
    Entry("calibrate", "judge", "Fit thresholds and finish the bundle (lab)."),
    Entry("compare", "compare", "Compare trained classifiers and say which to take (lab)."),
    Entry("explain", "explain", "Show which places of a picture a model looks at (lab)."),
    Entry("export", "export", "Export a trained model in other forms, or as a bundle (lab)."),
)


class LazyGroup(TyperGroup):
    """Replaces the stand-in of a command by the real one when it is called, not when it is listed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command that `args` begin with, and import it."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        entry = next((entry for entry in COMMANDS if entry.name == name), None)
        return name, stand_in if entry is None else _load(entry), rest


def _load(entry: Entry) -> Any:
    """The command of that name in the module's app, or the whole app where it is a group of commands."""
    group = typer.main.get_group(import_module(f".{entry.module}", __package__).app)
    return group.commands.get(entry.name, group)


def _stand_in() -> None:
    """Never runs; `LazyGroup` puts the real command in its place."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"brushwork {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Was this artwork made with AI? Provenance, pixel forensics and an honest error rate, offline."""


def build() -> typer.Typer:
    """The whole command line, with the commands whose modules are installed."""
    app = typer.Typer(
        cls=LazyGroup, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=True
    )
    app.callback()(_root)
    for entry in COMMANDS:
        if find_spec(f"{__package__}.{entry.module}") is not None:
            app.command(entry.name, help=entry.help)(_stand_in)
    return app
