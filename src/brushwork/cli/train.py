"""`brushwork train`: train by a recipe, of a forensic bundle or of a picture classifier."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ..errors import LabError
from .lab_common import Out, Recipe, politely, require_lab, ticked
from .messages import is_terminal, say

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

EXAMPLES: Final = """\b
Examples:
  brushwork train art-0 --out runs/art-0
  brushwork train cifake-resnet9 --data data/cifake-32 --out runs/resnet9
  brushwork train s2-model-3 --data data/art-224 --backbone mobilenetv2.npz --model mobilenetv2_100
  brushwork train my.toml --task generator --epochs 3 --out runs/attribution
  brushwork train my.toml --fairness-alpha 2 --fairness-beta 0.5 --out runs/fair
"""
CLASSIFIER: Final = "Picture classifiers"


@app.callback()
def group() -> None:
    """Train models."""


@app.command(epilog=EXAMPLES)
def train(
    recipe: Recipe,
    out: Out = Path("runs/latest"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start anew instead of from the newest checkpoint.")] = False,
    ablate: Annotated[
        Path | None, typer.Option("--ablate", metavar="FILE", help="Compare the changes in a TOML file instead.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of the prepared set.", rich_help_panel=CLASSIFIER)
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of the zoo, of timm, or svm, knn ...")] = None,
    task: Annotated[str | None, typer.Option(help="ai, or generator (which one made it).")] = None,
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    batch: Annotated[int | None, typer.Option(min=2)] = None,
    learning_rate: Annotated[float | None, typer.Option("--learning-rate", "--lr")] = None,
    optimiser: Annotated[str | None, typer.Option(help="adamw, adam or sgd.")] = None,
    schedule: Annotated[str | None, typer.Option(help="cosine, one_cycle, steps or constant.")] = None,
    freeze: Annotated[bool | None, typer.Option("--freeze/--no-freeze", help="Train the last layer only.")] = None,
    unfreeze_after: Annotated[int | None, typer.Option(min=1, help="Epochs with a frozen backbone.")] = None,
    pretrained: Annotated[bool | None, typer.Option("--pretrained/--scratch", help="timm's weights.")] = None,
    backbone: Annotated[Path | None, typer.Option(help="File of weights in place of the hub's.")] = None,
    precision: Annotated[str | None, typer.Option(help="bf16-mixed or 32-true.")] = None,
    accumulate: Annotated[int | None, typer.Option(min=1, help="Batches to a step.")] = None,
    devices: Annotated[int | None, typer.Option(min=1, help="Processes that train together.")] = None,
    patience: Annotated[int | None, typer.Option(min=0, help="Epochs without gain before it ends; 0: all.")] = None,
    fairness_alpha: Annotated[float | None, typer.Option(min=0, help="Weight of (mean(p) - beta)^2.")] = None,
    fairness_beta: Annotated[float | None, typer.Option(min=0, max=1, help="Share of AI that it aims at.")] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of each process.")] = None,
) -> None:
    """Train by a recipe: a picture classifier where it has a table [classifier], else the network of a bundle.

    For a classifier, the options below override keys of the recipe. Started again after a kill, it goes on from the
    newest checkpoint; so does an ablation, cell by cell.
    """
    require_lab()
    from ..lab.classifiers.plan import is_classifier
    from ..lab.plan import plan_from, read_recipe
    from ..lab.workflow import run_ablation, run_training

    settings = {
        "model": model, "task": task, "epochs": epochs, "batch": batch, "learning_rate": learning_rate,
        "optimiser": optimiser, "schedule": schedule, "freeze": freeze, "unfreeze_after": unfreeze_after,
        "pretrained": pretrained, "backbone": backbone, "precision": precision, "accumulate": accumulate,
        "devices": devices, "patience": patience, "fairness_alpha": fairness_alpha, "fairness_beta": fairness_beta,
        "threads": threads,
    }  # fmt: skip
    changes = {f"classifier.{name}": value for name, value in settings.items()}
    changes |= {"data.prepared": data, "seed": seed}
    raw, name = read_recipe(recipe)
    if is_classifier(raw):
        _train_classifier(raw, name, changes, out, fresh)
        return
    _refuse_changes(name, changes)
    if ablate is not None:
        politely()
        typer.echo(run_ablation(plan_from(raw, name), ablate, out, say))
        return
    checkpoint = run_training(plan_from(raw, name), out, not fresh, is_terminal(), ticked)
    say(f"trained: {checkpoint.name}; next: brushwork evaluate {recipe} --out {out}")


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


def _refuse_changes(name: str, changes: Mapping[str, Any]) -> None:
    given = [key.split(".")[-1].replace("_", "-") for key, value in changes.items() if value is not None]
    if given:
        raise LabError(
            f"{name} has no table [classifier]: --{given[0]} changes nothing there.", "Write it into the recipe."
        )
