"""Prometheus metrics. No label is ever made of a file name, an address, a user or a hash of a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..verdict import ModelFacts, Verdict

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_STAGE_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The figures of one service, in a registry of their own so that two services in one process do not mix."""

    def __init__(self, model: ModelFacts, waiting: Callable[[], int]) -> None:
        """Count for `model`; `waiting` gives the length of the queue whenever it is asked for."""
        self._model = model.name
        self._registry = CollectorRegistry()
        self._verdicts = self._counter("brushwork_verdicts", "Verdicts given", "answer", "model", "channel")
        self._failures = self._counter("brushwork_decode_failures", "Pictures that could not be examined", "reason")
        self._requests = self._counter("brushwork_http_requests", "HTTP requests", "route", "method", "code")
        self._fetches = self._counter("brushwork_url_fetch", "Pictures fetched from an address", "outcome")
        self._stages = Histogram(
            "brushwork_stage_duration_seconds", "Time of one stage of one picture", ("stage", "model"),
            buckets=_STAGE_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._durations = Histogram(
            "brushwork_http_request_duration_seconds", "Time of one HTTP request", ("route", "method"),
            buckets=_STAGE_BUCKETS, registry=self._registry,
        )  # fmt: skip
        queue = Gauge("brushwork_queue_jobs", "Pictures that wait or are examined", registry=self._registry)
        queue.set_function(waiting)
        info = Gauge("brushwork_model_info", "The bundle in use", ("version", "sha256"), registry=self._registry)
        info.labels(model.version, model.sha256).set(1)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self._registry)

    def verdict(self, verdict: Verdict) -> None:
        """Count one verdict that was given, or its failure."""
        if verdict.answer is None:
            self._failures.labels(verdict.error.type if verdict.error else "unknown").inc()
            return
        self._verdicts.labels(verdict.answer.value, self._model, verdict.channel).inc()
        for stage, milliseconds in verdict.timing_ms.items():
            self.stage(stage, milliseconds / 1000)

    def failure(self, slug: str) -> None:
        """Count one picture that could not be examined, by the slug of its error."""
        self._failures.labels(slug).inc()

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
