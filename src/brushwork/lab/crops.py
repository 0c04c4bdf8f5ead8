"""Regions of pictures, decoded once and kept as raw uint8 in one file outside of the project, for fast epochs.

Both classes take the same road. What is decided here without a look at the class: where a region is cut, whether a
lossless picture gets the JPEG history that most pictures have, and whether the region is first resized as a whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import LabError, PictureError
from ..forensics.patches import shrunk
from ..picture import Limits, Picture, open_picture
from .datasets import Row
from .weather import Pixels, Random, random_jpeg, random_kernel, recolour, resize, stream

LIMITS: Final = Limits(max_bytes=200 * 1024 * 1024, max_pixels=200_000_000, max_side=40_000)
LOSSLESS: Final = ("PNG", "BMP", "TIFF", "GIF")
FLAT: Final = 5.0
"""Standard deviation of the grey values (0 to 255) under which a region shows nothing to learn from."""
TRIES: Final = 4


REGIONS_FILE: Final = "regions.u8"
WHOLES_FILE: Final = "wholes.u8"


class Trim(NamedTuple):
    """Shares of a source's pictures, at each border, that are no art (a caption strip, a frame)."""

    source: str
    left: float
    top: float
    right: float
    bottom: float


TRIMS: Final = (
    Trim("mikehaley1999/dyana_hesson", 0.0, 0.0, 0.0, 0.14),
    Trim("asundr/gwent-classic", 0.12, 0.06, 0.06, 0.3),
    Trim("openai/dalle-2-preview", 0.0, 0.0, 0.0, 0.03),
)


@dataclass(frozen=True)
class RegionPlan:
    """How regions are cut: at most `side` pixels a side, at least `least`, `per_picture` of each picture.

    `history` is the share of lossless pictures that go through a JPEG first, `resized` the share of regions that are
    resized as a whole by a factor between `smallest` and `largest`. With `whole`, the picture as a whole is kept too,
    shrunk to a square of that side.
    """

    side: int = 320
    least: int = 224
    per_picture: int = 2
    history: float = 0.75
    resized: float = 0.5
    smallest: float = 0.35
    largest: float = 1.4
    whole: int = 0
    seed: int = 0


class Region(NamedTuple):
    """One cached region: of which row, where it lies in the cache, its height and width."""

    row: int
    slot: int
    height: int
    width: int


def regions_of(whole: Pixels, lossless: bool, plan: RegionPlan, rng: Random) -> Iterator[Pixels]:
    """Cut the regions of one picture, uint8 (height, width, 3), least <= side <= plan.side; none if it is too small."""
    for _ in range(plan.per_picture):
        for _ in range(TRIES):
            region = _region(whole, lossless, plan, rng)
            if region is None:
                return
            if region.mean(axis=2).std() >= FLAT:
                yield region
                break


def grounded(picture: Picture, rng: Random) -> Pixels:
    """The picture's RGB, moved to a random ground where it has an alpha band."""
    if picture.alpha is None or picture.alpha.shape != picture.rgb.shape[:2]:
        return picture.rgb
    return recolour(picture.rgb, picture.alpha, rng)


