"""Small public sets, drawn: the layouts of CIFAKE, Tiny GenImage and the competition, with pictures of our own."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from brushwork.lab.adapters.layouts import CIFAKE_CLASSES, CIFAKE_SPLITS, GENIMAGE

from .drawings import drawn, encoded

SIDE: Final = 40
KINDS: Final = ("noise_texture", "painterly")
"""What is drawn for human works and for AI ones: enough to learn in a second."""


def picture(label: int, seed: int, side: int = SIDE) -> Image.Image:
    """A drawing of one class."""
    return drawn(KINDS[label], (side, side), seed)


def put(path: Path, label: int, seed: int, side: int = SIDE) -> Path:
    """Write one drawing as JPEG or PNG, by the ending of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    form = "PNG" if path.suffix == ".png" else "JPEG"
    path.write_bytes(encoded(picture(label, seed, side), form))
    return path


def cifake(folder: Path, train: int = 8, test: int = 4, repeated: int = 2) -> Path:
    """CIFAKE with so many pictures of each class; the first `repeated` FAKE ones of train stand in test too."""
    for split, count in zip(CIFAKE_SPLITS, (train, test), strict=True):
        for word, label in CIFAKE_CLASSES.items():
            for n in range(count):
                same = word == "FAKE" and n < repeated
                seed = n + 1000 * label + (5000 if split == "test" and not same else 0)
                put(folder / split / word / f"{n:04}.jpg", label, seed, 32)
    return folder


def genimage(folder: Path, train: int = 4, val: int = 2) -> Path:
    """Tiny GenImage: its seven folders, each with so many pictures of each class."""
    for number, of in enumerate(GENIMAGE):
        for split, count in (("train", train), ("val", val)):
            for word, label in (("ai", 1), ("nature", 0)):
                for n in range(count):
                    seed = 10_000 * (number + 1) + 1000 * label + 500 * (split == "val") + n
                    put(folder / of.name / split / word / f"{n:03}.{('JPEG', 'png')[label]}", label, seed)
    return folder


def competition(folder: Path, count: int = 20, test: int = 3) -> Path:
    """The competition: train.csv with so many rows, half of them AI, and test.csv without labels."""
    names = [f"train_data/{n:04}.jpg" for n in range(count)]
    for n, name in enumerate(names):
        put(folder / name, n % 2, n)
    table(folder / "train.csv", ("", "file_name", "label"), [(n, name, n % 2) for n, name in enumerate(names)])
    table(folder / "test.csv", ("id",), [(f"test_data_v2/{n}.jpg",) for n in range(test)])
    return folder


def table(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([head, *rows])
    return path
