"""`brushwork train`: train by a recipe, of a forensic bundle or of a picture classifier."""

# ruff: noqa: ARG001  (the options of a classifier are read from the context, by name)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ..errors import LabError
from .lab_common import Out, Recipe, politely, refuse_given, require_lab, ticked
from .messages import is_terminal, say

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

EXAMPLES: Final = """\b
Examples:
  brushwork train art-0 --out runs/art-0
  brushwork train cifake-resnet9 --data data/cifake-32 --out runs/resnet9
  brushwork train transfer-3 --model mobilenetv2_100 --backbone mobilenetv2.npz
  brushwork train my.toml --task generator --epochs 3 --out runs/attribution
  brushwork train my.toml --fairness-alpha 2 --fairness-beta 0.5 --out runs/fair
"""
NOT_OF_CLASSIFIER: Final = ("recipe", "out", "fresh", "ablate", "data", "seed")

Fresh = Annotated[bool, typer.Option("--fresh", help="Start anew: what the folder holds of a run is removed.")]
Ablate = Annotated[
    Path | None, typer.Option("--ablate", metavar="FILE", help="Compare the changes in a TOML file instead.")
]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of the prepared set.")]
Model = Annotated[str | None, typer.Option(help="Name of the zoo or of timm; svm, decision_tree, random_forest, knn.")]
Task = Annotated[str | None, typer.Option(help="ai, or generator (which one made it).")]
Epochs = Annotated[int | None, typer.Option(min=1, help="Passes over the training pictures.")]
Batch = Annotated[int | None, typer.Option(min=2, help="Pictures of a batch, in each process.")]
Rate = Annotated[float | None, typer.Option("--learning-rate", "--lr", help="The highest of the schedule.")]
Optimiser = Annotated[str | None, typer.Option(help="adamw, adam or sgd.")]
Schedule = Annotated[str | None, typer.Option(help="cosine, one_cycle, steps or constant.")]
Freeze = Annotated[bool | None, typer.Option("--freeze/--no-freeze", help="Train the last layer only.")]
UnfreezeAfter = Annotated[int | None, typer.Option(min=1, help="Epochs with a frozen backbone before all is trained.")]
Pretrained = Annotated[bool | None, typer.Option("--pretrained/--scratch", help="Begin with timm's weights.")]
Backbone = Annotated[Path | None, typer.Option(help="File of weights in place of the hub's.")]
Precision = Annotated[str | None, typer.Option(help="bf16-mixed or 32-true.")]
Accumulate = Annotated[int | None, typer.Option(min=1, help="Batches to a step.")]
Devices = Annotated[int | None, typer.Option(min=1, help="Processes that train together.")]
Patience = Annotated[int | None, typer.Option(min=0, help="Epochs without gain after which it ends; 0: never.")]
Alpha = Annotated[float | None, typer.Option(min=0, help="Weight of (mean(p) - beta)^2 in the loss; 0: off.")]
Beta = Annotated[float | None, typer.Option(min=0, max=1, help="Share of AI works that it aims at.")]
Seed = Annotated[int | None, typer.Option(help="Of everything that is drawn.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of each process.")]


@app.callback()
def group() -> None:
    """Train models."""


@app.command(epilog=EXAMPLES)
def train(
    context: typer.Context,
    recipe: Recipe,
    out: Out = Path("runs/latest"),
    fresh: Fresh = False,
    ablate: Ablate = None,
    data: Data = None,
    model: Model = None,
    task: Task = None,
    epochs: Epochs = None,
    batch: Batch = None,
    learning_rate: Rate = None,
    optimiser: Optimiser = None,
    schedule: Schedule = None,
    freeze: Freeze = None,
    unfreeze_after: UnfreezeAfter = None,
    pretrained: Pretrained = None,
    backbone: Backbone = None,
    precision: Precision = None,
    accumulate: Accumulate = None,
    devices: Devices = None,
    patience: Patience = None,
    fairness_alpha: Alpha = None,
    fairness_beta: Beta = None,
    seed: Seed = None,
    threads: Threads = None,
) -> None:
    """Train by a recipe: a picture classifier where it has a table [classifier], else the network of a bundle.

    For a classifier, options override keys of the recipe. Started again after a kill, it goes on from the newest
    checkpoint; so does an ablation, cell by cell.
    """
    require_lab()
    from ..lab.classifiers.plan import is_classifier
    from ..lab.plan import read_recipe

    raw, name = read_recipe(recipe)
    changes = {f"classifier.{key}": value for key, value in context.params.items() if key not in NOT_OF_CLASSIFIER}
    changes |= {"data.prepared": data, "seed": seed}
    _refuse_ablation(context, is_classifier(raw))
    if is_classifier(raw):
        _train_classifier(raw, name, changes, out, fresh)
    else:
        _refuse_changes(name, changes)
        _train_bundle(raw, recipe, out, fresh, ablate)


def _refuse_ablation(context: typer.Context, classifier: bool) -> None:
    """Raise a usage error where an ablation is asked for that would not be made so."""
    if classifier:
        why = "changes are compared of forensic recipes; train each and `compare` the runs."
        refuse_given(context, ("ablate",), why)
    elif context.params["ablate"] is not None:
        refuse_given(context, ("fresh",), "an ablation goes on cell by cell; a new --out starts anew.")


def _train_classifier(raw: dict[str, Any], name: str, changes: Mapping[str, Any], out: Path, fresh: bool) -> None:
    from ..lab.classifiers.plan import model_plan_from, with_changes
    from ..lab.classifiers.training import train_classifier

    plan = model_plan_from(with_changes(raw, changes), name)
    run = train_classifier(plan, out, resume=not fresh, progress=is_terminal(), say=say)
    for row in run.history[-1:]:
        say(f"last epoch: accuracy {row.val_accuracy:.4f}, AUC {row.val_auc:.4f} on val, {row.seconds:.0f} s")
    best = run.facts.get("best_epoch")
    kept = "" if best is None else f" (epoch {best} of {run.facts['epochs']} is kept)"
    say(f"trained: {out}{kept}; next: brushwork evaluate {out}")


def _train_bundle(raw: dict[str, Any], recipe: str, out: Path, fresh: bool, ablate: Path | None) -> None:
    from ..lab.plan import plan_from
    from ..lab.workflow import run_ablation, run_training

    plan = plan_from(raw, recipe)
    if ablate is not None:
        politely()
        typer.echo(run_ablation(plan, ablate, out, say))
        return
    checkpoint = run_training(plan, out, not fresh, is_terminal(), ticked)
    say(f"trained: {checkpoint.name}; next: brushwork evaluate {recipe} --out {out}")


def _refuse_changes(name: str, changes: Mapping[str, Any]) -> None:
    given = [key.split(".")[-1].replace("_", "-") for key, value in changes.items() if value is not None]
    if given:
        raise LabError(
            f"{name} has no table [classifier]: --{given[0]} changes nothing there.", "Write it into the recipe."
        )