def art_only(rgb: Pixels, row: Row, rng: Random) -> Pixels:
    """Without what is no art: one panel of four where a source packs four, without captions and frames."""
    height, width = rgb.shape[:2]
    if "four panels" in row.kind and not row.crop:
        top, left = (int(v) for v in rng.integers(0, 2, 2))
        return rgb[top * height // 2 : (top + 1) * height // 2, left * width // 2 : (left + 1) * width // 2]
    for trim in TRIMS:
        if trim.source == row.source and not row.crop:
            y0, y1 = round(height * trim.top), round(height * (1 - trim.bottom))
            return rgb[y0:y1, round(width * trim.left) : round(width * (1 - trim.right))]
    return rgb


def _region(whole: Pixels, lossless: bool, plan: RegionPlan, rng: Random) -> Pixels | None:
    room = min(whole.shape[:2])
    factor = 1.0
    if rng.random() < plan.resized:
        factor = float(np.exp(rng.uniform(np.log(plan.smallest), np.log(plan.largest))))
        factor = max(factor, min(1.0, plan.least / room))  # a small picture cannot be shrunk further
    if room < plan.least:
        return None
    cut = crop(whole, round(plan.side / factor), rng)
    if lossless and rng.random() < plan.history:
        cut = random_jpeg(cut, rng, 75, 98)
    return cut if factor == 1.0 else _fit(resize(cut, factor, random_kernel(rng)), plan.side)


def _fit(region: Pixels, side: int) -> Pixels:
    return region[:side, :side]


def crop(rgb: Pixels, side: int, rng: Random) -> Pixels:
    """A random square of `side` pixels, or less where the picture is smaller; every offset is as likely."""
    height, width = rgb.shape[:2]
    y = int(rng.integers(0, max(1, height - side + 1)))
    x = int(rng.integers(0, max(1, width - side + 1)))
    return rgb[y : y + side, x : x + side]


class Forbidden(NamedTuple):
    """Difference hashes of pictures that may not be trained on, and by how many bits another counts as the same."""

    hashes: NDArray[np.uint64]
    bits: int

    @classmethod
    def of(cls, rows: Iterable[Row], bits: int) -> Forbidden:
        """The known hashes of `rows`."""
        return cls(np.array([int(r.dhash, 16) for r in rows if r.dhash], dtype=np.uint64), bits)

    def near(self, rgb: Pixels) -> bool:
        """True where `rgb` is one of them, or nearly."""
        return bool(len(self.hashes)) and self.holds(dhash(rgb))

    def holds(self, mark: str) -> bool:
        """True where the difference hash `mark`, 16 hex digits, is one of them, or nearly."""
        return bool((np.bitwise_count(self.hashes ^ np.uint64(int(mark, 16))) <= self.bits).any())


NOTHING: Final = Forbidden(np.array([], dtype=np.uint64), 0)


def dhash(rgb: Pixels) -> str:
    """Difference hash as in the packed sets: 9 x 8 grey, bilinear; a bit where a pixel is brighter than the next."""
    grey = np.asarray(Image.fromarray(rgb).convert("L").resize((9, 8), Image.Resampling.BILINEAR))
    return np.packbits(grey[:, :-1] > grey[:, 1:]).tobytes().hex()


class RegionCache:
    """Regions in one raw file: `regions.u8` of shape (slots, side, side, 3), rows and sizes in `regions.json`."""

    def __init__(self, folder: Path) -> None:
        try:
            stored = json.loads((folder / "regions.json").read_text(encoding="utf-8"))
            self.plan = RegionPlan(**stored["plan"])
            self.rows = tuple(Row(**r) for r in stored["rows"])
            self.regions = tuple(Region(*r) for r in stored["regions"])
            self.left_out: dict[str, str] = stored["left_out"]
            shape = (len(self.regions), self.plan.side, self.plan.side, 3)
            self._pixels: NDArray[np.uint8] = np.memmap(folder / REGIONS_FILE, dtype=np.uint8, mode="r", shape=shape)
            self._wholes: dict[int, int] = {row: slot for slot, row in enumerate(stored["wholes"])}
            side = self.plan.whole
            self._whole_pixels: NDArray[np.uint8] | None = (
                np.memmap(folder / WHOLES_FILE, dtype=np.uint8, mode="r", shape=(len(self._wholes), side, side, 3))
                if side
                else None
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LabError(f"There is no whole cache of regions in {folder}: {error}.", "Build it again.") from error

    def read(self, region: Region) -> Pixels:
        """The pixels of one region, a copy, uint8 (height, width, 3)."""
        return np.array(self._pixels[region.slot, : region.height, : region.width])

    def whole(self, row: int) -> Pixels:
        """The whole picture of a row, a copy, uint8 (side, side, 3). Raises LabError where none were kept."""
        if self._whole_pixels is None:
            raise LabError("The cache has no whole pictures.", "Build it again, with `whole` in the recipe's regions.")
        return np.array(self._whole_pixels[self._wholes[row]])

    def without(self, sources: Container[str]) -> RegionCache:
        """The same cache, sharing its file, less the regions of `sources`."""
        return self.kept(lambda row: row.source not in sources)

    def only(self, sources: Container[str]) -> RegionCache:
        """The same cache, sharing its file, with the regions of `sources` alone."""
        return self.kept(lambda row: row.source in sources)

    def kept(self, wanted: Callable[[Row], bool]) -> RegionCache:
        """The same cache, sharing its file, with the regions of the rows that `wanted` takes."""
        part = copy(self)
        part.regions = tuple(region for region in self.regions if wanted(self.rows[region.row]))
        return part

    @classmethod
    def build(
        cls,
        rows: Sequence[Row],
        plan: RegionPlan,
        folder: Path,
        forbidden: Forbidden = NOTHING,
        tick: Iterable[Row] | None = None,
    ) -> RegionCache:
        """Decode all `rows` into `folder`; a picture that gives nothing is listed with the reason, not hidden.

        `tick` is `rows` wrapped in a progress bar. Raises LabError where the disk is full.
        """
        folder.mkdir(parents=True, exist_ok=True)
        regions: list[Region] = []
        wholes: list[int] = []
        left_out: dict[str, str] = {}
        try:
            with (folder / REGIONS_FILE).open("wb") as out, (folder / WHOLES_FILE).open("wb") as whole_out:
                for number, row in enumerate(rows if tick is None else tick):
                    found, whole, reason = _cut(row, plan, forbidden)
                    for pixels in found:
                        regions.append(Region(number, len(regions), *pixels.shape[:2]))
                        out.write(_canvas(pixels, plan.side).tobytes())
                    if found and whole is not None:
                        wholes.append(number)
                        whole_out.write(whole.tobytes())
                    if not found:
                        left_out[row.id] = reason
                os.fsync(out.fileno())
            stored = {
                "plan": asdict(plan), "rows": [asdict(r) for r in rows], "regions": regions, "wholes": wholes,
                "left_out": left_out,
            }  # fmt: skip
            (folder / "regions.json").write_text(json.dumps(stored), encoding="utf-8")
        except OSError as error:
            raise LabError(f"The cache in {folder} cannot be written: {error}.", "Free some disk space.") from error
        return cls(folder)


def _cut(row: Row, plan: RegionPlan, forbidden: Forbidden) -> tuple[list[Pixels], Pixels | None, str]:
    """The regions of one row, or none and the reason; with them the whole picture, where the plan asks for it."""
    try:
        picture = open_picture(row.data(), LIMITS, name=row.id)
    except PictureError as error:
        return [], None, error.detail
    if forbidden.near(picture.rgb):
        return [], None, "nearly a picture that thresholds are fitted on"
    rng = stream("region", plan.seed, row.id, row.crop)
    art = art_only(grounded(picture, rng), row, rng)
    found = list(regions_of(art, picture.facts.format in LOSSLESS, plan, rng))
    whole = shrunk(art, plan.whole) if plan.whole else None
    return found, whole, "smaller than a patch, or flat"


def _canvas(pixels: Pixels, side: int) -> Pixels:
    canvas = np.zeros((side, side, 3), dtype=np.uint8)
    canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
    return canvas
