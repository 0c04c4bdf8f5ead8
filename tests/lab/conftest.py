"""Drawn pictures for the lab: strokes for one class, strokes under a regular lattice for the other."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from brushwork.lab.datasets import blob_id

if os.environ.get("BRUSHWORK_REQUIRE_ALL") == "1" and importlib.util.find_spec("torch") is None:
    # The modules here skip themselves without torch; where everything is required, that must not pass for success.
    raise pytest.UsageError("the lab's tests need torch, and BRUSHWORK_REQUIRE_ALL=1 forbids skipping; run `make lab`")

TINY = """
name = "tiny"
version = "0.0.1"
[data]
train = ["{train}"]
dev = "{dev}"
reserved = "{reserved}"
cache = "{cache}"
[regions]
side = 80
per_picture = 1
[train]
size = 64
batch = 8
steps_per_epoch = 2
epochs = {epochs}
precision = "32-true"
workers = 0
[bundle]
grid = 2
summary = "Drawn pictures, for a test."
"""


def draw(label: int, seed: int, side: int = 96) -> Image.Image:
    """One picture of `side` pixels; label 1 carries a lattice of period 4."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (side, side), tuple(int(c) for c in rng.integers(60, 200, 3)))
    pen = ImageDraw.Draw(image)
    for _ in range(25):
        points = [int(v) for v in rng.integers(0, side, 4)]
        pen.line(points, fill=tuple(int(c) for c in rng.integers(0, 255, 3)), width=int(rng.integers(1, 6)))
    pixels = np.asarray(image).astype(np.int16)
    if label:
        pixels[::4, ::4] += 60
    return Image.fromarray(np.clip(pixels + rng.integers(-4, 5, pixels.shape), 0, 255).astype(np.uint8))


@pytest.fixture
def drawn_set(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of drawn pictures with a CSV manifest and gives the manifest's path."""

    def write(name: str, sources: int = 5, each: int = 3, forms: tuple[str, str] = ("JPEG", "JPEG")) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        with (folder / "manifest.csv").open("w", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["path", "sha", "repository", "label", "kind", "generator"])
            for label in (0, 1):
                for source in range(sources):
                    for number in range(each):
                        buffer = io.BytesIO()
                        seed = _seed(name, label, source, number)
                        draw(label, seed).save(buffer, forms[label], quality=90)
                        data = buffer.getvalue()
                        path = folder / f"{label}-{source}-{number}.{forms[label].lower()}"
                        path.write_bytes(data)
                        word = ("human", "ai")[label]
                        rows.writerow([path.name, blob_id(data), f"{name}/{word}{source}", word, "drawing", word])
        return folder / "manifest.csv"

    return write


def _seed(name: str, *numbers: int) -> int:
    return int.from_bytes(name.encode()[:3], "big") * 1000 + sum(n * 17**i for i, n in enumerate(numbers))


@pytest.fixture
def tiny_recipe(tmp_path: Path, drawn_set: Callable[..., Path]) -> Callable[..., Path]:
    """Writes a recipe over two small drawn sets and gives its path."""
    sets = {"train": drawn_set("train"), "dev": drawn_set("dev")}
    reserved = tmp_path / "reserved.txt"
    reserved.write_text("# none\n")

    def write(epochs: int = 1, extra: str = "") -> Path:
        path = tmp_path / "tiny.toml"
        text = TINY.format(**sets, reserved=reserved, cache=tmp_path / "cache", epochs=epochs)
        path.write_text(text + extra)
        return path

    return write


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A network with seeded random weights, and its ONNX file for patches of 64 pixels; exporting takes seconds."""
    import torch

    from brushwork.lab.export import export_onnx
    from brushwork.lab.networks import PatchNet

    torch.manual_seed(0)
    net = PatchNet().eval()
    path = tmp_path_factory.mktemp("exported") / "model.onnx"
    export_onnx(net, 64, path)
    return net, path
