"""`brushwork train`, `evaluate`, `calibrate`, `export` and `data`: the lab, which needs the extra `lab`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from ..errors import LabError
from .messages import is_terminal, say
from .progress import Progress

T = TypeVar("T")

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
data = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(data, name="data")

Recipe = Annotated[str, typer.Argument(metavar="RECIPE", help="A TOML file, or the name of a shipped recipe.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the run: checkpoints, scores, bundle.")]
NEEDED = ("torch", "timm", "lightning", "sklearn", "onnxscript", "pyarrow", "mlflow", "matplotlib")


POLITE: Final = 10
"""How far a long run steps back behind other programs (nice)."""


@app.callback()
def group() -> None:
    """Train, judge and export models."""


@data.callback()
def data_group() -> None:
    """Collect training data, and look into it."""


@app.command(epilog="\b\nExamples:\n  brushwork train art-0 --out runs/art-0\n  brushwork train my.toml --fresh\n")
def train(
    recipe: Recipe,
    out: Out = Path("runs/latest"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start anew instead of from the newest checkpoint.")] = False,
    ablate: Annotated[
        Path | None, typer.Option("--ablate", metavar="FILE", help="Compare the changes in a TOML file instead.")
    ] = None,
) -> None:
    """Audit the data, train by a recipe, and export the network.

    Started again after a kill, it goes on from the newest checkpoint; so does an ablation, cell by cell.
    """
    _require_lab()
    from ..lab.plan import read_plan
    from ..lab.workflow import run_ablation, run_training

    if ablate is not None:
        _politely()
        typer.echo(run_ablation(read_plan(recipe), ablate, out, say))
        return

    checkpoint = run_training(read_plan(recipe), out, not fresh, is_terminal(), _ticked)
    say(f"trained: {checkpoint.name}; next: brushwork evaluate {recipe} --out {out}")


class LeaveOut(StrEnum):
    """What is left out of training in turn."""

    SOURCES = "sources"
    GENERATORS = "generators"


@app.command(
    epilog="\b\nExamples:\n  brushwork evaluate art-0 --out runs/art-0\n"
    "  brushwork evaluate art-0 --out runs/held-out --leave-out sources --folds 5 --seeds 3 --epochs 6\n"
)
def evaluate(
    recipe: Recipe,
    out: Out = Path("runs/latest"),
    leave_out: Annotated[
        LeaveOut | None, typer.Option("--leave-out", help="Train without each part in turn, and measure on it.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the sources.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each part, with seeds that follow each other.")] = 1,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each training; default: the recipe's.")] = None,
    pictures: Annotated[int, typer.Option(min=1, help="At most so many pictures of a class are judged.")] = 300,
) -> None:
    """Score the recipe's dev set under every weather and re-encoding, and write the report of the run.

    With --leave-out the recipe is trained anew for each part that is left out; started again, it goes on.
    """
    _require_lab()
    from ..lab.plan import read_plan
    from ..lab.workflow import EVALUATION, run_evaluation, run_holdout

    plan = read_plan(recipe)
    if leave_out is not None:
        from ..lab.holdout import Budget

        _politely()
        typer.echo(run_holdout(plan, leave_out.value, Budget(folds, seeds, epochs, pictures), out, say))
        return
    from ..lab.tables import by_weather

    typer.echo(by_weather(run_evaluation(plan, out, _ticked)).markdown)
    say(f"report: {out / EVALUATION / 'report.html'}")


@app.command(
    epilog="\b\nExamples:\n  brushwork calibrate art-0 --out runs/art-0\n  brushwork models card runs/art-0/bundle\n"
)
def calibrate(recipe: Recipe, out: Out = Path("runs/latest")) -> None:
    """Fit calibration and thresholds on the scores of a run and finish its bundle, with its card."""
    _require_lab()
    from ..lab.plan import read_plan
    from ..lab.workflow import run_calibration

    typer.echo(str(run_calibration(read_plan(recipe), out)))


@app.command(epilog="\b\nExamples:\n  brushwork export art-0 --out runs/art-0\n")
def export(
    recipe: Recipe,
    out: Out = Path("runs/latest"),
    checkpoint: Annotated[Path | None, typer.Option(help="Which checkpoint; default: the newest of the run.")] = None,
) -> None:
    """Export a checkpoint to ONNX and prove that both compute the same."""
    _require_lab()
    from ..lab.keeping import CHECKPOINTS, newest_checkpoint
    from ..lab.plan import read_plan
    from ..lab.workflow import run_export

    chosen = checkpoint or newest_checkpoint(out / CHECKPOINTS)
    if chosen is None:
        raise LabError(f"There is no checkpoint in {out}.", "Run `brushwork train` first, or name one.")
    difference = run_export(read_plan(recipe), chosen, out)
    say(f"exported {chosen.name}; torch and ONNX Runtime differ by {difference:.1e} at most")


@data.command(epilog="\b\nExamples:\n  brushwork data audit art-0\n")
def audit(recipe: Recipe) -> None:
    """Look for duplicates across splits, lopsided classes and shortcuts. Ends with 4 where training would refuse."""
    _require_lab()
    from ..lab.plan import read_plan
    from ..lab.workflow import run_audit

    gathered, _, found = run_audit(read_plan(recipe), _ticked)
    typer.echo(f"train: {found.human} human of {found.human_sources} sources, {found.ai} AI of {found.ai_sources}")
    for line in gathered.left_out:
        typer.echo(f"left out: {line}")
    typer.echo(f"the same file in dev: {len(found.same_file)}; nearly one of dev: {len(found.near)} (never trained on)")
    typer.echo(f"shortcut probe, AUC: {found.before:.3f} as published, {found.after:.3f} after the preparation")
    found.refuse_shortcuts()


@data.command(
    epilog="\b\nExamples:\n  brushwork data collect sources --clones ../clones --out ../collection "
    "--reserved ../shared/data/reserved.txt\n"
)
def collect(
    sources: Annotated[str, typer.Argument(metavar="SOURCES", help="A CSV table, or the name of a shipped one.")],
    clones: Annotated[Path, typer.Option(help="Folder of git clones, each named owner+name.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures and manifest.csv.")],
    reserved: Annotated[Path, typer.Option(help="Blob ids that may not be taken, one a line.")],
    apart: Annotated[
        Path | None, typer.Option(help="Manifest whose sources and near copies may not be taken; best the dev set.")
    ] = None,
    listed: Annotated[Path | None, typer.Option(help="Parquet list of pictures, for lines that say `listed`.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the pictures of a source that has more than its cap.")] = 0,
    most: Annotated[int, typer.Option(min=1, help="At most so many pictures of one line of the table.")] = 500,
) -> None:
    """Read the pictures of a table of sources out of git clones, and write a manifest for training.

    Nothing is fetched: clone the repositories first. Started again, it goes on where it stopped.
    """
    _require_lab()
    from ..lab.collect import Gathering
    from ..lab.collect import collect as run_collect
    from ..lab.datasets import read_manifest, read_reserved
    from ..lab.sources import read_listed, read_sources

    plan = Gathering(
        clones=clones, out=out, listed=read_listed(listed) if listed else {}, reserved=read_reserved(reserved),
        apart=read_manifest(apart) if apart else (), seed=seed, most=most,
    )  # fmt: skip
    for line in run_collect(read_sources(sources), plan, _ticked).told():
        typer.echo(line)


def _ticked(rows: Sequence[T]) -> Iterator[T]:
    with Progress(len(rows)) as bar:
        for row in rows:
            yield row
            bar.advance()


def _politely() -> None:
    """Hours of work in the background leave the machine to others."""
    if hasattr(os, "nice") and os.nice(0) == 0:
        os.nice(POLITE)


def _require_lab() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise LabError(f"The lab needs {', '.join(missing)}.", "Install it with: pip install 'brushwork[lab]'")
