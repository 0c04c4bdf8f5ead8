"""What plain metadata declares: IPTC source type, credit lines, and programs that are named as AI tools.

Decisions. A source type of the picture itself decides; wholly AI and partly AI are told apart by it alone. The bare
term without its URI counts too, for real files have it. Without an AI source type: a program field that names a known
AI tool, or a credit such as "Made with Google AI", says wholly AI; "Edited with Google AI", or `AISystemUsed` without
a source type, says partly. These count as the whole value only, never as words within one, and never with a denial in
it: "Not created with AI" and "Created by Ai Weiwei" declare nothing. A creator, credit or source that is the name of an
AI company (stock pictures: "Source: OpenAI") counts only together with a caption that says that AI made the picture: a
portrait supplied by that company has the same source. The Chinese label `AIGC` (GB 45438-2025) with Label 1 says wholly
AI. All of it is unsigned, so can be forged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..text import shown
from ..verdict import Claim, Evidence, Fact
from .answers import absent, bare_pixels, fact, found, unreadable
from .exif import Exif
from .metadata import Metadata
from .vocabulary import Origin, ai_tool_in, denies, source_type_of
from .xmp import Xmp

SOURCE: Final = "source_type"

_PROGRAMS: Final = ("xmp:CreatorTool", "tiff:Software", "stEvt:softwareAgent", "photoshop:Source", "tiff:Model")
_PNG_PROGRAMS: Final = ("Software", "software", "Creator", "Generator", "generator", "Source")
_TYPES: Final = ("Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:DigitalSourcefileType")
# "AI" in capitals, and "with": "Made with Ai" is Illustrator, "Created by Ai" an artist of that name.
_CREDIT: Final = re.compile(
    r"(?P<how>(?i:made|created|generated|imagined|edited)) (?i:with) "
    r"(?:(?i:google (?:generative )?ai)|(?:(?i:meta|generative) )?AI)\.?"
)
_AI_COMPANY: Final = re.compile(
    r"((courtesy( of)?|credit|source|image( by)?|via|©)[: ]+)?(open ?ai|midjourney|stability ?ai|dall[·-]?e)"
    r"[\s\d.,()-]*(inc|llc)?\.?",
    re.I,
)
# The beginning of a sentence about the picture itself: a caption may well speak of pictures that AI made.
_CAPTION: Final = re.compile(
    r"(?:^|[.!] )(?:(?:this|the|an?) )?(?:ai )?(?:art|artwork|image|illustration|painting|photo|picture|portrait|work) "
    r"(?:is |was )?(?:generated|created|made|produced) (?:by|with|using) [^.]{0,60}"
    r"(?:dall[·\-. ]?e|midjourney|stable diffusion|artificial intelligence|\bai\b|deep learning model)",
    re.I,
)
_UNUSED: Final = frozenset(
    {"", "-", "--", "—", "n/a", "n.a.", "na", "n-a", "0", "false", "off", "null", "unused", "human"}
)
"""What stands in `AISystemUsed` where nothing was used; other ways to say no are left to `denies`."""


class Sign(NamedTuple):
    """One declaration: what it says, the tool it names, the field it stands in, and its place in the order."""

    claim: Claim
    tool: str | None
    fact: Fact
    decides: bool = False


def read(metadata: Metadata) -> tuple[Evidence, ...]:
    """What the metadata declares of its origin, in XMP, IPTC IIM, EXIF and PNG text."""
    if metadata.bare:
        return (bare_pixels(SOURCE),)
    signs = [*_types(metadata.xmp), *_credits(metadata), *_programs(metadata), *_labels(metadata)]
    evidence = _weigh(signs)
    damaged = _damage(metadata.xmp, metadata.exif)
    if evidence is None:
        return damaged or (absent(SOURCE, "The metadata names no AI tool and no AI source type."),)
    return (evidence, *damaged)


def _weigh(signs: list[Sign]) -> Evidence | None:
    if not signs:
        return None
    ai = [s for s in signs if s.claim in (Claim.WHOLLY_AI, Claim.PARTLY_AI)]
    deciding = [s for s in ai if s.decides] or ai or signs
    claims = {s.claim for s in deciding}
    claim = next((c for c in (Claim.WHOLLY_AI, Claim.PARTLY_AI, Claim.CAPTURE) if c in claims), Claim.NOT_STATED)
    tool = next((s.tool for s in (*deciding, *signs) if s.tool), None)
    words = {
        Claim.WHOLLY_AI: "The metadata declares that AI made this picture",
        Claim.PARTLY_AI: "The metadata declares that AI was used in part of this picture",
        Claim.CAPTURE: "The metadata declares that this is a camera capture",
    }.get(claim, "The metadata says where the picture comes from, but not that AI made it")
    names = f" ({tool})" if tool else ""
    return found(
        SOURCE,
        f"{words}{names}; it is not signed, so anyone could have written it.",
        claim=claim,
        tool=tool,
        facts=tuple(s.fact for s in signs),
    )


def _damage(xmp: Xmp, exif: Exif) -> tuple[Evidence, ...]:
    wrong = (("XMP", xmp.damaged), ("EXIF", exif.damaged))
    return tuple(
        unreadable(SOURCE, f"The {kind} metadata could not be read: {shown(why, 140)}.") for kind, why in wrong if why
    )


def _types(xmp: Xmp) -> Iterator[Sign]:
    """Source types. One inside a structure (an ingredient, a region) is about a part of the picture."""
    claims = {Origin.AI: Claim.WHOLLY_AI, Origin.PARTLY_AI: Claim.PARTLY_AI, Origin.CAPTURE: Claim.CAPTURE}
    for found_type in xmp.all(*_TYPES):
        known = source_type_of(found_type.value)
        claim = claims.get(known.origin, Claim.NOT_STATED) if known else Claim.NOT_STATED
        if not found_type.top:
            claim = Claim.PARTLY_AI if claim is Claim.WHOLLY_AI else claim
            claim = Claim.NOT_STATED if claim is Claim.CAPTURE else claim
        meaning = f" ({known.words})" if known else ""
        yield Sign(claim, None, fact(f"XMP {found_type.name}", f"{found_type.value}{meaning}"), decides=True)
    for system in xmp.all("Iptc4xmpExt:AISystemUsed"):
        if system.value.strip(" .").casefold() in _UNUSED or denies(system.value):
            continue
        yield Sign(Claim.PARTLY_AI, shown(system.value, 120), fact(f"XMP {system.name}", system.value))


def _credits(metadata: Metadata) -> Iterator[Sign]:
    fields = {
        f"XMP {name}": metadata.xmp.first(name) for name in ("photoshop:Credit", "photoshop:Source", "dc:creator")
    }
    fields |= metadata.iptc
    caption = fields.pop("IPTC Caption", "") or metadata.xmp.first("dc:description")
    supports = not denies(caption) and _CAPTION.search(caption[:2000]) is not None
    for name, value in fields.items():
        credit = _credit(value)
        if credit is not None:
            tool = ai_tool_in(value)
            yield Sign(credit, tool.name if tool else None, fact(name, value))
        elif _AI_COMPANY.fullmatch(value):
            claim = Claim.WHOLLY_AI if supports else Claim.NOT_STATED
            yield Sign(claim, shown(value, 120), fact(name, value))
            if supports:
                yield Sign(claim, None, fact("caption", caption))


def _credit(value: str) -> Claim | None:
    """What a credit line declares; None for one that declares nothing."""
    found_credit = None if denies(value) else _CREDIT.fullmatch(value.strip())
    if found_credit is None:
        return None
    return Claim.PARTLY_AI if found_credit["how"].casefold() == "edited" else Claim.WHOLLY_AI


def _programs(metadata: Metadata) -> Iterator[Sign]:
    """Fields that name the program (or, misused, the camera model) that made the file."""
    fields = [(f"XMP {p.name}", p.value, p.top) for p in metadata.xmp.all(*_PROGRAMS)]
    fields += [
        (f"EXIF {name}", metadata.exif.text(name), True) for name in ("Software", "Make", "Model", "HostComputer")
    ]
    fields += [(f"PNG {key}", metadata.chunk(key), True) for key in _PNG_PROGRAMS]
    for name, value, top in fields:
        tool = ai_tool_in(value) if value else None
        if tool is not None:
            # A step of the editing history is about a part of the making, not about the whole picture.
            whole = top and _credit(value) is not Claim.PARTLY_AI
            yield Sign(Claim.WHOLLY_AI if whole else Claim.PARTLY_AI, tool.name, fact(name, value))


def _labels(metadata: Metadata) -> Iterator[Sign]:
    """The AIGC label: JSON with Label "1" (AI), "2" (perhaps) or "3" (suspected); only the first is a declaration."""
    for name, value in (
        ("PNG AIGC", metadata.chunk("AIGC")),
        *((f"XMP {p.name}", p.value) for p in metadata.xmp.all("AIGC")),
    ):
        if value and len(value) < 10_000:
            try:
                label = json.loads(value)
            except (ValueError, RecursionError):
                label = None
            declared = isinstance(label, dict) and str(label.get("Label")) == "1"
            yield Sign(Claim.WHOLLY_AI if declared else Claim.NOT_STATED, None, fact(name, value))
