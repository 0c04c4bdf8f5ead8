"""Two pictures side by side: how their verdicts differ in words, and how alike the pictures are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from .examine import Examiner
from .look.dates import Dated, dates_of
from .look.likeness import Likeness, Relation, distance, likeness
from .picture import Picture, Source, open_picture
from .text import shown
from .verdict import InputFacts, State, Verdict

DATES_ABOUT: Final = "Dates in the file, which anyone can write"


class Difference(BaseModel):
    """One thing about two verdicts: each side in words, and whether they are the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    first: str
    second: str
    same: bool


class Dates(BaseModel):
    """The dates in the metadata of both files, as they stand there. Nobody signed them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: tuple[Dated, ...]
    second: tuple[Dated, ...]


class Comparison(BaseModel):
    """Both verdicts, what differs between them, which picture has more pixels, and how alike the pictures are.

    `words` says what the pictures are to each other and claims nothing beyond: not who copied whom, not who made what.
    `dates` is None where the files themselves are not at hand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Verdict
    second: Verdict
    differences: tuple[Difference, ...]
    larger: Literal["first", "second", "same", "unknown"]
    likeness: Likeness
    words: str
    dates: Dates | None = None

    def to_text(self, first: str = "first", second: str = "second") -> str:
        """The comparison as plain text, with the names of both."""
        one, two = (shown(name, 60) or "-" for name in (first, second))
        lines = []
        for found in self.differences:
            same = f"{found.about}: the same, {found.first}"
            lines.append(same if found.same else f"{found.about}:\n  {one}: {found.first}\n  {two}: {found.second}")
        if self.dates and (self.dates.first or self.dates.second):
            first_dates, second_dates = (_listed(side) for side in (self.dates.first, self.dates.second))
            lines.append(f"{DATES_ABOUT}:\n  {one}: {first_dates}\n  {two}: {second_dates}")
        return "\n".join([*lines, "", self.words])


def compare(first: Source, second: Source, examiner: Examiner | None = None, *, stability: bool = False) -> Comparison:
    """Examine both and compare them; without an `examiner` the default bundle looks.

    Raises the PictureError of the one that cannot be examined.
    """
    examiner = examiner or Examiner.from_bundle("default")
    verdicts = [examiner.examine(source, stability=stability) for source in (first, second)]
    pictures = [open_picture(source, examiner.limits) for source in (first, second)]
    return compared(verdicts[0], verdicts[1], (pictures[0], pictures[1]))


def compared(first: Verdict, second: Verdict, pictures: tuple[Picture, Picture] | None = None) -> Comparison:
    """Compare two verdicts; without the `pictures` themselves only their hashes tell how alike they are."""
    found = likeness(*pictures) if pictures else _by_hashes(first.input, second.input)
    return Comparison(
        first=first,
        second=second,
        differences=tuple(_difference(about, read(first), read(second)) for about, read in _ROWS),
        larger=_larger(first.input, second.input),
        likeness=found,
        words=_in_words(found, _larger(first.input, second.input)),
        dates=Dates(first=dates_of(pictures[0]), second=dates_of(pictures[1])) if pictures else None,
    )


def _listed(dates: tuple[Dated, ...]) -> str:
    return "; ".join(f"{date.field} {date.value}" for date in dates) or "none"


def _difference(about: str, first: str, second: str) -> Difference:
    return Difference(about=about, first=first, second=second, same=first == second)


def _answer(verdict: Verdict) -> str:
    return verdict.wording.answer if verdict.wording else verdict.error.title if verdict.error else "none"


def _probability(verdict: Verdict) -> str:
    return "none" if verdict.reference is None or verdict.probability is None else f"{verdict.probability:.2f}"


def _stability(verdict: Verdict) -> str:
    spread = verdict.stability
    return "not asked for" if spread is None else f"{spread.min:.2f} to {spread.max:.2f}, {spread.flips} changes"


def _declared(verdict: Verdict) -> str:
    found = [e.summary for e in verdict.evidence if e.kind == "provenance" and e.state is State.FOUND]
    return " ".join(found) or "nothing"


def _format(verdict: Verdict) -> str:
    facts = verdict.input
    if facts is None:
        return "unknown"
    quality = f", quality about {facts.jpeg_quality}" if facts.jpeg_quality is not None else ""
    return f"{facts.format or 'bare pixels'}{quality}"


def _size(verdict: Verdict) -> str:
    return f"{verdict.input.width} x {verdict.input.height}" if verdict.input else "unknown"


def _bytes(verdict: Verdict) -> str:
    known = verdict.input is not None and verdict.input.bytes is not None
    return f"{verdict.input.bytes:,}" if known and verdict.input else "unknown"


_ROWS: Final[tuple[tuple[str, Callable[[Verdict], str]], ...]] = (
    ("Answer", _answer),
    ("Why", lambda verdict: verdict.wording.why if verdict.wording else ""),
    ("Probability", _probability),
    ("Stability", _stability),
    ("The file says", _declared),
    ("Format", _format),
    ("Pixels", _size),
    ("Bytes", _bytes),
)


def _larger(first: InputFacts | None, second: InputFacts | None) -> Literal["first", "second", "same", "unknown"]:
    if first is None or second is None:
        return "unknown"
    one, two = first.width * first.height, second.width * second.height
    return "same" if one == two else "first" if one > two else "second"


def _by_hashes(first: InputFacts | None, second: InputFacts | None) -> Likeness:
    if first is None or second is None:
        return Likeness(relation=Relation.UNKNOWN, same_file=False, same_pixels=None, phash_distance=64)
    same = first.sha256 is not None and first.sha256 == second.sha256
    relation = Relation.SAME_FILE if same else Relation.UNKNOWN
    bits = distance(first.phash, second.phash)
    return Likeness(relation=relation, same_file=same, same_pixels=True if same else None, phash_distance=bits)


_RELATIONS: Final[dict[Relation, str]] = {
    Relation.SAME_FILE: "Both are the same file, byte for byte.",
    Relation.SAME_PIXELS: "The pixels are the same; the files differ, for example in what they say of themselves.",
    Relation.RESAVED: "One looks like the other saved again: the same frame at the same size, with small changes.",
    Relation.RESIZED: "One looks like the other at another size: the same frame, scaled.",
    Relation.ALIKE: "They look alike, but neither as a copy nor as a part: the same work in another state may look so, "
    "and so may two works of one motif.",
    Relation.UNLIKE: "They do not look alike in any way that is looked for here.",
    Relation.UNKNOWN: "The pictures themselves were not kept, so that only their hashes could be compared.",
}


def _in_words(found: Likeness, larger: str) -> str:
    if found.relation is Relation.PART:
        other = "second" if found.part_of == "first" else "first"
        box = found.box
        where = f", {box.width} x {box.height} pixels of it from {box.x}, {box.y}" if box else ""
        said = f"The {other} looks like a part of the {found.part_of}{where}."
    else:
        said = _RELATIONS[found.relation]
    more = f"The {larger} has more pixels. " if larger in ("first", "second") else ""
    layers = [f"their perceptual hashes differ in {found.phash_distance} of 64 bits (unrelated pictures: about 32)"]
    if found.frame is not None:
        layers.append(f"the whole frames correlate by {found.frame:.2f}")
    if found.part is not None:
        layers.append(f"the best part by {found.part:.2f}")
    layered = "; ".join(layers)
    return (
        f"{said} {more}{layered[0].upper()}{layered[1:]}. Mirrored and turned copies are not looked for; who "
        "made which from which cannot be told."
    )
