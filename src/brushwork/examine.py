"""The whole story of one picture in one readable function: `Examiner.examine`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from .errors import PictureError
from .failures import failed, new_id
from .forensics.attribution import attribution_of
from .forensics.bundle import Bundle
from .forensics.calibration import probability, reference_at
from .forensics.distant import bundle_of
from .forensics.regions import regions_of
from .forensics.scorer import PatchScores, Scorer
from .forensics.stability import views
from .picture import Limits, Picture, Source, open_picture
from .provenance import read_all
from .provenance.credentials import trust_anchors
from .settings import Settings, load_settings
from .verdict import Answer, Attribution, Evidence, Fact, Regions, Stability, State, Verdict
from .weighing import OUT_OF_RANGE, Case, Reading, Rule, pixel_answer, rates_of, warnings_of, weigh, wording

Channel = Literal["python", "command_line", "http", "page"]


class Examiner:
    """Examines pictures with one loaded bundle. Thread-safe; keeps nothing of what it saw."""

    def __init__(
        self, bundle: Bundle, limits: Limits | None = None, trust_list: Path | None = None, threads: int = 1
    ) -> None:
        """Load the model of `bundle`; `trust_list` is a PEM file of C2PA certificates to trust.

        Raises BundleDamaged or SettingsError.
        """
        if trust_list is not None:
            trust_anchors(trust_list)  # a list that cannot be used stops the start, not the first signed picture
        self.bundle = bundle
        self.limits = limits or Limits()
        self._trust_list = trust_list
        self._scorer = Scorer(bundle, threads)

    @classmethod
    def from_bundle(cls, name_or_path: str | Path = "default") -> Examiner:
        """Load a shipped bundle by name or any other by path; limits and trust list come from the settings."""
        return cls.from_settings(load_settings().model_copy(update={"model": str(name_or_path), "model_sha256": None}))

    @classmethod
    def from_settings(cls, settings: Settings) -> Examiner:
        """Load what the settings name."""
        return cls(bundle_of(settings), Limits.of(settings), settings.trust_list, settings.threads)

    def examine(
        self,
        source: Source,
        *,
        name: str | None = None,
        explain: bool = False,
        stability: bool = False,
        external_id: str | None = None,
        channel: Channel = "python",
        on_stage: Callable[[str], None] | None = None,
    ) -> Verdict:
        """Examine one picture; `explain` adds the map of regions, `stability` eight re-encodings (nine times the work).

        `on_stage` is called with the name of each stage that begins, a key of `timing_ms`. Raises a PictureError that
        names the input and the next step.
        """
        clock = _Clock(on_stage)
        with clock.stage("decode"):
            picture = open_picture(source, self.limits, name)
            facts = picture.input_facts()
        with clock.stage("provenance"):
            provenance = read_all(picture, self._trust_list)
        with clock.stage("forensics"):
            reading, regions, attribution = self._look(picture, explain, stability)
        with clock.stage("weigh"):
            evidence = (*provenance, self._pixel_evidence(reading))
            case = self._case(picture, evidence, reading)
            rule = weigh(case)
        return Verdict(
            id=new_id(),
            created_at=datetime.now(UTC),
            channel=channel,
            external_id=external_id,
            input=facts,
            evidence=evidence,
            regions=regions,
            attribution=attribution if _names_a_source(rule, case) else None,
            explanations=("regions",) if explain else (),
            warnings=(*picture.warnings, *warnings_of(evidence, rule)),
            model=self.bundle.facts(),
            timing_ms=clock.milliseconds,
            **_weighed(rule, case),
        )

    def examine_many(self, sources: Iterable[Source]) -> Iterator[Verdict]:
        """Examine one after the other, lazily and in order; a picture that fails gives a verdict with `error`."""
        for source in sources:
            try:
                yield self.examine(source)
            except PictureError as error:
                yield failed(error)

    def explain(self, source: Source) -> Regions:
        """Only the map of where the pixel score comes from."""
        _, regions, _ = self._look(open_picture(source, self.limits), explain=True, stability=False)
        assert regions is not None, "asked for"
        return regions

    def stability(self, source: Source) -> Stability:
        """Only the range of the probability under eight harmless re-encodings."""
        reading, _, _ = self._look(open_picture(source, self.limits), explain=False, stability=True)
        assert reading.stability is not None, "asked for"
        return reading.stability

    def _look(
        self, picture: Picture, explain: bool, stability: bool
    ) -> tuple[Reading, Regions | None, Attribution | None]:
        scores = self._scorer.score(picture.rgb)
        score = self._probability(scores)
        reading = Reading(
            probability=score,
            contrast=round(scores.contrast, 1),
            patches=len(scores.places),
            reference=reference_at(score, self.bundle.reference),
            stability=self._spread(picture, score) if stability else None,
            distance=scores.distance,
        )
        recipe = self.bundle.recipe
        regions = regions_of(scores, recipe, picture.width, picture.height) if explain else None
        if recipe.families is None or scores.families is None:
            return reading, regions, None
        return reading, regions, attribution_of(scores.families, recipe.families)

    def _probability(self, scores: PatchScores) -> float:
        return probability(scores.pooled, self.bundle.recipe.calibration)

    def _spread(self, picture: Picture, score: float) -> Stability:
        fits = self.bundle.recipe.thresholds
        seen = [self._probability(self._scorer.score(view)) for view in views(picture.rgb)]
        own = pixel_answer(score, fits)
        flips = sum(pixel_answer(p, fits) is not own for p in seen)
        return Stability(min=min(score, *seen), max=max(score, *seen), flips=flips, views=len(seen))

    def _case(self, picture: Picture, evidence: tuple[Evidence, ...], reading: Reading) -> Case:
        return Case(
            evidence=evidence,
            reading=reading,
            short_side=min(picture.width, picture.height),
            jpeg_quality=picture.facts.jpeg_quality,
            known=self.bundle.recipe.range,
            fits=self.bundle.recipe.thresholds,
        )

    def _pixel_evidence(self, reading: Reading) -> Evidence:
        name = self.bundle.recipe.name
        return Evidence(
            kind="forensics",
            source="pixels",
            state=State.FOUND,
            summary=f"The model {name} gives the pixels a probability of {reading.probability:.2f} of being generated.",
            facts=(
                Fact(name="patches", value=str(reading.patches)),
                Fact(name="contrast", value=f"{reading.contrast:.1f}"),
            ),
        )


def _names_a_source(rule: Rule, case: Case) -> bool:
    """A source is named only of what looks generated: by the answer, and by the pixels too."""
    told = rule.answer in (Answer.LOOKS_AI, Answer.MADE_WITH_AI)
    return told and case.reading.probability >= case.fits.balanced.probability


def _weighed(rule: Rule, case: Case) -> dict[str, Any]:
    """The fields of a verdict that follow from the rule that applies."""
    reading = case.reading
    return {
        "answer": rule.answer,
        "reason": rule.reason,
        "wording": wording(rule, case),
        "label": "ai" if reading.probability >= case.fits.balanced.probability else "human",
        "probability": reading.probability,
        "reference": None if rule.reason in OUT_OF_RANGE else reading.reference,
        "rates": rates_of(rule, case.fits),
        "stability": reading.stability,
    }


class _Clock:
    """Milliseconds of each stage, by a monotonic clock."""

    def __init__(self, on_stage: Callable[[str], None] | None = None) -> None:
        self.milliseconds: dict[str, float] = {}
        self._on_stage = on_stage

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self._on_stage is not None:
            self._on_stage(name)
        start = time.perf_counter()
        yield
        self.milliseconds[name] = round((time.perf_counter() - start) * 1000, 3)
