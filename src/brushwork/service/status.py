"""How the service is, in one document for the status page: read from its own metrics, so that both say the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from math import isnan
from typing import Final

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from pydantic import BaseModel, ConfigDict, Field

from .schemas import Health, Ready

_DURATION: Final = "brushwork_stage_duration_seconds"
_DRIFT: Final = "brushwork_score_drift_ratio"


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counted(_Said):
    """How often something came up since this process started."""

    name: str
    count: int


class Stage(_Said):
    """One stage of the examination: seconds within which half and 95 of 100 pictures are through it."""

    name: str
    count: int
    p50: float
    p95: float


class Status(_Said):
    """The service now, and what this process did since it started. `drift` is null until enough was examined."""

    now: datetime
    health: Health
    ready: Ready
    verdicts: tuple[Counted, ...]
    failures: tuple[Counted, ...]
    stages: tuple[Stage, ...]
    drift: float | None = Field(description="how far scores moved from those that the bundle was measured with")


class Figures:
    """The samples of a Prometheus text, by name."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples = [sample for family in families for sample in family.samples]

    def counted(self, name: str, label: str) -> tuple[Counted, ...]:
        """The counter `name` summed by `label`, the largest first."""
        sums: dict[str, float] = {}
        for sample in self._named(name):
            sums[sample.labels[label]] = sums.get(sample.labels[label], 0) + sample.value
        ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Counted(name=name, count=int(count)) for name, count in ordered)

    def stages(self) -> tuple[Stage, ...]:
        """Every stage that was timed, in the order of its first sample."""
        buckets: dict[str, dict[float, float]] = {}
        for sample in self._named(f"{_DURATION}_bucket"):  # one for every model that was active
            upto = buckets.setdefault(sample.labels["stage"], {})
            edge = float(sample.labels["le"])
            upto[edge] = upto.get(edge, 0) + sample.value
        stages = (_stage(name, sorted(upto.items())) for name, upto in buckets.items())
        return tuple(stage for stage in stages if stage.count)

    def drift(self) -> float | None:
        """The drift of the scores, where it is measured."""
        return max((sample.value for sample in self._named(_DRIFT) if not isnan(sample.value)), default=None)

    def _named(self, name: str) -> Iterable[Sample]:
        return (sample for sample in self._samples if sample.name == name)


def _stage(name: str, buckets: list[tuple[float, float]]) -> Stage:
    total = buckets[-1][1]
    return Stage(name=name, count=int(total), p50=_quantile(buckets, total * 0.5), p95=_quantile(buckets, total * 0.95))


def _quantile(buckets: list[tuple[float, float]], rank: float) -> float:
    """The value at `rank`, as if a bucket were evenly filled; the lower edge of the last bucket, which has no end."""
    for (low, below), (high, upto) in pairwise([(0.0, 0.0), *buckets]):
        if upto >= rank:
            return low if high == float("inf") else low + (high - low) * (rank - below) / (upto - below)
    return buckets[-1][0]
