"""`brushwork export`: a trained model in other forms, or as a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from ..errors import LabError
from .lab_common import refuse_given, require_lab, ticked
from .messages import say, usage

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
DEFAULT: Final = "onnx"


@app.callback()
def group() -> None:
    """Export models."""


@app.command(
    epilog="\b\nExamples:\n  brushwork export art-0 --out runs/art-0\n"
    "  brushwork export runs/resnet18 --form onnx --form safetensors\n"
    "  brushwork export runs/resnet18 --bundle runs/resnet18/bundle\n"
    "  BRUSHWORK_MODEL=runs/resnet18/bundle brushwork scan pictures/\n"
    "  brushwork export --make-tflite-env\n"
)
def export(
    context: typer.Context,
    what: Annotated[
        str | None, typer.Argument(metavar="RUN|RECIPE", help="Folder of a classifier's run, or a forensic recipe.")
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option(help="safetensors, onnx, onnx-int8, torch-export, torchscript, keras, h5 or tflite; several do."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the files; of a recipe: the folder of its run.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Make a bundle that scan and serve take, in this folder.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Which checkpoint of a recipe; default: the newest.")] = None,
    make_tflite_env: Annotated[
        bool, typer.Option("--make-tflite-env", help="Make the environment for tflite once: about 2 GB, the network.")
    ] = False,
) -> None:
    """Export a trained model, prove that both compute the same, and say what it costs.

    A classifier's run goes into any form, and from ONNX into a bundle; a forensic recipe's checkpoint into its bundle.
    """
    require_lab()
    if make_tflite_env:
        from ..lab.classifiers.forms.of_tflite import environment, make_environment

        say(f"TFLite: {make_environment(environment())} is ready")
        if what is None:
            return
    if what is None:
        raise usage("Name a run or a recipe to export.")
    if Path(what).is_dir():
        refuse_given(context, ("checkpoint",), "a run is exported with the weights of its best epoch.")
        _export_run(Path(what), form or [DEFAULT], out, bundle)
    else:
        refuse_given(context, ("form", "bundle"), "a forensic recipe is exported as ONNX into the bundle of its run.")
        _export_recipe(what, out or Path("runs/latest"), checkpoint)


def _export_run(folder: Path, forms: list[str], out: Path | None, bundle: Path | None) -> None:
    from ..lab.classifiers.handing import bundle_run, export_run, refuse_unbundled
    from ..lab.classifiers.runs import load_run

    run = load_run(folder)
    if bundle is not None:
        refuse_unbundled(run)
    written, table = export_run(run, forms, out)
    typer.echo(table.markdown)
    if bundle is not None:
        made = bundle_run(run, written, bundle, ticked)
        say(f"bundle: {made}; use it with BRUSHWORK_MODEL={made}")


def _export_recipe(recipe: str, out: Path, checkpoint: Path | None) -> None:
    from ..lab.plan import read_plan
    from ..lab.workflow import run_export, trained_file

    plan = read_plan(recipe)
    chosen = checkpoint or trained_file(plan, out)
    if chosen is None:
        raise LabError(f"There is no checkpoint in {out}.", "Run `brushwork train` first, or name one.")
    difference = run_export(plan, chosen, out)
    say(f"exported {chosen.name}; torch and ONNX Runtime differ by {difference:.1e} at most")
