"""A small client of the HTTP service, and its async twin.

    from brushwork import Client

    with Client("https://brushwork.example", api_key="bw_...") as service:
        print(service.examine("picture.png").wording.answer)

Requests that meet a full queue, a restart or a broken connection are tried again after the pause that the service asks
for; each has a key by which the service does it only once. Errors are those of `brushwork.errors`, with a note that has
the status and the request id.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, TypeVar, cast

import httpx

from . import remote
from .answered import Batch, ItemPage, Model, Page
from .remote import Ask, Flow, Label, Patience, Source
from .verdict import Answer, Verdict

_Made = TypeVar("_Made")
HERE: Final = "http://127.0.0.1:8000"
PAGE: Final = 200


class _Wishes:
    """The flows that both clients run, by name; nothing is sent here."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def examine(self, source: Source, name: str | None, options: Mapping[str, Any]) -> Flow[Verdict]:
        return remote.read(remote.picture("/v1/verdicts", source, name, options), Verdict, self._patience)

    def verdict(self, verdict_id: str) -> Flow[Verdict]:
        return remote.read(Ask("GET", f"/v1/verdicts/{verdict_id}"), Verdict, self._patience)

    def delete(self, verdict_id: str) -> Flow[httpx.Response]:
        return remote.sent(Ask("DELETE", f"/v1/verdicts/{verdict_id}"), self._patience)

    def page(self, query: Mapping[str, Any]) -> Flow[Page]:
        return remote.read(Ask("GET", "/v1/verdicts", query), Page, self._patience)

    def items(self, batch_id: str, after: int) -> Flow[ItemPage]:
        query = {"after": after, "limit": PAGE}
        return remote.read(Ask("GET", f"/v1/batches/{batch_id}/items", query), ItemPage, self._patience)

    def feedback(self, verdict_id: str, said: Mapping[str, Any]) -> Flow[httpx.Response]:
        ask = Ask("POST", f"/v1/verdicts/{verdict_id}/feedback", json={k: v for k, v in said.items() if v is not None})
        return remote.sent(ask, self._patience)


def _settings(base_url: str, api_key: str | None, timeout: float) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return {"base_url": base_url, "headers": headers, "timeout": timeout, "follow_redirects": False}


class Client:
    """Asks a service. Use as a context manager, or `close` it; safe to use from several threads."""

    def __init__(
        self,
        base_url: str = HERE,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        patience: Patience | None = None,
    ) -> None:
        """`timeout` is in seconds, for each step of one try; `patience` says how often and how long to try."""
        self._http = httpx.Client(**_settings(base_url, api_key, timeout))
        self._patience = patience or Patience()
        self._flows = _Wishes(self._patience)

    def examine(
        self,
        source: Source,
        *,
        name: str | None = None,
        explain: bool = False,
        stability: bool = False,
        save: bool = False,
    ) -> Verdict:
        """The verdict on a path, on bytes, or on the address of a picture, which the service fetches.

        Raises the PictureError of the picture, or another BrushworkError.
        """
        return self._run(self._flows.examine(source, name, {"explain": explain, "stability": stability, "save": save}))

    def batch(self, sources: Iterable[Source], *, name: str | None = None, save: bool = False) -> Batch:
        """Hand over many pictures, sent in pieces; they are examined in the background."""
        return self._run(remote.handed_over(sources, name, {"save": save}, self._patience))

    def wait(self, batch: Batch | str, timeout: float | None = None) -> Batch:
        """The batch once it is over; TimeoutError after `timeout` seconds."""
        return self._run(remote.awaited(_id(batch), timeout, self._patience))

    def results(self, batch: Batch | str) -> Iterator[Verdict]:
        """The verdicts that there are, in the order of the pictures; one that failed has `error`."""
        after: int | None = -1
        while after is not None:
            page = self._run(self._flows.items(_id(batch), after))
            yield from (item.verdict for item in page.items if item.verdict is not None)
            after = page.after

    def history(self, answer: Answer | str | None = None) -> Iterator[Verdict]:
        """The saved verdicts, newest first, page after page."""
        query: dict[str, Any] = {"answer": answer and Answer(answer).value, "limit": PAGE}
        while True:
            page = self._run(self._flows.page(query))
            yield from page.verdicts
            if page.after is None:
                return
            query["after"] = page.after

    def verdict(self, verdict_id: str) -> Verdict:
        """One saved verdict."""
        return self._run(self._flows.verdict(verdict_id))

    def delete(self, verdict_id: str) -> None:
        """Delete a saved verdict for good."""
        self._run(self._flows.delete(verdict_id))

    def feedback(
        self,
        verdict_id: str,
        label: Label,
        basis: str,
        *,
        note: str | None = None,
        consent_store_image: bool = False,
        consent_training: bool = False,
    ) -> None:
        """Say what a saved verdict's picture is, and how you know."""
        consents = {"consent_store_image": consent_store_image, "consent_training": consent_training}
        self._run(self._flows.feedback(verdict_id, {"label": label, "basis": basis, "note": note, **consents}))

    def models(self) -> tuple[Model, ...]:
        """The bundles of the service."""
        return self._run(remote.models(self._patience))

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, flow: Flow[_Made]) -> _Made:
        outcome: remote.Outcome = None
        try:
            while True:
                step = flow.send(outcome)
                outcome = self._do(step)
        except StopIteration as end:
            made: _Made = end.value
            return made

    def _do(self, step: Ask | float) -> remote.Outcome:
        if not isinstance(step, Ask):
            time.sleep(step)
            return None
        try:
            return self._http.send(step.request(self._http))
        except httpx.TransportError as error:
            return error


