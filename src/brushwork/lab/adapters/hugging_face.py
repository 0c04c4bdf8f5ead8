"""Any data set of Hugging Face by its name: streamed by `datasets`, each picture kept as published."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..datasets import AI, HUMAN, Row
from .layouts import Tick
from .listing import SPLIT_WORDS, Found, data_row, label_of
from .streams import Draw, Line, Part, Say, Told, first_line

_CONFIGS: Final = re.compile(r"vailable(?: configs)?: \[(.*?)\]")
"""Where `datasets` lists the configurations, in an error of none or an unknown one."""


@dataclass(frozen=True)
class Columns:
    """Which columns say what; "" lets the features decide. `ai` are the values of `label` that mean AI, all others
    human; without them the words of the labels decide. `fixed` is the label of all where there is no column."""

    image: str = ""
    label: str = ""
    generator: str = ""
    ai: tuple[str, ...] = ()
    fixed: int | None = None


@dataclass(frozen=True)
class Asked:
    """Which data set: its `name`, its `config` where it has several, or a copy of it in the folder `given`."""

    name: str
    config: str = ""
    given: Path | None = None


def read_hugging_face(asked: Asked, out: Path, columns: Columns, draw: Draw, say: Say, tick: Tick[Any]) -> Found:
    """Stream the data set into `out`; goes on where it was cut off.

    Raises LabError where the hub is not reached or breaks off, or columns do not fit.
    """
    kept: list[tuple[float, Row]] = []
    for split, stream in _splits(asked).items():
        where = SPLIT_WORDS.get(split.split("[")[0], "")
        part = Part(out, asked.name, f"{asked.config}/{split}" if asked.config else split, say, tick)
        plain, told = _undecoded(stream, columns, asked.name)
        for key, path, line in part.read(plain, _promised(stream, split), told, draw):
            kept.append((key, _row(path, line, asked.name, where)))
    kept.sort(key=itemgetter(0))
    return Found([row for _, row in kept[: draw.most]])


def _splits(asked: Asked) -> dict[str, Any]:
    import datasets
    import httpx

    try:
        place = str(asked.given or asked.name)
        return dict(datasets.load_dataset(place, asked.config or None, streaming=True))
    except (OSError, httpx.HTTPError, ValueError, datasets.exceptions.DatasetsError) as error:
        known = _CONFIGS.search(str(error))
        if known:
            what = f"has no configuration {asked.config!r}" if asked.config else "has several configurations"
            raise LabError(f"{place} {what}: {known[1]}.", "Name one of them with --config.") from error
        raise LabError(
            f"The data set {place} cannot be read: {first_line(error)}",
            f"Fetch it by hand (`hf download {asked.name} --repo-type dataset --local-dir FOLDER`) and run "
            f"`brushwork data get hf:{asked.name} --from FOLDER`.",
        ) from error


def _promised(stream: Any, split: str) -> int | None:
    """How many pictures the hub says the split has, where it says so."""
    known = (stream.info.splits or {}).get(split)
    return known.num_examples or None if known else None


def _row(path: Path, line: Line, name: str, where: str) -> Row:
    told = line["generator"] if line["label"] == AI else ""
    return data_row(path.read_bytes(), str(path), line["label"], name, -1, split=where, generator=told)


def _columns(features: Any, columns: Columns, name: str) -> tuple[str, str]:
    """The columns of pictures and labels. Raises LabError where they are not to be told."""
    pictures = [key for key, kind in features.items() if type(kind).__name__ == "Image"]
    image = columns.image or (pictures[0] if pictures else "")
    classes = [key for key, kind in features.items() if type(kind).__name__ == "ClassLabel"]
    label = columns.label or (classes or [key for key in ("label", "labels") if key in features] or [""])[0]
    if image not in features or (columns.label and label not in features) or (not label and columns.fixed is None):
        raise LabError(
            f"{name} has the columns {', '.join(features) or 'none'}: which are picture and label is not clear.",
            "Name them with --image-column and --label-column, or give --label human or ai where all are of one class.",
        )
    return image, "" if columns.fixed is not None else label


def _side(value: object, names: Sequence[str] | None, columns: Columns, name: str) -> int:
    word = names[int(str(value))] if names and str(value).isdigit() else str(value)
    if columns.ai:
        return AI if word in columns.ai else HUMAN
    found = label_of(word)
    if found is None:
        known = f" (classes: {', '.join(names)})" if names else ""
        raise LabError(f"{name} has the label {word!r}{known}.", "Name those that mean AI with --ai, once for each.")
    return found


def _undecoded(stream: Any, columns: Columns, name: str) -> tuple[Any, Told]:
    """The stream with published bytes in place of decoded pictures, and how an item of it is read."""
    import datasets

    features = stream.features or {}
    image, label = _columns(features, columns, name)
    names = getattr(features.get(label), "names", None)

    def told(item: dict[str, Any]) -> tuple[bytes, int, str]:
        side = columns.fixed if not label else _side(item[label], names, columns, name)
        return _bytes(item[image]), int(side or HUMAN), str(item.get(columns.generator) or "")

    return stream.cast_column(image, datasets.Image(decode=False)), told


def _bytes(image: Any) -> bytes:
    """The published bytes: in the table, or in a file beside it, which may lie on the hub or in an archive."""
    import fsspec

    if image.get("bytes"):
        return bytes(image["bytes"])
    with fsspec.open(image["path"], "rb") as file:
        return bytes(file.read())
