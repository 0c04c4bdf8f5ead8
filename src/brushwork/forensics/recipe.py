"""`recipe.json`: everything a bundle needs beside its weights, so that the preparation travels with the model."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..verdict import Thresholds

SCHEMA_VERSION: Final = 1


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PatchPlan(_Strict):
    """Which pixels the model sees: at most `grid` x `grid` crops of `size` pixels at native scale, spread evenly.

    With `jpeg_quality` (IJG scale) every patch goes through a JPEG first, so that a lossless file and its compressed
    copy look alike to the model. With `whole` the picture as a whole, pressed to one more square of `size` pixels,
    stands behind the patches; the model looks at each patch beside it. With `grid` 0 there are no patches and the whole
    is all that the model sees: so look the classifiers of the lab.
    """

    size: int = Field(ge=32, le=1024)
    grid: int = Field(ge=0, le=8)
    jpeg_quality: int | None = Field(None, ge=30, le=100)
    whole: bool = False

    @model_validator(mode="after")
    def _sees_something(self) -> PatchPlan:
        if not self.grid and not self.whole:
            raise ValueError("a grid of 0 without the whole picture leaves the model nothing to see")
        return self


class Calibration(_Strict):
    """Platt scaling of the pooled logit x: probability = 1 / (1 + exp(-(scale * x + offset))), kept inside
    [floor, 1 - floor], because no finite sample supports certainty."""

    scale: float
    offset: float
    floor: float = Field(0.01, ge=0, lt=0.5)


class ThresholdFit(_Strict):
    """One threshold on the calibrated probability: what it was fitted for, and the rates that such a threshold reached
    on sources that it was not fitted on (cross-fitted, the worse of clean and web weather): the share of `n_human`
    human works beyond it with its upper 95 % bound, and of `n_ai` AI works."""

    probability: float = Field(gt=0, lt=1)
    fitted_for: str
    fpr: float = Field(ge=0, le=1)
    fpr_upper95: float = Field(ge=0, le=1)
    recall: float = Field(ge=0, le=1)
    n_human: int = Field(ge=1)
    n_ai: int = Field(ge=1)


class ThresholdFits(_Strict):
    """The three thresholds; clear <= balanced <= strict."""

    clear: ThresholdFit
    balanced: ThresholdFit
    strict: ThresholdFit

    @model_validator(mode="after")
    def _in_order(self) -> ThresholdFits:
        if not self.clear.probability <= self.balanced.probability <= self.strict.probability:
            raise ValueError("thresholds must rise from clear over balanced to strict")
        return self

    def values(self) -> Thresholds:
        """The three numbers that a verdict shows."""
        return Thresholds(
            clear=self.clear.probability, balanced=self.balanced.probability, strict=self.strict.probability
        )


class KnownRange(_Strict):
    """Outside of this the model was not measured and the answer is "cannot tell".

    `min_side` in pixels; `min_contrast` is the least standard deviation (0 to 255) of the luminance that a patch must
    have on average; `min_jpeg_quality` is the IJG scale. With `max_distance` the model has an output "distance": how
    far the features of a patch lie from those of the training set, averaged over the patches of a picture.
    """

    min_side: int = Field(ge=1)
    min_contrast: float = Field(ge=0)
    min_jpeg_quality: int = Field(ge=1, le=100)
    max_distance: float | None = Field(None, gt=0)


class FamilyPlan(_Strict):
    """How the output "families" (a logit for each of `names`, per patch) becomes a likely source.

    With c the log-odds of the largest share of the softmax of the averaged logits, the unknown share is
    1 / (1 + exp(scale * c + offset)), fitted on families that were left out of the fit in turn. Families with a share
    under `least` are not named: theirs counts as unknown.
    """

    names: tuple[str, ...] = Field(min_length=2)
    scale: float = Field(ge=0)
    offset: float
    least: float = Field(0.05, ge=0, lt=1)


class Origin(_Strict):
    """Where the weights come from: library versions, git commit of the code, hash of the data manifest, seed."""

    created: str
    libraries: dict[str, str]
    git_commit: str
    data_manifest_sha256: str
    seed: int
    notes: str = ""


class Recipe(_Strict):
    """The whole recipe. `files` maps every other file of the folder to its sha256."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    version: str
    input: Literal["uint8_nhwc"] = "uint8_nhwc"
    pooling: Literal["mean"] = "mean"
    patches: PatchPlan
    calibration: Calibration
    thresholds: ThresholdFits
    range: KnownRange
    families: FamilyPlan | None = None
    origin: Origin
    files: dict[str, str]


class ReferenceScores(_Strict):
    """Calibrated probabilities of human works of one kind, ascending, rounded to 4 digits."""

    kind: str
    scores: tuple[float, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ascending(self) -> ReferenceScores:
        if any(a > b for a, b in zip(self.scores, self.scores[1:], strict=False)):
            raise ValueError(f"scores of kind {self.kind!r} are not ascending")
        return self


class ReferenceSet(_Strict):
    """`reference.json`: scores on human art, over all kinds ("all" is required) and by kind."""

    set: str
    kinds: tuple[ReferenceScores, ...]

    @model_validator(mode="after")
    def _has_all(self) -> ReferenceSet:
        if [k.kind for k in self.kinds].count("all") != 1:
            raise ValueError('there must be exactly one entry of kind "all"')
        return self
