"""Features of cached pictures, computed once by a backbone that is not trained, so that heads train in minutes."""

from __future__ import annotations

import copy
import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import LabError
from ..forensics.patches import shrunk, through_jpeg
from ..forensics.scorer import open_session
from .crops import RegionCache, crop
from .keeping import weights_digest
from .levels import LevelTrunk, fold_norms
from .loading import prepared
from .weather import Pixels, Random, random_jpeg, stream
from .writing import written_whole

Half = NDArray[np.float16]
Look = Callable[[Pixels], Half]
Tick = Callable[[Sequence[int]], Iterable[int]]
BATCH: Final = 32
BLOCK: Final = 1 << 20
PATCHES_FILE: Final = "patches.f16"
WHOLES_FILE: Final = "wholes.f16"
MANY: Final = 2000
"""Views from which it pays to have ONNX Runtime look at them: a quarter of the time of torch, after some seconds."""


@dataclass(frozen=True)
class FeaturePlan:
    """Patches of `size` pixels, through a JPEG of `jpeg_quality` like those at run time; draws per region and whole."""

    size: int
    jpeg_quality: int | None
    patch_draws: int = 1
    whole_draws: int = 2
    seed: int = 0


@dataclass(frozen=True)
class Features:
    """Of one cache: `patches` (n, width) with the row of each, `wholes` (m, width) with the row of each, ascending."""

    patches: Half
    wholes: Half
    patch_rows: NDArray[np.int64]
    whole_rows: NDArray[np.int64]

    def of(self, rows: Collection[int]) -> Features:
        """Those of some rows, in the same order."""
        patches, wholes = (np.isin(of, list(rows)) for of in (self.patch_rows, self.whole_rows))
        return Features(self.patches[patches], self.wholes[wholes], self.patch_rows[patches], self.whole_rows[wholes])


def features_of(cache: RegionCache, trunk: LevelTrunk, plan: FeaturePlan, folder: Path, tick: Tick = iter) -> Features:
    """Compute the features of `cache` into `folder`, or read them where they are there; goes on after a kill.

    `tick` wraps the batches in a progress bar. Raises LabError where the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    patch_rows = np.repeat([region.row for region in cache.regions], plan.patch_draws)
    rows = sorted({region.row for region in cache.regions})
    whole_rows = np.repeat(rows, plan.whole_draws)
    of = mark_of(cache, trunk, plan)
    look = looking(trunk, plan.size, len(whole_rows) + len(patch_rows))

    def filled(name: str, count: int, draw: Callable[[int], Pixels]) -> Half:
        return _filled(folder / name, (count, trunk.width), look, tick, draw, of)

    # The wholes first: there are fewer, and a cache without them is refused before hours of work.
    wholes = filled(WHOLES_FILE, len(whole_rows), lambda i: whole_view(cache, whole_rows[i], i, plan))
    patches = filled(PATCHES_FILE, len(patch_rows), lambda i: _patch(cache, i // plan.patch_draws, i, plan))
    return Features(patches, wholes, patch_rows, whole_rows)


def mark_of(cache: RegionCache, trunk: LevelTrunk, plan: FeaturePlan) -> str:
    """A digest of all that features depend on: pictures and how they are cut, the plan, and the backbone's weights."""
    rows = [(cache.rows[r.row].id, cache.rows[r.row].crop, *r) for r in cache.regions]
    about = [asdict(plan), asdict(cache.plan), rows, weights_digest(trunk)]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def _patch(cache: RegionCache, region: int, draw: int, plan: FeaturePlan) -> Pixels:
    patch = prepared(cache.read(cache.regions[region]), plan.size, plan.seed, draw)
    return patch if plan.jpeg_quality is None else through_jpeg(patch, plan.jpeg_quality)


def whole_view(cache: RegionCache, row: int, draw: int, plan: FeaturePlan) -> Pixels:
    """The whole picture of a row as its features are taken of it, uint8 (size, size, 3); `draw` chooses the weather."""
    whole = weathered_whole(cache.whole(row), plan.size, stream("whole", plan.seed, draw))
    return whole if plan.jpeg_quality is None else through_jpeg(whole, plan.jpeg_quality)


def weathered_whole(whole: Pixels, size: int, rng: Random) -> Pixels:
    """A whole picture as it may arrive: cut at its borders or not, compressed or not, mirrored or not."""
    view = crop(whole, size + int(rng.integers(0, max(1, whole.shape[0] - size + 1))), rng)
    view = view if view.shape[0] == size else shrunk(view, size)
    if rng.random() < 0.5:
        view = random_jpeg(view, rng, 60, 97)
    return np.ascontiguousarray(view[:, ::-1] if rng.random() < 0.5 else view)


def _filled(path: Path, shape: tuple[int, int], look: Look, tick: Tick, draw: Callable[[int], Pixels], of: str) -> Half:
    """The features of every draw in a file of half floats; a state file says how far it came, and `of` what."""
    count, width = shape
    state = path.with_suffix(".json")
    done = _reached(state, of, path)
    try:
        if not done:
            state.unlink(missing_ok=True)  # what it says of the former content must not be believed of the new one
            _reserve(path, 2 * count * width)
        stored = np.memmap(path, dtype=np.float16, mode="r+", shape=shape)
        for start in tick(range(done, count, BATCH)):
            stop = min(count, start + BATCH)
            stored[start:stop] = look(np.stack([draw(i) for i in range(start, stop)]))
            if (start // BATCH) % 64 == 0 or stop == count:
                stored.flush()
                told = json.dumps({"done": stop, "of": of})
                written_whole(state, lambda part, told=told: part.write_text(told, encoding="utf-8"))  # type: ignore[misc]
    except OSError as error:
        raise LabError(f"The features in {path.parent} cannot be written: {error}.", "Free some disk space.") from error
    return stored


def _reserve(path: Path, size: int) -> None:
    """A file of `size` bytes that are really there: on a full disk, writing into a mapped file kills the process."""
    with path.open("wb") as out:
        for start in range(0, size, BLOCK):
            out.write(bytes(min(BLOCK, size - start)))


def _reached(state: Path, of: str, path: Path) -> int:
    """How many rows are there already; none where they were computed of something else."""
    if not (state.is_file() and path.is_file()):
        return 0
    try:
        stored = json.loads(state.read_text(encoding="utf-8"))
    except ValueError:
        return 0  # written half: the features are computed again
    return int(stored["done"]) if stored.get("of") == of else 0


def looking(trunk: LevelTrunk, size: int, count: int) -> Look:
    """What gives the features of views uint8 (n, size, size, 3), made for `count` of them.

    Both ways agree to about 1e-5, less than half precision keeps.
    """
    if count < MANY:
        return lambda views: computed(trunk, views)
    from .export import write_onnx

    exported = copy.deepcopy(trunk)
    fold_norms(exported)
    with tempfile.TemporaryDirectory() as folder:
        write_onnx(exported, size, Path(folder, "trunk.onnx"))
        session = open_session(Path(folder, "trunk.onnx"), torch.get_num_threads())
    return lambda views: np.asarray(session.run(["logits"], {"patches": views})[0], dtype=np.float16)


@torch.inference_mode()
def computed(trunk: LevelTrunk, patches: Pixels) -> Half:
    """Features (n, width) of uint8 patches (n, size, size, 3), in half precision."""
    return np.asarray(trunk(torch.from_numpy(patches)).numpy(), dtype=np.float16)
