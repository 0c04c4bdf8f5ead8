"""The kinds of images, each with what it shows and what it does not prove: neither stands without the other."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from ..told import MAP_CAVEAT


class Kind(StrEnum):
    """One way to look at a picture. Only `regions` has to do with the score; the others are to look at only."""

    REGIONS = "regions"
    ERROR_LEVEL = "error_level"
    NOISE = "noise"
    SPECTRUM = "spectrum"
    JPEG_GHOSTS = "jpeg_ghosts"


class Told(BaseModel):
    """What an image of `kind` shows in one sentence, and what nobody should read into it in another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    title: str
    shows: str
    does_not_prove: str
    in_the_verdict: bool = False


TOLD: Final[dict[Kind, Told]] = {
    told.kind: told
    for told in (
        Told(
            kind=Kind.REGIONS,
            title="Where the score comes from",
            shows="Each marked patch has the probability that the model gives to that patch alone.",
            does_not_prove=MAP_CAVEAT,
            in_the_verdict=True,
        ),
        Told(
            kind=Kind.ERROR_LEVEL,
            title="Error level",
            shows="How much each place changes when the picture is saved once more as JPEG; bright is much.",
            does_not_prove="Edges and fine texture are bright in every picture. A bright place proves neither AI nor "
            "editing, an even one proves no honesty.",
        ),
        Told(
            kind=Kind.NOISE,
            title="Noise residual",
            shows="What is left when a smoothed copy is taken away: sensor noise, grain, brush texture, hard edges.",
            does_not_prove="Denoising, painting, scaling and strong compression all remove or change noise. Neither "
            "its absence nor its evenness proves AI.",
        ),
        Told(
            kind=Kind.SPECTRUM,
            title="Spectrum",
            shows="How much of each frequency the picture holds, slow ones in the middle; a regular pattern gives "
            "points or lines.",
            does_not_prove="Screens, canvas, halftone print, scaling and the 8 x 8 blocks of JPEG give points and "
            "lines, too. They prove no generator.",
        ),
        Told(
            kind=Kind.JPEG_GHOSTS,
            title="JPEG ghosts",
            shows="How well each place fits each JPEG quality; a place that is dark at another quality than its "
            "surroundings may have been saved apart from them.",
            does_not_prove="Flat and saturated places are dark at every quality. Collages, retouching and stickers are "
            "ordinary work; none of this proves AI.",
        ),
    )
}
