"""`brushwork data generate`: pictures made of prompts by an image interface, or taken out of a moving picture.

Every picture has a line in manifest.csv with its prompt, model, seed and date. A run that was cut off goes on: what is
listed is not asked for again.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageSequence, UnidentifiedImageError

from ...errors import LabError, PictureError
from ...picture import DECODE_ERRORS, open_picture
from ..crops import LIMITS
from ..datasets import AI, Row
from ..journal import Journal
from ..manifest import write_bytes
from .layouts import Tick
from .listing import Found, data_row, write_list
from .providers import Order, Provider, Road

JOURNAL: Final = "generated.jsonl"
PICTURES: Final = "pictures"
MOVING: Final = ("GIF", "WEBP", "PNG", "AVIF")


@dataclass(frozen=True)
class Series:
    """What is asked for: one picture of each prompt, by one model. `seed` drew the words of the prompts."""

    prompts: tuple[str, ...]
    model: str
    size: str = "1024x1024"
    seed: int = 0
    kind: str = ""


def generate(series: Series, provider: Provider, road: Road, out: Path, tick: Tick[Any]) -> Found:
    """Make what is not there yet, and list all that is. Raises LabError where the provider refuses; what was made
    until then stays, and is not paid for again."""
    out.mkdir(parents=True, exist_ok=True)
    journal = Journal(out / JOURNAL)
    made = {line["key"]: line for line in journal.lines() if (out / line["path"]).is_file()}
    orders = [Order(prompt, series.model, series.size) for prompt in series.prompts]
    keyed = list(zip(_keys(orders, provider), orders, strict=True))
    for key, order in tick([(key, order) for key, order in keyed if key not in made]):
        made[key] = {**_made(key, order, provider, road, out), "seed": str(series.seed)}
        journal.add(made[key])
    return _listed(list(made.values()), series.kind, out)


def _keys(orders: Sequence[Order], provider: Provider) -> list[str]:
    """A name for each order; the same prompt twice is two orders."""
    seen: dict[str, int] = {}
    keys = []
    for order in orders:
        words = json.dumps([provider.name, asdict(order)], sort_keys=True)
        seen[words] = seen.get(words, 0) + 1
        keys.append(hashlib.sha256(f"{words}{seen[words]}".encode()).hexdigest()[:24])
    return keys


def _made(key: str, order: Order, provider: Provider, road: Road, out: Path) -> dict[str, str]:
    data = provider.make(order, road)
    try:
        form = open_picture(data, LIMITS, name=f"the picture of {order.prompt[:60]!r}").facts.format or "picture"
    except PictureError as error:
        raise LabError(
            f"The image interface gave no picture: {error.detail}", "Look at what the model gives."
        ) from error
    path = Path(PICTURES) / f"{key}.{form.lower()}"
    write_bytes(out / path, data)
    return {
        "key": key, "path": str(path), "prompt": order.prompt, "model": order.model, "size": order.size,
        "provider": provider.name, "date": datetime.now(UTC).date().isoformat(),
    }  # fmt: skip


def _listed(lines: Sequence[dict[str, str]], kind: str, out: Path) -> Found:
    rows: list[Row] = []
    told: dict[str, dict[str, str]] = {}
    for line in lines:
        data = (out / line["path"]).read_bytes()
        source = f"{line['provider']}/{line['model']}"
        facts = {"generator": line["model"], "date": line["date"], "kind": kind}
        row = data_row(data, str(out / line["path"]), AI, source, -1, **facts)
        rows.append(row)
        told[row.id] = {name: line[name] for name in ("prompt", "model", "seed", "provider")}
    write_list(rows, out, told)
    return Found(rows)


def take_frames(moving: Path, out: Path, label: int, every: int, generator: str = "") -> Found:
    """Every `every`-th frame of an animated GIF, WebP, APNG or AVIF as a PNG of its own, all of one group.

    Raises LabError for a still picture, and for a video, which another program has to take apart.
    """
    rows: list[Row] = []
    try:
        with Image.open(moving, formats=MOVING) as image:
            if not getattr(image, "is_animated", False):
                raise LabError(
                    f"{moving} does not move: it has one frame.", "List it with `brushwork data get folder`."
                )
            for number, frame in enumerate(ImageSequence.Iterator(image)):
                if number % every == 0:
                    rows.append(_frame(frame, moving, number, out, label, generator))
    except UnidentifiedImageError as error:
        raise LabError(
            f"{moving} is no animated GIF, WebP, APNG or AVIF.",
            f"Take a video apart first: ffmpeg -i {moving.name} -vf fps=1 frames/human/%05d.png, "
            "then brushwork data get folder --from frames.",
        ) from error
    except DECODE_ERRORS as error:
        raise LabError(f"{moving} cannot be read: {type(error).__name__}.", "Get the file again.") from error
    write_list(rows, out)
    return Found(rows)


def _frame(frame: Image.Image, moving: Path, number: int, out: Path, label: int, generator: str) -> Row:
    buffer = io.BytesIO()
    frame.convert("RGB").save(buffer, "PNG")
    path = out / PICTURES / f"{moving.stem}-{number:05}.png"
    write_bytes(path, buffer.getvalue())
    facts = {"kind": "video frame", "generator": generator if label == AI else "", "group": moving.name}
    return data_row(buffer.getvalue(), str(path), label, moving.name, -1, **facts)
