"""What the lab's commands share: their arguments, the progress bar, and the error where the lab is not installed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from ..errors import LabError
from .messages import usage
from .progress import Progress

T = TypeVar("T")

Recipe = Annotated[str, typer.Argument(metavar="RECIPE", help="A TOML file, or the name of a shipped recipe.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the run: checkpoints, scores, bundle.")]
NEEDED: Final = ("torch", "timm", "lightning", "sklearn", "onnxscript", "pyarrow", "mlflow", "matplotlib", "skl2onnx")

POLITE: Final = 10
"""How far a long run steps back behind other programs (nice)."""


def ticked(rows: Sequence[T]) -> Iterator[T]:
    """`rows`, with a progress bar."""
    with Progress(len(rows), doing="reading") as bar:
        for row in rows:
            yield row
            bar.advance()


def politely() -> None:
    """Hours of work in the background leave the machine to others."""
    if hasattr(os, "nice") and os.nice(0) == 0:
        os.nice(POLITE)


def refuse_given(context: typer.Context, names: Sequence[str], why: str) -> None:
    """Raise a usage error where one of the options `names` stands on the command line, since it would do nothing."""
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise usage(f"--{name.replace('_', '-')} does nothing here: {why}", "Leave it away.")


def require_lab(*more: str) -> None:
    """Raise LabError where a package of the lab, or one of `more`, is missing."""
    missing = [name for name in (*NEEDED, *more) if find_spec(name) is None]
    if missing:
        raise LabError(f"The lab needs {', '.join(missing)}.", "Install it with: pip install 'brushwork[lab]'")
