"""A batch as a table: its pictures in short, one of them whole, and who decided what on them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime
from starlette.responses import Response

from ...store.decisions import DecisionFacts, by_picture, unseen_before_own
from ..batch_lines import MEDIA_TYPES, record_csv
from ..batch_rows import BatchRow, BatchWords, RowPage, words_of
from ..batch_schemas import BatchItem
from ..callers import Asking, Caller
from ..desk import Desk
from .common import AtDesk, may_answer
from .saved import Blind, Name, asking

router = APIRouter(tags=["batches"])


def _in_utc(moment: datetime) -> datetime:
    """The same moment as it is stored. Raises ValueError at the ends of the calendar, where there is none."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Since = Annotated[Moment | None, Query(description="Only those with a result of then or later.")]


@router.get("/v1/batches/{batch_id}/rows", summary="The pictures of a batch in short",
            responses=may_answer(404, 422, 503))  # fmt: skip
async def rows(
    batch_id: str,
    desk: AtDesk,
    caller: Asking,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1, description="Cursor of the last page.")] = -1,
    limit: Annotated[int, Query(ge=1, le=1000, description="Pictures in one page.")] = 500,
    since: Since = None,
) -> RowPage:
    """In the order in which they were sent. To follow a batch, ask for what is behind the last row, and for results
    `since` a few seconds before the latest `verdict_at`."""

    def look() -> RowPage:
        found = desk.store.batches.items(caller.owner, batch_id, after=after, limit=limit + 1, since=since)
        following = found[limit - 1].position if len(found) > limit else None
        return RowPage(rows=tuple(map(BatchRow.of, found[:limit])), after=following)

    return await asyncio.to_thread(look)


@router.get("/v1/batches/{batch_id}/items/{item_id}", summary="One picture of a batch",
            responses=may_answer(404, 422, 503))  # fmt: skip
async def item(batch_id: str, item_id: str, desk: AtDesk, caller: Asking) -> BatchItem:
    """With its whole verdict, once there is one."""
    return BatchItem.of(await asyncio.to_thread(desk.store.batches.item, caller.owner, batch_id, item_id))


@router.get("/v1/batches/{batch_id}/decisions", summary="The decisions on a batch", tags=["review"],
            responses=may_answer(404, 422, 503))  # fmt: skip
async def decisions(
    batch_id: str,
    desk: AtDesk,
    caller: Asking,
    reviewer: Name = "",
    blind: Blind = False,
    item: Annotated[str | None, Query(max_length=32, description="Only on this picture.")] = None,
) -> BatchWords:
    """The last words on each picture. Where the review is blind, those of others are only counted until you decided."""
    hides = blind or desk.settings.blind_review
    every = await asyncio.to_thread(_every, desk, caller, batch_id, item)
    return words_of(every, asking(caller, reviewer), blind=hides)


@router.get(
    "/v1/batches/{batch_id}/decisions.csv",
    summary="The record of a batch",
    tags=["review"],
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **may_answer(404, 422, 503)},
)
async def record(batch_id: str, desk: AtDesk, caller: Asking, reviewer: Name = "", blind: Blind = False) -> Response:
    """Every decision as it was made, oldest first: picture, decision, who, why and when. Blind as above."""
    who, hides = asking(caller, reviewer), blind or desk.settings.blind_review

    def make() -> str:
        every = by_picture(_every(desk, caller, batch_id))
        seen = (one for some in every.values() for one in unseen_before_own(some, who, blind=hides)[0])
        names = desk.store.batches.names(caller.owner, batch_id)
        return record_csv(sorted(seen, key=lambda one: (one.created_at, one.id)), names)

    named = {"Content-Disposition": f'attachment; filename="batch-{batch_id}-decisions.csv"'}
    return Response(await asyncio.to_thread(make), media_type=MEDIA_TYPES["csv"], headers=named)


def _every(desk: Desk, caller: Caller, batch_id: str, item: str | None = None) -> tuple[DecisionFacts, ...]:
    """All decisions on a batch of the caller, or on one of its pictures, oldest first. Blocks."""
    if item is not None:
        return desk.store.decisions.of("item", desk.store.batches.item(caller.owner, batch_id, item).id)
    desk.store.batches.get(caller.owner, batch_id)
    return desk.store.decisions.of_batch(batch_id)
