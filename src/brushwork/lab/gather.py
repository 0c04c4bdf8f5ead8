"""Which pictures a recipe trains on: every manifest, less what may not or should not be learned from, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .crops import Forbidden, RegionCache, RegionPlan
from .datasets import Row, read_manifest, read_reserved, refuse_reserved, require_classes
from .plan import LabPlan
from .weather import stream

PANEL = 512
"""Pixels of one panel where a source packs four into a picture."""


@dataclass(frozen=True)
class Gathered:
    """The rows to train on, the rows of dev, and in words what was left out."""

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    left_out: tuple[str, ...]


def gather(plan: LabPlan) -> Gathered:
    """Read the manifests of a recipe and keep what it allows.

    Raises LabError for a reserved picture in any of them, an empty split or a missing class.
    """
    data = plan.data
    reserved = read_reserved(data.reserved)
    dev = read_manifest(data.dev)
    rows = [row for path in data.train for row in read_manifest(path)]
    refuse_reserved((*rows, *dev), reserved)
    of_dev = {r.source for r in dev} | {r.id for r in dev}
    kept, left_out = _sieve(
        rows,
        (
            ("also a source or a picture of the set for thresholds", lambda r: r.source in of_dev or r.id in of_dev),
            ("a kind that the recipe leaves out", lambda r: any(k in r.kind for k in data.exclude_kinds)),
            ("a source that the recipe leaves out", lambda r: r.source in data.exclude_sources),
            ("a crop across the panels of a montage", crosses_panels),
        ),
    )
    unique = tuple({r.id: r for r in kept}.values())
    capped = cap_sources(unique, data.per_source, plan.seed)
    left_out += _counted("seen twice", len(kept) - len(unique))
    left_out += _counted(f"beyond {data.per_source} of one source", len(unique) - len(capped))
    require_classes(capped, "train")
    require_classes(dev, "dev")
    return Gathered(capped, dev, left_out)


def _sieve(
    rows: Iterable[Row], sieves: Sequence[tuple[str, Callable[[Row], bool]]]
) -> tuple[list[Row], tuple[str, ...]]:
    kept = list(rows)
    words: tuple[str, ...] = ()
    for reason, hit in sieves:
        before = len(kept)
        kept = [r for r in kept if not hit(r)]
        words += _counted(reason, before - len(kept))
    return kept, words


def _counted(reason: str, count: int) -> tuple[str, ...]:
    return (f"{count:,} pictures: {reason}",) if count else ()


def crosses_panels(row: Row) -> bool:
    """True for a packed crop that shows parts of two panels of a montage."""
    if "four panels" not in row.kind or not row.crop:
        return False
    x, y, width, height = (int(v) for v in row.crop.split(","))
    return x < PANEL < x + width or y < PANEL < y + height


def cap_sources(rows: Sequence[Row], most: int, seed: int) -> tuple[Row, ...]:
    """At most `most` rows of each source, drawn by `seed`."""
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows):
        by_source[row.source].append(row)
    kept: list[Row] = []
    for source, members in sorted(by_source.items()):
        order = stream("cap", seed, source).permutation(len(members))[:most]
        kept += [members[int(i)] for i in sorted(order)]
    return tuple(kept)


def cache_of(
    plan: LabPlan, gathered: Gathered, tick: Callable[[Sequence[Row]], Iterable[Row]] = lambda rows: rows
) -> RegionCache:
    """The regions of a recipe: read from its cache where it was built for the same rows and plan, else built.

    Raises LabError where a class is left without a region.
    """
    wanted = RegionPlan(**plan.regions.model_dump(), least=plan.train.size, seed=plan.seed)
    folder: Path = plan.data.cache / plan.name
    if (folder / "regions.json").is_file():
        cache = RegionCache(folder)
        if cache.plan == wanted and cache.rows == gathered.train:
            return cache
    forbidden = Forbidden.of(gathered.dev, plan.data.near)
    cache = RegionCache.build(gathered.train, wanted, folder, forbidden, tick(gathered.train))
    require_classes([cache.rows[region.row] for region in cache.regions], "of regions")
    return cache
