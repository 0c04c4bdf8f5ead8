"""The vocabulary: Answer, Reason, Evidence, Verdict. One JSON shape for Python, command line, HTTP and page.

Everything here is frozen and validated. `Verdict.to_dict()` is the shape that every door gives.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(StrEnum):
    """What Brushwork says of a picture. Never "human-made: proved"."""

    MADE_WITH_AI = "made_with_ai"
    PARTLY_AI = "partly_ai"
    LOOKS_AI = "looks_ai"
    CANNOT_TELL = "cannot_tell"
    NO_SIGN_OF_AI = "no_sign_of_ai"
    SIGNED_CAPTURE = "signed_capture"

    @property
    def words(self) -> str:
        """The wording shown to people, the same on the page, in the terminal and in reports."""
        return _ANSWER_WORDS[self]


_ANSWER_WORDS: dict[Answer, str] = {
    Answer.MADE_WITH_AI: "The file says it was made with AI",
    Answer.PARTLY_AI: "The file says AI was used in part of it",
    Answer.LOOKS_AI: "Looks AI-generated",
    Answer.CANNOT_TELL: "Cannot tell",
    Answer.NO_SIGN_OF_AI: "No sign of AI found",
    Answer.SIGNED_CAPTURE: "Signed as a camera capture",
}


class Reason(StrEnum):
    """The named rule that gave the answer; `weighing.RULES` has them in order."""

    TRUSTED_AI_SIGNATURE = "trusted_ai_signature"
    TRUSTED_CAPTURE_SIGNATURE = "trusted_capture_signature"
    DECLARED_AI = "declared_ai"
    DECLARED_PARTLY_AI = "declared_partly_ai"
    TOO_SMALL = "too_small"
    TOO_FLAT = "too_flat"
    TOO_COMPRESSED = "too_compressed"
    UNFAMILIAR = "unfamiliar"
    UNSTABLE = "unstable"
    ABOVE_STRICT = "above_strict"
    BELOW_CLEAR = "below_clear"
    BETWEEN_THRESHOLDS = "between_thresholds"


class State(StrEnum):
    """What a reader came back with. Absent, found and unreadable are three answers; the fourth is for what no
    reader here can look for at all (a watermark without an open decoder, metadata of bare pixels)."""

    ABSENT = "absent"
    FOUND = "found"
    UNREADABLE = "unreadable"
    NOT_CHECKED = "not_checked"


class Claim(StrEnum):
    """What a piece of evidence says about the origin of the picture."""

    WHOLLY_AI = "wholly_ai"
    PARTLY_AI = "partly_ai"
    CAPTURE = "capture"
    HUMAN_EDIT = "human_edit"
    NOT_STATED = "not_stated"


class Trust(StrEnum):
    """How much stands behind a claim.

    `trusted`: a valid signature whose certificate chains to the configured trust list. `unverified`: signed, but by a
    signer that no configured list names, or with an expired or non-conforming certificate. `tampered`: signed, but
    the file or the claim was altered after signing. `unsigned`: plain metadata or pixels, which anyone can write.
    """

    TRUSTED = "trusted"
    UNVERIFIED = "unverified"
    TAMPERED = "tampered"
    UNSIGNED = "unsigned"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(_Frozen):
    """One exact field that a piece of evidence rests on, e.g. name "XMP Iptc4xmpExt:DigitalSourceType"."""

    name: str
    value: str


class Evidence(_Frozen):
    """What one reader found.

    `source` is the reader's name (the registry in `provenance` and "pixels" for the forensic model), `tool` the
    generator or program that it names, `facts` the exact fields, cleaned by `text.shown`.
    """

    kind: Literal["provenance", "forensics"]
    source: str
    state: State
    summary: str
    claim: Claim = Claim.NOT_STATED
    trust: Trust = Trust.UNSIGNED
    tool: str | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def declares_ai(self) -> bool:
        """True where this is a readable declaration, not altered after signing, that AI made all or part of it."""
        stands = self.state is State.FOUND and self.trust is not Trust.TAMPERED
        return self.kind == "provenance" and stands and self.claim in (Claim.WHOLLY_AI, Claim.PARTLY_AI)


class Warned(_Frozen):
    """Something a reader of the verdict should know: a stable `code` and a plain sentence."""

    code: str
    detail: str


class InputFacts(_Frozen):
    """What was examined. Width and height are in pixels, after the EXIF orientation was applied; `bytes` is the size
    of the file. `sha256` is of the file's bytes, null for bare pixels; `phash` is a 64-bit perceptual hash in hex."""

    sha256: str | None
    phash: str
    format: str | None
    width: int
    height: int
    bytes: int | None
    jpeg_quality: int | None = None
    chroma_subsampling: str | None = None
    bits_per_pixel: float | None = None
    typical_generator_size: bool = False


