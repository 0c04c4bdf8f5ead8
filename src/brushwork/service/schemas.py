"""What the service takes and gives, beside the verdict itself: that is `Verdict`, the same through every door."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..verdict import Reference, Thresholds, Verdict


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldProblem(_Said):
    """One field of a request that is not as it must be."""

    field: str
    detail: str


class Problem(_Said):
    """RFC 9457: what went wrong, with which input, and what to do next. `type` is a page that explains the kind."""

    type: str = Field(examples=["/problems/too-many-pixels"])
    title: str = Field(examples=["The picture has too many pixels"])
    status: int = Field(examples=[422])
    detail: str
    instance: str = Field(examples=["/v1/verdicts"])
    errors: tuple[FieldProblem, ...] = ()
    request_id: str


class Line(_Said):
    """One line of an answer in lines, with one of the three: first each stage that begins, last the verdict or the
    problem."""

    stage: str | None = Field(default=None, examples=["decode"])
    verdict: Verdict | None = None
    problem: Problem | None = None


class PictureAddress(_Said):
    """A picture that the service is to fetch."""

    url: str = Field(max_length=2048, examples=["https://example.org/picture.png"])


class BatchAnswer(_Said):
    """One verdict per file, in the order of the files; one that failed has `error` and no answer."""

    results: tuple[Verdict, ...]


class BundleName(_Said):
    """The bundle in use. `sha256` is that of its recipe, which names the hash of every other file."""

    name: str
    version: str
    sha256: str


class ModelEntry(BundleName):
    """One bundle that this service has."""

    active: bool
    thresholds: Thresholds


class ModelList(_Said):
    """The bundles that this service has."""

    models: tuple[ModelEntry, ...]


class ReferenceList(_Said):
    """For each kind of human work that a bundle was measured on: how many score at least so high. "all" is first."""

    kinds: tuple[Reference, ...]


class Queue(_Said):
    """Pictures that wait or are examined now, how many may, and by how many processes."""

    waiting: int
    room: int
    workers: int


StoreState = Literal["ok", "behind", "full", "unreachable"]


class Health(_Said):
    """A summary for people and monitors; `database` is behind where `brushwork db upgrade` is due."""

    status: Literal["ok", "degraded"]
    version: str
    bundle: BundleName
    database: StoreState
    queue: Queue


class Ready(_Said):
    """Whether this process should get requests, and each thing that it looked at."""

    ready: bool
    model: Literal["ok", "loading", "failed"]
    database: StoreState
    disk: Literal["ok", "full"]
    queue: Literal["ok", "full"]


class Live(_Said):
    """The process answers."""

    live: Literal[True] = True


class Version(_Said):
    """The version of Brushwork."""

    version: str


class Instance(_Said):
    """Who signs the reports of this service: people compare `key_id`, programs `public_key` (base64)."""

    name: str = "Brushwork"
    version: str
    algorithm: str
    key_id: str
    public_key: str
