"""How public sets are laid out on the disk, and how each is read: generator, class and split from the names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from ...errors import LabError
from ..datasets import AI, HUMAN, Row
from .listing import (
    AI_WORDS,
    HUMAN_WORDS,
    SPLIT_WORDS,
    Found,
    data_row,
    file_row,
    folders_in,
    label_of,
    pictures_in,
    wrong_layout,
)

T = TypeVar("T")
Tick = Callable[[Sequence[T]], Iterable[T]]
Kept = tuple[Path, str, str, int]


class Folder(NamedTuple):
    """One folder of Tiny GenImage: its exact name, and the generator of its `ai` pictures with its technique."""

    name: str
    generator: str
    technique: str


GENIMAGE: Final = (
    Folder("imagenet_ai_0419_biggan", "BigGAN", "GAN"),
    Folder("imagenet_ai_0419_vqdm", "VQDM", "diffusion"),
    Folder("imagenet_ai_0424_sdv5", "Stable Diffusion 1.5", "diffusion"),
    Folder("imagenet_ai_0424_wukon", "Wukong", "diffusion"),
    Folder("imagenet_ai_0508_adm", "ADM", "diffusion"),
    Folder("imagenet_glide", "GLIDE", "diffusion"),
    Folder("imagenet_midjourney", "Midjourney", "diffusion"),
)
GENIMAGE_SPLITS: Final = ("train", "val")
GENIMAGE_CLASSES: Final = {"ai": AI, "nature": HUMAN}
IMAGENET: Final = "ImageNet"
CIFAKE_CLASSES: Final = {"REAL": HUMAN, "FAKE": AI}
CIFAKE_SPLITS: Final = ("train", "test")
CIFAKE_GENERATOR: Final = "Stable Diffusion 1.4"
CIFAKE_SOURCES: Final = {HUMAN: "CIFAR-10", AI: "CIFAKE"}
COMPETITION: Final = ("train.csv", "test.csv", "train_data", "test_data_v2")
PHOTO: Final = "photo"


def read_genimage(folder: Path, tick: Tick[Any]) -> Found:
    """Tiny GenImage: <generator>/<train|val>/<ai|nature>/*. Raises LabError for another layout."""
    known = {f.name: f for f in GENIMAGE}
    names = folders_in(folder)
    if not names or any(name not in known for name in names):
        raise wrong_layout(folder, f"{', '.join(known)}, each with train and val of ai and nature", tuple(known))
    listed = [item for name in names for item in _genimage_files(folder / name)]
    rows = [
        file_row(path, AI, f"genimage/{name}", split=split, kind=PHOTO, generator=known[name].generator)
        if label == AI
        else file_row(path, HUMAN, IMAGENET, split=split, kind=PHOTO)
        for path, name, split, label in tick(listed)
    ]
    missing = [name for name in known if name not in names]
    return Found(rows, [f"not there: {', '.join(missing)}"] if missing else [])


def _genimage_files(folder: Path) -> Iterator[Kept]:
    for split in GENIMAGE_SPLITS:
        for word, label in GENIMAGE_CLASSES.items():
            place = folder / split / word
            if not place.is_dir():
                where = place.parent if place.parent.is_dir() else folder
                raise wrong_layout(
                    where, "train and val, each with ai and nature", (*GENIMAGE_SPLITS, *GENIMAGE_CLASSES)
                )
            yield from ((path, folder.name, split, label) for path in pictures_in(place))


def read_cifake(folder: Path, tick: Tick[Any]) -> Found:
    """CIFAKE: <train|test>/<REAL|FAKE>/*.jpg as published, or packed as train.parquet and test.parquet."""
    if all((folder / f"{split}.parquet").is_file() for split in CIFAKE_SPLITS):
        return Found([row for split in CIFAKE_SPLITS for row in _packed_cifake(folder / f"{split}.parquet", split)])
    listed: list[tuple[Path, str, int]] = []
    for split in CIFAKE_SPLITS:
        for word, label in CIFAKE_CLASSES.items():
            place = folder / split / word
            if not place.is_dir():
                where = place.parent if place.parent.is_dir() else folder
                expected = "train and test with REAL and FAKE in each, or train.parquet and test.parquet"
                raise wrong_layout(where, expected, (*CIFAKE_SPLITS, *CIFAKE_CLASSES))
            listed += [(path, split, label) for path in pictures_in(place)]
    return Found([
        file_row(path, label, CIFAKE_SOURCES[label], **_cifake_facts(label), split=split)
        for path, split, label in tick(listed)
    ])  # fmt: skip


def _packed_cifake(path: Path, split: str) -> Iterator[Row]:
    import pyarrow.parquet as pq

    number = 0
    for batch in pq.ParquetFile(path).iter_batches(4096, columns=["image", "label"]):
        for image, label in zip(batch.column("image"), batch.column("label"), strict=True):
            data, side = image.as_py()["bytes"], int(label.as_py())
            yield data_row(data, str(path), side, CIFAKE_SOURCES[side], number, **_cifake_facts(side), split=split)
            number += 1


def _cifake_facts(label: int) -> dict[str, str]:
    return {"kind": PHOTO, "generator": CIFAKE_GENERATOR if label == AI else ""}


def read_competition(folder: Path, tick: Tick[Any]) -> Found:
    """The Shutterstock and DeepMedia competition: train.csv (file_name, label 1 for AI), test.csv (id) without labels.

    The pictures of the test are not in the manifest, since nobody here knows their class; they are counted.
    """
    lines = _csv_lines(folder, "train.csv", ("file_name", "label"))
    wrong = next((line for line in lines if line["label"] not in ("0", "1")), None)
    if wrong is not None:
        raise LabError(f"{folder / 'train.csv'} has the label {wrong['label']!r}.", "Labels are 0 (human) and 1 (AI).")
    rows = [
        file_row(folder / line["file_name"], AI, "DeepMedia", kind=PHOTO, generator="DeepMedia", split="train")
        if line["label"] == "1"
        else file_row(folder / line["file_name"], HUMAN, "Shutterstock", kind=PHOTO, split="train")
        for line in tick(lines)
    ]
    untold = len(_csv_lines(folder, "test.csv", ("id",))) if (folder / "test.csv").is_file() else 0
    return Found(rows, [f"{untold:,} pictures of the test have no label and are left out"] if untold else [])


def _csv_lines(folder: Path, name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    path = folder / name
    if not path.is_file():
        raise wrong_layout(
            folder, "train.csv, test.csv, train_data and test_data_v2", ("train.csv", "test.csv", "train_data")
        )
    with path.open(newline="", encoding="utf-8") as text:
        reader = csv.DictReader(text)
        missing = [c for c in columns if c not in (reader.fieldnames or ())]
        if missing:
            there = ", ".join(reader.fieldnames or ())
            raise LabError(f"{path} has no column {', '.join(missing)} (found: {there}).", "Fetch the file again.")
        return list(reader)


def read_classes(folder: Path, tick: Tick[Any]) -> Found:
    """A folder for each class, in a folder for each split or without: [split/]<human|ai|...>/[group/...]file.

    The folder under an AI class is taken for its generator, that under a human class for its source.
    """
    top = folders_in(folder)
    in_splits = bool(top) and all(name.lower() in SPLIT_WORDS for name in top)
    places = [(folder / s, SPLIT_WORDS[s.lower()]) for s in top] if in_splits else [(folder, "")]
    listed = [item for place, split in places for item in _class_files(place, split)]
    rows = [
        file_row(path, AI, f"{folder.name}/{under or 'ai'}", split=split, generator=under)
        if label == AI
        else file_row(path, HUMAN, f"{folder.name}/{under or 'human'}", split=split)
        for path, under, split, label in tick(listed)
    ]
    return Found(rows)


def _class_files(folder: Path, split: str) -> Iterator[Kept]:
    words = folders_in(folder)
    if not words or any(label_of(word) is None for word in words):
        some = ", ".join((*HUMAN_WORDS[:4], *AI_WORDS[:4]))
        expected = f"a folder for each class ({some}), maybe in train, val and test"
        raise wrong_layout(folder, expected, (*HUMAN_WORDS, *AI_WORDS, *SPLIT_WORDS))
    for word in words:
        for path in pictures_in(folder / word):
            yield path, _beneath(path, folder / word), split, label_of(word) or HUMAN


def _beneath(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else ""
