"""`brushwork bench`: how fast this machine examines pictures, one after the other on one thread."""

from __future__ import annotations

import io
import json
import statistics
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .exits import ExitCode
from .inputs import Chosen, choose, why_empty
from .messages import complain, usage
from .models import Form

if TYPE_CHECKING:
    from ..examine import Examiner

app = typer.Typer(rich_markup_mode=None)

SEED: Final = 1
DRAWN_SIDE: Final = 1024

_EXAMPLES = """\b
Examples:
  brushwork bench
  brushwork bench art/ --format json
"""


@app.command(epilog=_EXAMPLES)
def bench(
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="PATH|FOLDER|GLOB", help="Pictures; default: drawn ones.")
    ] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Look into sub-folders, too.")] = False,
    drawn: Annotated[int, typer.Option(min=1, max=1000, help="Pictures of 1 megapixel to draw.")] = 20,
    form: Annotated[Form, typer.Option("--format", help="Form of the report.")] = Form.TABLE,
) -> None:
    """Measure milliseconds per stage and pictures per second, warm, on one thread of one process."""
    pictures = _given(inputs, recursive) if inputs else draw(drawn)
    from ..examine import Examiner
    from ..settings import load_settings

    examiner = Examiner.from_settings(load_settings().model_copy(update={"threads": 1}))
    result, failed = measure(examiner, pictures)
    if result is None:
        raise usage("None of the pictures could be examined.", "See the errors above.")
    typer.echo(json.dumps(result, indent=2) if form is Form.JSON else _table(result))
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.DONE)


def measure(examiner: Examiner, pictures: list[tuple[str, bytes | str]]) -> tuple[dict[str, Any] | None, int]:
    """Examine all pictures once for warmth and once on the clock.

    Returns the figures, None where nothing could be examined, and how many pictures failed.
    """
    from ..errors import PictureError

    good: list[tuple[str, bytes | str]] = []
    for name, source in pictures:
        try:
            examiner.examine(source, name=name)
            good.append((name, source))
        except PictureError as error:
            complain(error)
    if not good:
        return None, len(pictures)
    stages: dict[str, list[float]] = {}
    pixels = 0
    start = time.perf_counter()
    for name, source in good:
        begun = time.perf_counter()
        verdict = examiner.examine(source, name=name)
        stages.setdefault("total", []).append((time.perf_counter() - begun) * 1000)
        pixels += verdict.input.width * verdict.input.height if verdict.input else 0
        for stage, milliseconds in verdict.timing_ms.items():
            stages.setdefault(stage, []).append(milliseconds)
    seconds = time.perf_counter() - start
    return {
        "pictures": len(good),
        "megapixels": round(pixels / 1e6, 2),
        "pictures_per_second": round(len(good) / seconds, 2),
        "model": examiner.bundle.recipe.name,
        "milliseconds": {stage: _summary(values) for stage, values in stages.items()},
    }, len(pictures) - len(good)


def _summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 2),
        "p90": round(ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))], 2),
        "mean": round(statistics.fmean(ordered), 2),
    }


def _table(result: dict[str, Any]) -> str:
    lines = [
        f"{result['pictures']} pictures, {result['megapixels']:.1f} megapixels, model {result['model']}, one thread",
        f"{'stage':<12} {'median ms':>10} {'p90 ms':>10} {'mean ms':>10}",
    ]
    for stage, row in result["milliseconds"].items():
        lines.append(f"{stage:<12} {row['median']:>10.2f} {row['p90']:>10.2f} {row['mean']:>10.2f}")
    return "\n".join([*lines, f"{result['pictures_per_second']:.1f} pictures per second"])


def draw(count: int, side: int = DRAWN_SIDE) -> list[tuple[str, bytes | str]]:
    """Draw `count` pictures of `side` x `side` pixels from SEED: smooth shapes under grain, JPEG and PNG by turns."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(SEED)
    y, x = np.mgrid[0:side, 0:side] / side
    drawn: list[tuple[str, bytes | str]] = []
    for number in range(count):
        waves = [np.sin(x * random.uniform(3, 40) + y * random.uniform(3, 40) + phase) for phase in range(3)]
        grain = random.normal(0, 6, (side, side, 3))
        pixels = np.clip(128 + 80 * np.stack(waves, axis=2) + grain, 0, 255).astype(np.uint8)
        form = "PNG" if number % 2 else "JPEG"
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, form, quality=90)
        drawn.append((f"drawing {number + 1}", stream.getvalue()))
    return drawn


def _given(inputs: list[str], recursive: bool) -> list[tuple[str, bytes | str]]:
    selection = choose(inputs, recursive=recursive)
    if not selection.items:
        raise usage("No pictures found.", why_empty(inputs, recursive=recursive))
    return [_named(chosen) for chosen in selection.items]


def _named(chosen: Chosen) -> tuple[str, bytes | str]:
    return chosen.name, chosen.path
