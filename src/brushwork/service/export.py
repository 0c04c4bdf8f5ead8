"""Everything that one owner has, as a zip that is written while it is sent: never all of it in memory."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import IO, Any, Final, NamedTuple, TypeVar

from .. import takeaways
from ..errors import BatchNotFound, BrushworkError
from ..store.decisions import Reviewer, Subject, unseen_before_own
from ..store.feedback import FeedbackFacts
from ..store.store import Store
from .desk import Desk
from .review_schemas import DecisionSaid, FeedbackSaid
from .uploads import Upload

AT_ONCE: Final = 100
MAX_SIDE: Final = 4096
_T = TypeVar("_T")


class Taker(NamedTuple):
    """Who takes everything along; where the review is `blind`, decisions of others wait for their own."""

    who: Reviewer
    blind: bool

    @property
    def owner(self) -> str:
        """Whose things they are: those of the key."""
        return self.who.key


class _Sink(io.RawIOBase):
    """Where the zip is written to; what is there is taken away and sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


async def exported(desk: Desk, taker: Taker) -> AsyncIterator[bytes]:
    """The bytes of the zip, a piece at a time."""
    sink = _Sink()
    left_out: list[dict[str, Any]] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, lines in _files(desk.store, taker):
            with archive.open(name, "w") as file:
                async for some in _in_pieces(lines):
                    await asyncio.to_thread(_write_lines, file, some)
                    yield sink.take()
        async for some in _in_pieces(lambda: _with_pictures(desk.store, taker.owner)):
            for verdict_id in some:
                try:
                    picture = await _picture(desk, taker.owner, verdict_id)
                    await asyncio.to_thread(archive.writestr, f"pictures/{verdict_id}.png", picture, zipfile.ZIP_STORED)
                except BrushworkError as error:
                    left_out.append({"verdict_id": verdict_id, "problem": error.slug})
                yield sink.take()
        archive.writestr("not_included.jsonl", "".join(json.dumps(line) + "\n" for line in left_out))
    yield sink.take()


def _write_lines(file: IO[bytes], lines: Iterable[Any]) -> None:
    file.write("".join(json.dumps(line) + "\n" for line in lines).encode())


def _files(store: Store, taker: Taker) -> tuple[tuple[str, Callable[[], Iterable[Any]]], ...]:
    owner = taker.owner
    return (
        ("verdicts.jsonl", lambda: (verdict.to_dict() for verdict, _ in store.verdicts.every(owner))),
        ("kept.jsonl", lambda: (_beside(store, taker, kept.id, kept.note) for _, kept in store.verdicts.every(owner))),
        ("feedback.jsonl", lambda: map(_feedback, store.feedback.every(owner=owner))),
        ("batches.jsonl", lambda: _batches(store, taker)),
    )


def _feedback(facts: FeedbackFacts) -> dict[str, Any]:
    return FeedbackSaid.of(facts).model_dump(mode="json")


def _beside(store: Store, taker: Taker, verdict_id: str, note: str | None) -> dict[str, Any]:
    """The note, the decisions and the links of one verdict. The addresses of links are not known any more."""
    shares = [one.expires_at.isoformat() for one in store.shares.of(taker.owner, verdict_id)]
    return {
        "id": verdict_id,
        "note": note,
        "shared_until": shares,
        **_decisions(store, taker, "verdict", verdict_id),
    }


def _decisions(store: Store, taker: Taker, subject: Subject, subject_id: str) -> dict[str, Any]:
    seen, hidden = unseen_before_own(store.decisions.of(subject, subject_id), taker.who, blind=taker.blind)
    return {"decisions": [DecisionSaid.of(one).model_dump(mode="json") for one in seen], "decisions_hidden": hidden}


def _batches(store: Store, taker: Taker) -> Iterator[dict[str, Any]]:
    """Each batch, followed by its pictures."""
    after: str | None = None
    while True:
        found, after = store.batches.page(taker.owner, after, AT_ONCE)
        for batch in found:
            yield {
                "batch": batch.id, "name": batch.name, "created_at": batch.created_at.isoformat(), "items": batch.items,
                "state": batch.state, "webhook_url": batch.webhook_url,
            }  # fmt: skip
            with suppress(BatchNotFound):  # its owner deletes it just now
                yield from _items(store, taker, batch.id)
        if after is None:
            return


def _items(store: Store, taker: Taker, batch_id: str) -> Iterator[dict[str, Any]]:
    """Each picture with what came of it; `result` is null where nothing did so far."""
    after = -1
    while found := store.batches.items(taker.owner, batch_id, after=after, limit=AT_ONCE):
        for item in found:
            yield {
                "batch": batch_id, "name": item.external_id, "url": item.url, "state": item.state,
                "result": item.verdict.to_dict() if item.verdict else None,
                **_decisions(store, taker, "item", item.id),
            }  # fmt: skip
        after = found[-1].position


def _with_pictures(store: Store, owner: str) -> Iterator[str]:
    """The ids of verdicts whose picture is kept, be it for feedback alone."""
    every = (kept.id for _, kept in store.verdicts.every(owner))
    while some := list(islice(every, AT_ONCE)):
        kept = store.pictures.kept(some)
        yield from (verdict_id for verdict_id in some if verdict_id in kept)


async def _picture(desk: Desk, owner: str, verdict_id: str) -> bytes:
    data = await asyncio.to_thread(desk.store.pictures.read, owner, verdict_id)
    upload = Upload("The kept picture", data)
    return await desk.make(upload, "http", partial(takeaways.clean_copy, max_side=MAX_SIDE))


async def _in_pieces(lines: Callable[[], Iterable[_T]]) -> AsyncIterator[list[_T]]:
    """The items, AT_ONCE at a time, read in a thread."""
    every = iter(await asyncio.to_thread(lines))
    while some := await asyncio.to_thread(lambda: list(islice(every, AT_ONCE))):
        yield some
