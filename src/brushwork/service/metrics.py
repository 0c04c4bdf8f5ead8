"""Prometheus metrics. No label is ever made of a file name, an address, a user or a hash of a picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from ..forensics.bundle import Bundle
from ..store.retention import Tidied
from ..verdict import Verdict
from .disk import Disks
from .drift import Drift

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_STAGE_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The figures of one service, in a registry of their own so that two services in one process do not mix."""

    def __init__(self, bundle: Bundle, waiting: Callable[[], int], disks: Disks) -> None:
        """Count for `bundle`; `waiting` gives the length of the queue whenever it is asked for."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._verdicts = self._counter("brushwork_verdicts", "Verdicts given", "answer", "model", "channel")
        self._failures = self._counter("brushwork_decode_failures", "Pictures that could not be examined", "reason")
        self._requests = self._counter("brushwork_http_requests", "HTTP requests", "route", "method", "code")
        self._feedback = self._counter("brushwork_feedback", "Feedback on verdicts", "label", "agree")
        self._looks = self._counter("brushwork_retention_looks", "Looks for what is old enough to go", "outcome")
        self._removed = self._counter("brushwork_retention_removed", "What was removed for its age", "kind")
        self._fetches = self._counter("brushwork_url_fetch", "Pictures fetched from an address", "outcome")
        self._stages = Histogram(
            "brushwork_stage_duration_seconds", "Time of one stage of one picture", ("stage", "model"),
            buckets=_STAGE_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._durations = Histogram(
            "brushwork_http_request_duration_seconds", "Time of one HTTP request", ("route", "method"),
            buckets=_STAGE_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._gauge("brushwork_queue_jobs", "Pictures that wait or are examined").set_function(waiting)
        free = self._gauge("brushwork_disk_free_bytes", "Free bytes below what is written", "place")
        for place in disks.folders:
            free.labels(place).set_function(partial(disks.free, place))
        self._info = self._gauge("brushwork_model_info", "The bundle in use", "version", "sha256")
        self._use_gauges()
        self.use(bundle)

    def _use_gauges(self) -> None:
        """The figures that are worked out when they are asked for."""
        drift = self._gauge("brushwork_score_drift_ratio", "Distance of the last scores to those of human works")
        drift.set_function(self.drift)
        window = self._gauge("brushwork_score_drift_window", "Scores that the drift is worked out from")
        window.set_function(lambda: self._drift.count)
        words = "Share of accepted feedback that agrees with the answer"
        self._accuracy = self._gauge("brushwork_feedback_accuracy_ratio", words)
        self.accuracy(None)

    def use(self, bundle: Bundle) -> None:
        """Count for `bundle` from now on; its scores are compared with its own."""
        facts = bundle.facts()
        self._model = facts.name
        self._info.clear()
        self._info.labels(facts.version, facts.sha256).set(1)
        (every,) = (kind.scores for kind in bundle.reference.kinds if kind.kind == "all")
        self._drift = Drift(every)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self._registry)

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(name, words, labels, registry=self._registry)

    def verdict(self, verdict: Verdict) -> None:
        """Count one verdict that was given, or its failure."""
        if verdict.answer is None:
            self._failures.labels(verdict.error.type if verdict.error else "unknown").inc()
            return
        self._verdicts.labels(verdict.answer.value, self._model, verdict.channel).inc()
        if verdict.reference is not None and verdict.probability is not None:  # within what the bundle knows
            self._drift.add(verdict.probability)
        for stage, milliseconds in verdict.timing_ms.items():
            self.stage(stage, milliseconds / 1000)

    def failure(self, slug: str) -> None:
        """Count one picture that could not be examined, by the slug of its error."""
        self._failures.labels(slug).inc()

    def drift(self) -> float:
        """How far the last scores are from those that the bundle was measured with, from 0 to 1; NaN with too few."""
        return self._drift.ratio()

    def feedback(self, label: str, *, agrees: bool | None) -> None:
        """Count one piece of feedback; `agrees` says whether the answer said so too, None where it said nothing."""
        self._feedback.labels(label, "no_answer" if agrees is None else str(agrees).lower()).inc()

    def accuracy(self, ratio: float | None) -> None:
        """The share of accepted feedback that agrees with the answer, None where there is none."""
        self._accuracy.set(math.nan if ratio is None else ratio)

    def tidied(self, done: Tidied) -> None:
        """Count one look of the janitor and what it removed."""
        self._looks.labels("held" if done.held else "done").inc()
        for kind in ("verdicts", "pictures", "batches", "strays"):
            self._removed.labels(kind).inc(getattr(done, kind))

    def fetched(self, outcome: str) -> None:
        """Count one address that was called for a picture: ok, blocked, failed, timeout or too_large."""
        self._fetches.labels(outcome).inc()

    def stage(self, stage: str, seconds: float) -> None:
        """Record the time of one stage."""
        self._stages.labels(stage, self._model).observe(seconds)

    def request(self, route: str, method: str, code: int, seconds: float) -> None:
        """Count one request. `route` is the route's own pattern, never the address that was asked for."""
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, str(code)).inc()
        self._durations.labels(route, known).observe(seconds)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
