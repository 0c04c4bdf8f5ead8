"""The many words for kinds of pictures, gathered into a few that have enough works each to say something of."""

from __future__ import annotations

import re
from typing import Final

PHOTOGRAPH: Final = "photograph"
MIXED: Final = "mixed art and photographs"
OTHER: Final = "other art"
RESTYLED: Final = "style transfer"
_PHOTO: Final = re.compile(r"\bphoto(s|graph|graphs|stream)?\b", re.IGNORECASE)  # "photographed" is said of paintings
_ART: Final = re.compile(r"illustration|drawing|anime|vector|digital art|render|\bart\b|painting", re.IGNORECASE)
# The first pattern that matches counts.
KINDS: Final = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("anime and manga", r"anime|manga|visual.novel|pixiv"),
        ("comic", r"comic|cartoon"),
        ("picture book", r"picture.book"),
        ("game and card art", r"game|card|sprite|character art|portrait, story|backdrop"),
        ("digital painting and illustration", r"digital|concept|wallpaper|illustrat|fantasy|vector|render|collage"),
        ("drawing and print", r"draw|print|sketch|ink\b|etching"),
        ("painting", r"paint|oil|watercolou?r|pastel|mural|acrylic|museum|classical|tapestry"),
    )
)


def kind_of(kind: str) -> str:
    """The coarse kind of a picture's `kind`: photographs are a kind of their own, and apart from mixtures with art."""
    if RESTYLED in kind.lower():
        return RESTYLED
    if _PHOTO.search(kind):
        return MIXED if _ART.search(_PHOTO.sub("", kind)) else PHOTOGRAPH
    return next((name for name, pattern in KINDS if pattern.search(kind)), OTHER)
