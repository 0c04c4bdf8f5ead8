"""`brushwork models`: which models there are, whether they are whole, what their cards say, how two differ."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from ..errors import BundleError
from ..forensics.bundle import DEFAULT, MODEL_FILE, Bundle, load_bundle, shipped_bundles
from ..text import shown
from .exits import ExitCode
from .messages import complain

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

_NAMES = typer.Argument(metavar="NAME|FOLDER", help="Shipped models by name, others by folder; default: all shipped.")


class Form(StrEnum):
    """The forms of a list."""

    TABLE = "table"
    JSON = "json"


@app.callback()
def group() -> None:
    """List, verify, compare and read about the models."""


@app.command("list", epilog="\b\nExamples:\n  brushwork models list\n  brushwork models list --format json\n")
def list_models(form: Annotated[Form, typer.Option("--format", help="Form of the list.")] = Form.TABLE) -> None:
    """List the models that are shipped, with how often each wrongly accuses."""
    rows = [_facts(load_bundle(name)) for name in shipped_bundles()]
    if form is Form.JSON:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = " (default)" if row["default"] else ""
        typer.echo(f"{row['name']} {row['version']}{mark}  {row['bytes'] / 1e6:.1f} MB  sha256 {row['sha256'][:12]}")
        typer.echo(
            f'  "looks AI-generated" at {row["strict"]["probability"]:.2f} and above: '
            f"{row['strict']['fpr']:.1%} of {row['strict']['n_human']} human works "
            f"(at most {row['strict']['fpr_upper95']:.1%} with 95 % confidence), "
            f"{row['strict']['recall']:.1%} of {row['strict']['n_ai']} AI works"
        )


@app.command(epilog="\b\nExamples:\n  brushwork models verify\n  brushwork models verify art-1 ../my-bundle\n")
def verify(names: Annotated[list[str] | None, _NAMES] = None) -> None:
    """Check every file against its recorded hash and load the model. Ends with 4 where one is damaged."""
    from ..forensics.scorer import Scorer

    damaged = 0
    for name in names or shipped_bundles():
        try:
            bundle = load_bundle(name)
            Scorer(bundle)
        except BundleError as error:
            damaged += 1
            complain(error)
        else:
            typer.echo(f"{bundle.recipe.name}: {len(bundle.recipe.files)} files match their hashes, the model loads")
    raise typer.Exit(ExitCode.UNUSABLE if damaged else ExitCode.DONE)


@app.command(epilog="\b\nExamples:\n  brushwork models card\n  brushwork models card art-1 > CARD.md\n")
def card(name: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="Which model.")] = "default") -> None:
    """Print the card of a model: what it can and cannot do, and how it was measured."""
    typer.echo(load_bundle(name).card)


@app.command(
    epilog="\b\nExamples:\n  brushwork models diff art-1 runs/latest/bundle pictures/\n"
    "  brushwork models diff art-1 ../other --format json *.png\n"
)
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A model by name or folder.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURES...", help="Files, folders or globs.")],
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Look into sub-folders.")] = False,
    form: Annotated[Form, typer.Option("--format", help="Form of the list.")] = Form.TABLE,
) -> None:
    """Show which pictures get another answer from B than from A. Ends with 3 where a picture could not be read."""
    from .changes import changes

    found = list(changes(before, after, pictures, recursive))
    changed = [c for c in found if c.changed]
    if form is Form.JSON:
        typer.echo(json.dumps([c.as_dict() for c in changed], indent=2))
    else:
        for change in changed:
            typer.echo(change.line)
        typer.echo(f"{len(changed)} of {sum(c.problem is None for c in found)} pictures get another answer")
    for change in found:
        if change.problem is not None:
            complain(change.problem)
    raise typer.Exit(ExitCode.SOME_FAILED if any(c.problem for c in found) else ExitCode.DONE)


def _facts(bundle: Bundle) -> dict[str, Any]:
    recipe = bundle.recipe
    return {
        "name": recipe.name,
        "version": shown(recipe.version),
        "default": recipe.name == DEFAULT,
        "sha256": bundle.sha256,
        "bytes": (bundle.folder / MODEL_FILE).stat().st_size,
        "patch_size": recipe.patches.size,
        "created": shown(recipe.origin.created),
        "strict": recipe.thresholds.strict.model_dump(),
    }
