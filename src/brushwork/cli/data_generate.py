"""`brushwork data generate`: pictures made of prompts by an image interface, or the frames of a moving picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .data_get import Label
from .lab_common import require_lab, ticked
from .messages import say, usage

if TYPE_CHECKING:
    from ..lab.adapters.generate import Series
    from ..lab.adapters.providers import Provider

Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for pictures and manifest.")]
Prompts = Annotated[
    Path | None, typer.Option(help="A text file, a prompt a line; {this|that} is drawn by --seed.", metavar="FILE")
]
ProviderName = Annotated[str, typer.Option("--provider", help="Who makes them: openai. Without it nobody is asked.")]
Model = Annotated[str, typer.Option(help="The provider's name of the model.")]
Size = Annotated[str, typer.Option(help="As the provider writes it.")]
Count = Annotated[int | None, typer.Option(min=1, help="So many pictures, the lines in turn; default: one a line.")]
Seed = Annotated[int, typer.Option(help="Draws the words of the prompts; it is sent to nobody.")]
BaseUrl = Annotated[str, typer.Option(help="Another server with the provider's interface.")]
KeyVariable = Annotated[str, typer.Option(help="The environment variable of the key; default: the provider's own.")]
Kind = Annotated[str, typer.Option(help="What kind of pictures they are, for the manifest.")]
Frames = Annotated[Path | None, typer.Option(metavar="FILE", help="An animated GIF, WebP, APNG or AVIF to take apart.")]
Every = Annotated[int, typer.Option(min=1, help="Take each so-many-th frame.")]
LabelOption = Annotated[Label | None, typer.Option(help="The class of the frames.")]
Generator = Annotated[str, typer.Option(help="The generator of AI frames.")]


def generate(
    out: Out,
    prompts: Prompts = None,
    provider: ProviderName = "",
    model: Model = "gpt-image-1",
    size: Size = "1024x1024",
    count: Count = None,
    seed: Seed = 0,
    base_url: BaseUrl = "",
    key_variable: KeyVariable = "",
    kind: Kind = "",
    frames: Frames = None,
    every: Every = 1,
    label: LabelOption = None,
    generator: Generator = "",
) -> None:
    """Have pictures made of prompts, or take the frames of a moving picture, and list them.

    Prompt, model, seed and date of each stand in manifest.csv. Started again, it pays only for what is missing.
    """
    require_lab()
    if frames is not None and label is not None:
        from ..lab.adapters.generate import take_frames

        found = take_frames(frames, out, int(label is Label.AI), every, generator)
        typer.echo(f"{len(found.rows):,} frames")
        return
    if prompts is None or not provider or frames is not None:
        raise usage("Give --prompts with --provider, or --frames with --label.", "Nothing is sent to anyone otherwise.")
    from ..lab.adapters.generate import Series
    from ..lab.adapters.prompts import read_prompts
    from ..lab.adapters.providers import provider as named

    series = Series(tuple(read_prompts(prompts, count, seed)), model, size, seed, kind)
    found_count = _made(series, named(provider), base_url, key_variable, out)
    typer.echo(f"{found_count:,} pictures by {model}")


def _made(series: Series, by: Provider, base_url: str, key_variable: str, out: Path) -> int:
    """Make them; how many there are."""
    from ..lab.adapters.generate import generate as run_generate
    from ..lab.adapters.providers import Road, key_from
    from ..settings import Settings
    from .web import fetched

    settings = Settings()
    key = key_from(key_variable or by.key_variable)
    road = Road(base_url or by.base_url, key, lambda url: fetched(url, settings))
    say(f"asking {road.base_url} for {len(series.prompts):,} pictures, less those that are there")
    return len(run_generate(series, by, road, out, ticked).rows)