class AsyncClient:
    """`Client` for asyncio: the same methods, awaited; `results` and `history` are async iterators."""

    def __init__(
        self,
        base_url: str = HERE,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        patience: Patience | None = None,
    ) -> None:
        """As for `Client`."""
        self._http = httpx.AsyncClient(**_settings(base_url, api_key, timeout))
        self._patience = patience or Patience()
        self._flows = _Wishes(self._patience)

    async def examine(
        self,
        source: Source,
        *,
        name: str | None = None,
        explain: bool = False,
        stability: bool = False,
        save: bool = False,
    ) -> Verdict:
        """As `Client.examine`."""
        options = {"explain": explain, "stability": stability, "save": save}
        return await self._run(self._flows.examine(source, name, options))

    async def batch(self, sources: Iterable[Source], *, name: str | None = None, save: bool = False) -> Batch:
        """As `Client.batch`."""
        return await self._run(remote.handed_over(sources, name, {"save": save}, self._patience))

    async def wait(self, batch: Batch | str, timeout: float | None = None) -> Batch:
        """As `Client.wait`."""
        return await self._run(remote.awaited(_id(batch), timeout, self._patience))

    async def results(self, batch: Batch | str) -> AsyncIterator[Verdict]:
        """As `Client.results`."""
        after: int | None = -1
        while after is not None:
            page = await self._run(self._flows.items(_id(batch), after))
            for item in page.items:
                if item.verdict is not None:
                    yield item.verdict
            after = page.after

    async def history(self, answer: Answer | str | None = None) -> AsyncIterator[Verdict]:
        """As `Client.history`."""
        query: dict[str, Any] = {"answer": answer and Answer(answer).value, "limit": PAGE}
        while True:
            page = await self._run(self._flows.page(query))
            for verdict in page.verdicts:
                yield verdict
            if page.after is None:
                return
            query["after"] = page.after

    async def verdict(self, verdict_id: str) -> Verdict:
        """As `Client.verdict`."""
        return await self._run(self._flows.verdict(verdict_id))

    async def delete(self, verdict_id: str) -> None:
        """As `Client.delete`."""
        await self._run(self._flows.delete(verdict_id))

    async def feedback(
        self,
        verdict_id: str,
        label: Label,
        basis: str,
        *,
        note: str | None = None,
        consent_store_image: bool = False,
        consent_training: bool = False,
    ) -> None:
        """As `Client.feedback`."""
        consents = {"consent_store_image": consent_store_image, "consent_training": consent_training}
        await self._run(self._flows.feedback(verdict_id, {"label": label, "basis": basis, "note": note, **consents}))

    async def models(self) -> tuple[Model, ...]:
        """As `Client.models`."""
        return await self._run(remote.models(self._patience))

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, flow: Flow[_Made]) -> _Made:
        outcome: remote.Outcome = None
        while True:  # a flow reads files between its steps, which must not hold up whatever else the loop does
            step, made = await asyncio.to_thread(remote.advanced, flow, outcome)
            if step is None:
                return cast(_Made, made)
            outcome = await self._do(step)

    async def _do(self, step: Ask | float) -> remote.Outcome:
        if not isinstance(step, Ask):
            await asyncio.sleep(step)
            return None
        try:
            return await self._http.send(step.request(self._http))
        except httpx.TransportError as error:
            return error


def _id(batch: Batch | str) -> str:
    return batch.id if isinstance(batch, Batch) else batch
