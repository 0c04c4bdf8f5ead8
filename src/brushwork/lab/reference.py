"""What a bundle knows of its training set beside the logits: where its features lie, and whose generators they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ..forensics.patches import prepare, through_jpeg
from ..forensics.recipe import FamilyPlan, PatchPlan
from ..forensics.scorer import open_session
from ..picture import open_picture
from .attribution import Seen, fit_attribution
from .calibrate import FITTED_UNDER
from .crops import LIMITS, Region, RegionCache
from .datasets import AI, Row
from .features import weathered_whole
from .generators import UNTOLD, attributed_to
from .kinds import kind_of
from .loading import prepared, shares
from .metrics import Floats, Rate
from .outputs import Spread, attach_distance, attach_families, expose_features, features_of
from .tables import Table
from .weather import Pixels, degrade, stream

PATCHES: Final = 2000
"""Training patches, drawn as training draws them, that say where the features lie."""
PER_SOURCE: Final = 120
"""Pictures of a source at most that teach families."""
BEYOND: Final = 0.005
"""Share of held-out pictures that may be refused as unlike the training set."""


@dataclass(frozen=True)
class Known:
    """What goes into the recipe, and sections of the card by title. None, where it was not asked for."""

    max_distance: float | None = None
    families: FamilyPlan | None = None
    sections: tuple[tuple[str, str], ...] = ()


def know(model: Path, cache: RegionCache, held: Sequence[Row], plan: PatchPlan, seed: int, families: bool) -> Known:
    """Add the output "distance" to `model`, fitted on the cache and limited by the `held` pictures; with `families`
    that too. Raises LabError where the data are too few."""
    expose_features(model)
    attach_distance(model, Spread(_training_features(model, cache, plan, seed)))
    known = _limited(model, held, plan, seed)
    if not families:
        return known
    found = fit_attribution(_seen(model, cache, plan, seed))
    attach_families(model, found.head.weights, found.head.biases)
    text = (
        "Of AI works, by features of this model, with sources held out; doubt is what a verdict calls unknown. Works "
        f"of a family that was left out whole are told from known ones by the confidence with an AUC of "
        f"{found.unknown_auc:.2f}.\n\n{found.table.markdown}"
    )
    return replace(known, families=found.plan, sections=(*known.sections, ("Likely source", text)))


def _training_features(model: Path, cache: RegionCache, plan: PatchPlan, seed: int) -> Floats:
    session = open_session(model)
    chosen = stream("spread", seed).choice(len(cache.regions), size=PATCHES, p=shares((cache,)))
    drawn = (as_trained(cache, [cache.regions[int(i)]], plan, seed, n) for n, i in enumerate(chosen))
    return np.concatenate([features_of(session, patches) for patches in drawn])


def as_trained(cache: RegionCache, regions: Sequence[Region], plan: PatchPlan, seed: int, draw: int) -> Pixels:
    """Regions of one picture after training weather, and last its whole where the network sees that too."""
    patches = [prepared(cache.read(r), plan.size, seed, draw + n) for n, r in enumerate(regions)]
    if plan.whole:
        patches.append(weathered_whole(cache.whole(regions[0].row), plan.size, stream("known whole", seed, draw)))
    if plan.jpeg_quality is not None:
        patches = [through_jpeg(patch, plan.jpeg_quality) for patch in patches]
    return np.stack(patches)


def _limited(model: Path, held: Sequence[Row], plan: PatchPlan, seed: int) -> Known:
    """The distance that all but BEYOND of the held-out pictures keep under every weather that thresholds hold for."""
    session = open_session(model)

    def far(rgb: Pixels) -> float:
        return float(np.mean(session.run(["distance"], {"patches": prepare(rgb, plan)[0]})[0], dtype=np.float64))

    found: dict[str, list[float]] = defaultdict(list)
    for row in held:
        rgb = open_picture(row.data(), LIMITS, name=row.id).rgb
        seen = (degrade(rgb, weather, stream("weather", seed, weather, row.id)) for weather in FITTED_UNDER)
        found["AI" if row.label == AI else kind_of(row.kind)].append(max(far(one) for one in seen))
    limit = round(float(np.quantile([d for values in found.values() for d in values], 1 - BEYOND)), 3)
    rows = [
        (kind, len(values), f"{np.median(values):.2f}", Rate(sum(d > limit for d in values), len(values)))
        for kind, values in sorted(found.items())
    ]
    strange = [(name, 1, f"{far(rgb):.2f}", "beyond" if far(rgb) > limit else "within") for name, rgb in _strange()]
    table = Table(("pictures", "n", "distance, median", "beyond"), (*rows, *strange))
    text = f'Beyond {limit} the answer is "cannot tell". 1 is the typical distance in training.\n\n{table.markdown}'
    return Known(max_distance=limit, sections=(("Distance from the training set", text),))


def _strange() -> Iterable[tuple[str, Pixels]]:
    """Pictures that no one would take for art, drawn here."""
    side = 512
    rng = stream("strange")
    ramp = np.linspace(0, 255, side, dtype=np.float64)
    grid = np.add.outer(np.arange(side), np.arange(side))
    plain = {
        "white noise": rng.integers(0, 256, (side, side, 3)),
        "a gradient": np.repeat(np.tile(ramp, (side, 1))[:, :, None], 3, axis=2),
        "a chessboard of single pixels": np.repeat(((grid % 2) * 255)[:, :, None], 3, axis=2),
        "grey with faint grain": 128 + rng.normal(0, 5, (side, side, 3)),
    }
    return [(name, np.clip(pixels, 0, 255).astype(np.uint8)) for name, pixels in plain.items()]


def _seen(model: Path, cache: RegionCache, plan: PatchPlan, seed: int) -> Seen:
    """Features of AI pictures whose family is told, averaged over their cached regions."""
    session = open_session(model)
    regions = defaultdict(list)
    for region in cache.regions:
        regions[region.row].append(region)
    taken: dict[str, int] = defaultdict(int)
    features, families, sources = [], [], []
    for number, found in sorted(regions.items()):
        row = cache.rows[number]
        family = attributed_to(row.generator)
        if row.label != AI or family == UNTOLD or taken[row.source] >= PER_SOURCE:
            continue
        taken[row.source] += 1
        patches = as_trained(cache, found, plan, seed, found[0].slot)
        features.append(features_of(session, patches).mean(axis=0))
        families.append(family)
        sources.append(row.source)
    return Seen(np.array(features), tuple(families), tuple(sources))
