"""What a client asks of the service and makes of its answers, without any sending: `client` does that, in two ways.

A flow is a generator. It yields what is to be sent and gets the answer or the error of the connection; it yields
seconds to be waited; it returns what was asked for. So both clients have the same tries, pauses and errors.
"""

from __future__ import annotations

import email.utils
import random
import time
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

import httpx
from pydantic import BaseModel

from . import errors
from .answered import Batch, Model, Models
from .errors import BrushworkError, NotFound, PictureError, PictureNotFound, RequestRefused, ServiceUnreachable
from .text import shown

Source: TypeAlias = "str | Path | bytes"
Label: TypeAlias = Literal["ai", "partly_ai", "human"]
_Made = TypeVar("_Made")
_Read = TypeVar("_Read", bound=BaseModel)

WEB: Final = ("http://", "https://")
CHUNK_FILES: Final = 50
CHUNK_BYTES: Final = 64 * 1024 * 1024
_AGAIN: Final = frozenset({408, 425, 429, 502, 503, 504})
_CAP_S: Final = 30.0


@dataclass(frozen=True)
class Ask:
    """One request. It may be sent again: its body is bytes, and a POST has a key that makes the service do it once."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    files: Sequence[tuple[str, tuple[str, bytes, str]]] = ()
    once: str = field(default_factory=lambda: uuid.uuid4().hex)

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """As httpx sends it."""
        headers = {"Idempotency-Key": self.once} if self.method == "POST" else {}
        query = {name: _word(value) for name, value in self.query.items() if value is not None}
        return client.build_request(
            self.method, self.path, params=query, json=self.json, files=self.files or None, headers=headers
        )


Outcome: TypeAlias = "httpx.Response | httpx.TransportError | None"
Flow: TypeAlias = Generator["Ask | float", Outcome, _Made]


@dataclass(frozen=True)
class Patience:
    """How often a request is tried, and how many seconds may go into the pauses between."""

    tries: int = 6
    seconds: float = 120.0
    first_pause: float = 0.25


def sent(ask: Ask, patience: Patience) -> Flow[httpx.Response]:
    """The good answer to `ask`. Tries again what may pass, as the service asks for; raises its problem otherwise."""
    waited = 0.0
    for attempt in count(1):
        outcome = yield ask
        assert outcome is not None, "an Ask is answered"
        if attempt > 1 and ask.method == "DELETE" and isinstance(outcome, httpx.Response) and _is_gone(outcome):
            return outcome  # an earlier try deleted it, and its answer was lost
        pause = _pause(outcome, attempt, patience)
        if pause is None or attempt >= patience.tries or waited + pause > patience.seconds:
            return _good(outcome, ask)
        waited += pause
        yield pause
    raise AssertionError("count() does not end")


def _is_gone(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.NOT_FOUND and _slug(response) == "not-found"


def _pause(outcome: httpx.Response | httpx.TransportError, attempt: int, patience: Patience) -> float | None:
    """Seconds before the next try; None where that would not help. Drawn at random, so that clients do not gather."""
    longest = min(_CAP_S, patience.first_pause * 2 ** (attempt - 1))
    drawn = random.uniform(longest / 2, longest)  # noqa: S311  no secret
    if isinstance(outcome, httpx.TransportError):
        return drawn
    slug = _slug(outcome)
    if outcome.status_code in (502, 504) and slug.startswith("url-"):
        return None  # the address is in trouble, not the service
    in_flight = outcome.status_code == httpx.codes.CONFLICT and slug == "idempotency-conflict"
    if outcome.status_code in _AGAIN or in_flight:
        return _asked_for(outcome) + drawn
    return None


def _asked_for(response: httpx.Response) -> float:
    """The seconds in Retry-After, which may also be a date."""
    said = response.headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return 0.0


def _good(outcome: httpx.Response | httpx.TransportError, ask: Ask) -> httpx.Response:
    if isinstance(outcome, httpx.Response):
        if outcome.is_success:
            return outcome
        raise problem(outcome)
    raise ServiceUnreachable(
        f"{ask.method} {ask.path} got no answer: {type(outcome).__name__}.",
        "Check the address, and that the service runs (`GET /livez`).",
    ) from outcome


_KINDS: Final[Mapping[str, type[BrushworkError]]] = {"not-found": NotFound, "image-corrupt": PictureError}


def problem(response: httpx.Response) -> BrushworkError:
    """The error that `response` tells of, of the same class as where the pictures are examined without a service."""
    said = _document(response)
    slug = _slug(response)
    kind = _KINDS.get(slug) or next((k for k in _tree(BrushworkError) if k.slug == slug), RequestRefused)
    error = kind(shown(str(said.get("detail") or f"The service answered with {response.status_code}."), 2000))
    error.add_note(f"status {response.status_code}, request id {response.headers.get('x-request-id', 'unknown')}")
    return error


def _document(response: httpx.Response) -> dict[str, Any]:
    if response.headers.get("content-type", "").partition(";")[0] != "application/problem+json":
        return {}
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _slug(response: httpx.Response) -> str:
    return str(_document(response).get("type", "")).rpartition("/")[2] or "internal-error"


def _tree(root: type[BrushworkError]) -> Iterable[type[BrushworkError]]:
    yield root
    for branch in root.__subclasses__():
        if branch.__module__.startswith(f"{errors.__name__}."):
            yield from _tree(branch)


def read(ask: Ask, shape: type[_Read], patience: Patience) -> Flow[_Read]:
    """The answer to `ask` as `shape`."""
    response = yield from sent(ask, patience)
    return shape.model_validate_json(response.content)


def picture(path: str, source: Source, name: str | None, query: Mapping[str, Any]) -> Ask:
    """The request for one picture: its bytes, or its address. Raises PictureNotFound where the file is not there."""
    if isinstance(source, str) and source.startswith(WEB):
        return Ask("POST", path, query, json={"url": source})
    return Ask("POST", path, query, files=[("image", _file(source, name))])


def _file(source: Source, name: str | None = None) -> tuple[str, bytes, str]:
    if isinstance(source, bytes):
        return (name or "picture", source, "application/octet-stream")
    path = Path(source)
    try:
        return (name or path.name, path.read_bytes(), "application/octet-stream")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise PictureNotFound(f"{shown(str(path))} cannot be read: {why}.", "Check the path.") from error


def handed_over(
    sources: Iterable[Source], name: str | None, query: Mapping[str, Any], patience: Patience
) -> Flow[Batch]:
    """A new batch with `sources`, sent in pieces, so that neither side holds all of them at once."""
    begun = yield from read(Ask("POST", "/v1/batches", {**query, "open": True}, json={"name": name}), Batch, patience)
    path = f"/v1/batches/{begun.id}"
    try:
        for chunk in _chunks(sources):
            yield from sent(Ask("POST", f"{path}/items", **chunk), patience)
        return (yield from read(Ask("POST", f"{path}/close"), Batch, patience))
    except BrushworkError as error:
        try:
            yield from sent(Ask("DELETE", path), patience)  # nobody would ever close it
        except BrushworkError as worse:
            error.add_note(f"The batch {begun.id} stays open: {worse.detail}")
        raise


def advanced(flow: Flow[Any], outcome: Outcome) -> tuple[Ask | float | None, Any]:
    """The next step of a flow and nothing, or no step and what it made: a thread cannot hand StopIteration on."""
    try:
        return flow.send(outcome), None
    except StopIteration as end:
        return None, end.value


def _chunks(sources: Iterable[Source]) -> Iterable[dict[str, Any]]:
    """The bodies of the requests: addresses alone, or files alone, in the order of `sources`."""
    urls: list[str] = []
    files: list[tuple[str, tuple[str, bytes, str]]] = []
    size = 0
    for source in sources:
        by_address = isinstance(source, str) and source.startswith(WEB)
        if (files if by_address else urls) or size >= CHUNK_BYTES or len(files) + len(urls) >= CHUNK_FILES:
            yield {"files": files} if files else {"json": {"urls": urls}}
            urls, files, size = [], [], 0
        if by_address:
            urls.append(str(source))
        else:
            files.append(("images", _file(source)))
            size += len(files[-1][1][1])
    if files or urls:
        yield {"files": files} if files else {"json": {"urls": urls}}


def awaited(batch_id: str, timeout: float | None, patience: Patience) -> Flow[Batch]:
    """The batch once it is over. Raises TimeoutError after `timeout` seconds."""
    began = time.monotonic()
    pause = 0.2
    while True:
        batch = yield from read(Ask("GET", f"/v1/batches/{batch_id}"), Batch, patience)
        if batch.over:
            return batch
        if timeout is not None and time.monotonic() - began > timeout:
            raise TimeoutError(
                f"batch {batch_id} was not done within {timeout:g} s; it goes on without being waited for"
            )
        yield pause
        pause = min(5.0, pause * 1.5)


def models(patience: Patience) -> Flow[tuple[Model, ...]]:
    """The bundles of the service."""
    return (yield from read(Ask("GET", "/v1/models"), Models, patience)).models


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
