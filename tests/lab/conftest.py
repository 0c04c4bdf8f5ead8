"""Drawn pictures for the lab: strokes for one class, strokes under a regular lattice for the other."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import product
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
int8 = false
summary = "Drawn pictures, for a test."
"""

LEVELS = """
[levels]
backbone = "{folder}/backbone.pth"
hidden = 4
members = 2
steps = 3
batch = 8
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


def write_set(folder: Path, sources: int = 5, each: int = 3, forms: tuple[str, str] = ("JPEG", "JPEG")) -> Path:
    """Draw pictures into `folder` and write their CSV manifest, whose path is given."""
    folder.mkdir()
    with (folder / "manifest.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["path", "sha", "repository", "label", "kind", "generator"])
        for label, source, number in product((0, 1), range(sources), range(each)):
            buffer = io.BytesIO()
            draw(label, _seed(folder.name, label, source, number)).save(buffer, forms[label], quality=90)
            path = folder / f"{label}-{source}-{number}.{forms[label].lower()}"
            path.write_bytes(buffer.getvalue())
            word = ("human", "ai")[label]
            group = f"{folder.name}/{word}{source}"
            rows.writerow([path.name, blob_id(buffer.getvalue()), group, word, "drawing", word])
    return folder / "manifest.csv"


@pytest.fixture
def drawn_set(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of drawn pictures with a CSV manifest and gives the manifest's path."""
    return lambda name, **settings: write_set(tmp_path / name, **settings)


def _seed(name: str, *numbers: int) -> int:
    return int.from_bytes(name.encode()[:3], "big") * 1000 + sum(n * 17**i for i, n in enumerate(numbers))


def recipe_writer(folder: Path, text: str) -> Callable[..., Path]:
    """Draws two small sets into `folder`; what it gives writes a recipe over them and gives its path."""
    places = {"train": write_set(folder / "train"), "dev": write_set(folder / "dev"), "cache": folder / "cache"}
    reserved = folder / "reserved.txt"
    reserved.write_text("# none\n")

    def write(epochs: int = 1, extra: str = "") -> Path:
        path = folder / "tiny.toml"
        path.write_text(text.format(**places, reserved=reserved, epochs=epochs, folder=folder) + extra)
        return path

    return write


@pytest.fixture
def tiny_recipe(tmp_path: Path) -> Callable[..., Path]:
    """Writes a recipe over two small drawn sets and gives its path."""
    return recipe_writer(tmp_path, TINY)


def patches_of(seeds: Iterable[int], side: int = 64) -> Any:
    """Drawn pictures as a tensor uint8 (n, side, side, 3); odd seeds have the lattice."""
    import torch

    return torch.from_numpy(np.stack([np.array(draw(seed % 2, seed, side)) for seed in seeds]))


@pytest.fixture(scope="session")
def trunk() -> Any:
    """A backbone with seeded random weights, its norms set by drawn pictures so that every level tells something."""
    import torch

    from brushwork.lab.levels import LevelTrunk

    torch.set_num_threads(1)
    torch.manual_seed(0)
    made = LevelTrunk().train()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        made(patches_of(range(500, 516)))
    return made.eval()


def levels_writer(folder: Path, trunk: Any) -> Callable[..., Path]:
    """As `recipe_writer`, of a recipe with [levels], beside whose pictures lies the file of the backbone."""
    import torch

    torch.save({name: v for name, v in trunk.net.state_dict().items() if v.dim()}, folder / "backbone.pth")
    end_to_end = ("batch", "steps", "epochs", "precision", "workers")
    kept = [line for line in TINY.splitlines() if not line.startswith(end_to_end)]
    return recipe_writer(folder, "\n".join(kept).replace("[train]", "whole = 80\n[train]") + LEVELS)


@pytest.fixture
def levels_recipe(tmp_path: Path, trunk: Any) -> Callable[..., Path]:
    """Writes a recipe with [levels] over two small drawn sets and gives its path."""
    return levels_writer(tmp_path, trunk)


@pytest.fixture(scope="session")
def stores_made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], None]]:
    """Where the lab would make a store of runs in this process, it finds a copy of the first that it made.

    Its forty migrations take seconds. Gives a function that lays a copy into a folder, for those who start a process.
    """
    from brushwork.lab import tracking

    first, made = tmp_path_factory.mktemp("store"), tracking._client

    def lay(folder: Path) -> None:
        if not (first / tracking.STORE).exists():
            made(first)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / tracking.STORE).exists():
            shutil.copy(first / tracking.STORE, folder)

    def client(folder: Path) -> Any:
        lay(folder)
        return made(folder)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tracking, "_client", client)
        yield lay


@pytest.fixture(scope="session", autouse=True)
def _before_any_run(request: pytest.FixtureRequest) -> None:
    """Of the session, as fixtures that train once are."""
    if importlib.util.find_spec("torch"):
        request.getfixturevalue("stores_made_once")


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
