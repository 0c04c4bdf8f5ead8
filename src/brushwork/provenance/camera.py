"""Camera EXIF: which camera the file names. Weak, and never a reason to clear a picture: anyone can copy it.

Serial numbers, owners and maker notes are not read at all; of a place only that there is one.
"""

from __future__ import annotations

from typing import Final

from ..verdict import Claim, Evidence, Fact
from .answers import absent, bare_pixels, fact, found
from .exif import Exif
from .metadata import Metadata
from .vocabulary import ai_tool_in

SOURCE: Final = "camera"


def read(metadata: Metadata) -> tuple[Evidence, ...]:
    """The camera that the EXIF of the picture names. Damaged EXIF is reported by the reader of source types."""
    if metadata.bare:
        return (bare_pixels(SOURCE),)
    exif = metadata.exif
    located = exif.has_location or metadata.xmp.all("exif:GPSLatitude", "exif:GPSLongitude")
    location = (Fact(name="location", value="location present"),) if located else ()
    make, model = exif.text("Make"), exif.text("Model")
    if not (make or model) or ai_tool_in(make) or ai_tool_in(model) or ":{" in f"{make}{model}".replace(" ", ""):
        summary = "No camera is named in the EXIF data; most pictures online have lost it."
        if location:
            return (found(SOURCE, f"{summary} A location is present.", facts=location),)
        return (absent(SOURCE, summary),)
    return (
        found(
            SOURCE,
            "The EXIF data names a camera. It is not signed and can be copied, so it does not clear the picture.",
            claim=Claim.CAPTURE,
            tool=f"{make} {model}".strip(),
            facts=(*_facts(exif), *location),
        ),
    )


def _facts(exif: Exif) -> tuple[Fact, ...]:
    named = tuple(fact(f"EXIF {n}", exif.text(n)) for n in ("Make", "Model", "LensModel", "Software") if exif.text(n))
    taken = ("ExposureTime", "FNumber", "ISOSpeedRatings", "FocalLength", "DateTimeOriginal")
    settings = [name for name in taken if name in exif.values]
    return (*named, fact("EXIF exposure data", ", ".join(settings))) if settings else named
