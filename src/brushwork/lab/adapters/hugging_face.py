"""Any data set of Hugging Face by its name: streamed by `datasets`, each picture kept as published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import LabError
from ..datasets import AI, HUMAN, Row, blob_id
from ..journal import Journal
from ..manifest import write_bytes
from .listing import SPLIT_WORDS, Found, data_row, label_of

PICTURES: Final = "pictures"
STREAMED: Final = "streamed.jsonl"
_ENDINGS: Final = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"), (b"RIFF", "webp"), (b"GIF8", "gif"))
Say = Callable[[str], None]


@dataclass(frozen=True)
class Columns:
    """Which columns say what; "" lets the features decide. `ai` are the values of `label` that mean AI, all others
    human; without them the words of the labels decide. `fixed` is the label of all where there is no column."""

    image: str = ""
    label: str = ""
    generator: str = ""
    ai: tuple[str, ...] = ()
    fixed: int | None = None


def read_hugging_face(
    name: str, out: Path, columns: Columns, most: int | None, say: Say, given: Path | None = None
) -> Found:
    """Stream the data set `name`, or a copy of it in the folder `given`, into `out`; goes on where it was cut off.

    At most `most` pictures of each split. Raises LabError where the hub is not reached, or columns do not fit.
    """
    rows: list[Row] = []
    for split, stream in _splits(name, given).items():
        where = SPLIT_WORDS.get(split.split("[")[0], "")
        part = _Part(out, name, where, split)
        if part.there:
            say(f"{name}, {split}: {part.there:,} pictures are there and are not fetched again")
        rows += part.read(stream, columns, most)
    return Found(rows)


def _splits(name: str, given: Path | None) -> dict[str, Any]:
    import datasets
    import httpx

    try:
        found = datasets.load_dataset(str(given) if given else name, streaming=True)
    except (OSError, httpx.HTTPError, ValueError, datasets.exceptions.DatasetsError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise LabError(
            f"The data set {given or name} cannot be read: {said}",
            f"Fetch it by hand (`hf download {name} --repo-type dataset --local-dir FOLDER`) and run "
            f"`brushwork data get hf:{name} --from FOLDER`.",
        ) from error
    return dict(found)


class _Part:
    """One split on its way to the disk, with a journal of what is there."""

    def __init__(self, out: Path, name: str, where: str, split: str) -> None:
        self._out, self._name, self._where, self._split = out, name, where, split
        self._journal = Journal(out / STREAMED)
        self._kept = [line for line in self._journal.lines() if line["split"] == split]
        self.there = len(self._kept)

    def read(self, stream: Any, columns: Columns, most: int | None) -> Iterator[Row]:
        """The rows of those that are there, then of those that come."""
        for line in self._kept[:most]:
            data = (self._out / line["path"]).read_bytes()
            yield self._row(data, line["path"], line["label"], line["generator"])
        features = stream.features or {}
        image, label = _columns(features, columns, self._name)
        names = getattr(features.get(label), "names", None)
        for number, item in enumerate(_undecoded(stream, image).skip(self.there), self.there):
            if most is not None and number >= most:
                return
            side = columns.fixed if not label else _side(item[label], names, columns, self._name)
            yield self._keep(number, _bytes(item[image]), int(side or HUMAN), str(item.get(columns.generator) or ""))

    def _keep(self, number: int, data: bytes, label: int, generator: str) -> Row:
        name = blob_id(data)
        ending = next((word for beginning, word in _ENDINGS if data.startswith(beginning)), "picture")
        path = f"{PICTURES}/{name[:2]}/{name}.{ending}"
        write_bytes(self._out / path, data)
        line = {"split": self._split, "number": number, "path": path, "label": label, "generator": generator}
        self._journal.add(line)
        return self._row(data, path, label, generator)

    def _row(self, data: bytes, path: str, label: int, generator: str) -> Row:
        told = generator if label == AI else ""
        return data_row(data, str(self._out / path), label, self._name, -1, split=self._where, generator=told)


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


def _undecoded(stream: Any, image: str) -> Any:
    """The stream with published bytes in place of decoded pictures."""
    import datasets

    return stream.cast_column(image, datasets.Image(decode=False))


def _bytes(image: Any) -> bytes:
    return bytes(image["bytes"]) if image.get("bytes") else Path(image["path"]).read_bytes()