class Reference(_Frozen):
    """How often human art scores this high: `fpr_at_score` of `n` human works of `kind` in the set named `set`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    set: str
    n: int = Field(ge=1)
    kind: str
    fpr_at_score: float = Field(ge=0, le=1)

    @property
    def words(self) -> str:
        """The plain sentence shown beside every verdict."""
        if self.fpr_at_score == 0:
            return f"none of the {self.n} human works that were measured scores this high"
        return f"about {max(1, round(self.fpr_at_score * 1000))} of 1000 human works score this high (n = {self.n})"


class AnswerRates(_Frozen):
    """How often the pixels gave this answer to `n_human` human works and to `n_ai` AI pictures. With a guess of how
    many of the pictures at hand are AI, these two give the chance that the answer is right (Bayes)."""

    of_human: float = Field(ge=0, le=1)
    of_ai: float = Field(ge=0, le=1)
    n_human: int = Field(ge=1)
    n_ai: int = Field(ge=1)


class Stability(_Frozen):
    """Probabilities of the picture under harmless re-encodings: lowest, highest, and how many of the `views` gave
    another answer than the picture itself."""

    min: float = Field(ge=0, le=1)
    max: float = Field(ge=0, le=1)
    flips: int = Field(ge=0)
    views: int = Field(ge=1)


class Region(_Frozen):
    """One patch in pixels of the upright picture, with the probability that the model gives to it alone."""

    x: int
    y: int
    width: int
    height: int
    probability: float = Field(ge=0, le=1)


class Regions(_Frozen):
    """Where the score comes from, and the same in words for those who do not look at a map."""

    patches: tuple[Region, ...]
    words: str


class Attribution(_Frozen):
    """Likely generator families, best first, with the share that is unknown. Shares sum to 1."""

    top: tuple[tuple[str, float], ...]
    unknown: float = Field(ge=0, le=1)

    @property
    def words(self) -> str:
        """The shares in words, the largest first: "unknown 64 %, Stable Diffusion XL 20 %, Flux 16 %"."""
        shares = sorted((("unknown", self.unknown), *self.top), key=lambda share: -share[1])
        return ", ".join(f"{name} {share * 100:.0f} %" for name, share in shares)


class Thresholds(_Frozen):
    """Calibrated probabilities at which the answers change. Above `strict`: looks_ai; below `clear`: no_sign_of_ai;
    `balanced` divides the two-class label."""

    clear: float = Field(gt=0, lt=1)
    balanced: float = Field(gt=0, lt=1)
    strict: float = Field(gt=0, lt=1)


class ModelFacts(_Frozen):
    """The bundle that looked at the pixels."""

    name: str
    version: str
    sha256: str
    thresholds: Thresholds


class Wording(_Frozen):
    """The verdict in plain words: the answer, why, how often it is wrong, and what helps."""

    answer: str
    why: str
    error_rate: str
    advice: tuple[str, ...] = ()


class Failure(_Frozen):
    """Why a picture has no answer: `type` is the slug of its error."""

    type: str
    title: str
    detail: str
    advice: str


class Verdict(_Frozen):
    """The whole story of one picture. A failed one has `error` and no answer.

    `label` is the two-class word of the pixels alone, at the balanced threshold; `probability` is calibrated and apart
    from the answer, which also weighs what the file says. `rates` is null where the answer rests on anything else, and
    `reference` where the picture is unlike any that was measured.
    """

    id: str
    created_at: datetime
    channel: Literal["python", "command_line", "http", "page"] = "python"
    external_id: str | None = None
    input: InputFacts | None = None
    answer: Answer | None = None
    reason: Reason | None = None
    wording: Wording | None = None
    label: Literal["ai", "human"] | None = None
    probability: float | None = Field(default=None, ge=0, le=1)
    reference: Reference | None = None
    rates: AnswerRates | None = None
    stability: Stability | None = None
    evidence: tuple[Evidence, ...] = ()
    attribution: Attribution | None = None
    regions: Regions | None = None
    explanations: tuple[str, ...] = ()
    warnings: tuple[Warned, ...] = ()
    model: ModelFacts | None = None
    timing_ms: dict[str, float] = Field(default_factory=dict)
    error: Failure | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape as plain Python values."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """The JSON shape on one line."""
        return self.model_dump_json()

    def to_text(self, name: str | None = None) -> str:
        """The short plain text that page, command line and reports give; `name` is how the file is called."""
        from .told import as_text

        return as_text(self, name)

    def _repr_html_(self) -> str:
        from .told import as_card

        return as_card(self)
