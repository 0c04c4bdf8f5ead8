"""`brushwork data`: collect training data, and look into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .data_generate import generate
from .data_get import get, listed
from .data_inspect import inspect
from .data_prepare import preprocess
from .lab_common import require_lab, ticked

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Collect training data, and look into it."""


app.command("list", epilog="\b\nExamples:\n  brushwork data list\n")(listed)
app.command(
    epilog="\b\nExamples:\n  brushwork data get cifake --from downloads/cifake --out data/cifake\n"
    "  brushwork data get hf:owner/name --limit 5000\n"
    "  brushwork data get urls --from paintings.csv --label human --out data/paintings\n"
)(get)
app.command(
    epilog="\b\nExamples:\n  brushwork data preprocess data/cifake --size 32 --split given --out prepared/cifake-32\n"
    "  brushwork data preprocess data/one data/other --size 224 --group-by generator --balance --out prepared/mix\n"
    "  brushwork data preprocess data/mine --size 32,224 --out prepared/mine\n"
    "  brushwork data preprocess data/mine --size 384 --split 90/10 --multi-crop 3 --mirror --out prepared/mine\n"
    "  brushwork data preprocess data/mine --size 224 --weather hard --out prepared/drifted\n"
)(preprocess)
app.command(
    epilog="\b\nExamples:\n  brushwork data inspect data/cifake --limit 2000\n  brushwork data inspect prepared/mine\n"
)(inspect)
app.command(
    epilog="\b\nExamples:\n  brushwork data generate --prompts prompts.txt --count 600 --provider openai -o data/made\n"
    "  brushwork data generate --frames clip.gif --every 10 --label human --out data/frames\n"
)(generate)


@app.command(epilog="\b\nExamples:\n  brushwork data audit art-0\n  brushwork data audit prepared/cifake-32\n")
def audit(
    subject: Annotated[str, typer.Argument(metavar="RECIPE|FOLDER", help="A recipe, or the folder of a prepared set.")],
) -> None:
    """Look for duplicates across splits, lopsided classes and shortcuts. Ends with 4 where training would refuse."""
    require_lab()
    if Path(subject).is_dir():
        _audit_prepared(Path(subject))
    else:
        _audit_recipe(subject)


def _audit_prepared(folder: Path) -> None:
    from ..lab.classifiers.prepared import open_prepared
    from ..lab.prepared_audit import audit_prepared

    found = audit_prepared(open_prepared(folder))
    for line in found.told():
        typer.echo(line)
    found.refuse()


def _audit_recipe(recipe: str) -> None:
    from ..lab.plan import read_plan
    from ..lab.workflow import run_audit

    gathered, _, found = run_audit(read_plan(recipe), ticked)
    typer.echo(f"train: {found.human} human of {found.human_sources} sources, {found.ai} AI of {found.ai_sources}")
    for line in gathered.left_out:
        typer.echo(f"left out: {line}")
    typer.echo(f"the same file in dev: {len(found.same_file)}; nearly one of dev: {len(found.near)} (never trained on)")
    typer.echo(f"shortcut probe, AUC: {found.before:.3f} as published, {found.after:.3f} after the preparation")
    found.refuse_shortcuts()


@app.command(
    epilog="\b\nExamples:\n  brushwork data collect sources --clones ../clones --out ../collection "
    "--reserved ../shared/data/reserved.txt\n"
    "  brushwork data collect dev-sources --role dev --clones ../clones --out ../collection/dev "
    "--reserved ../shared/data/reserved.txt --listed ../shared/data/art/pictures.parquet\n"
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
    role: Annotated[str, typer.Option(help="Which part of the list: train, or dev for the set kept apart.")] = "train",
    seed: Annotated[int, typer.Option(help="Draws the pictures of a source that has more than its cap.")] = 0,
    most: Annotated[int, typer.Option(min=1, help="At most so many pictures of one line of the table.")] = 500,
) -> None:
    """Read the pictures of a table of sources out of git clones, and write a manifest for training.

    Nothing is fetched: clone the repositories first. Started again, it goes on where it stopped.
    """
    require_lab()
    from ..lab.collect import Gathering
    from ..lab.collect import collect as run_collect
    from ..lab.datasets import read_manifest, read_reserved
    from ..lab.sources import read_listed, read_sources

    plan = Gathering(
        clones=clones, out=out, listed=read_listed(listed, role) if listed else {}, reserved=read_reserved(reserved),
        apart=read_manifest(apart) if apart else (), seed=seed, most=most,
    )  # fmt: skip
    for line in run_collect(read_sources(sources), plan, ticked).told():
        typer.echo(line)
