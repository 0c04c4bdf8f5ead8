"""What became of batches: how far they are, their items, their results, the messages to their webhooks."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ...store.batch_facts import ItemState
from ...verdict import Answer
from ..assets import cached
from ..batch_lines import MEDIA_TYPES, ResultFormat, lines_of
from ..batch_schemas import Batch, BatchItem, BatchPage, Deliveries, Delivery, ItemPage
from ..callers import Asking
from .common import AtDesk, may_answer

router = APIRouter(tags=["batches"])


@router.get("/v1/batches", summary="Your batches, newest first", response_model=BatchPage,
            responses=may_answer(422, 503))  # fmt: skip
async def find(
    desk: AtDesk,
    caller: Asking,
    after: Annotated[str | None, Query(max_length=200, description="Cursor of the last page.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Batches in one page.")] = 50,
) -> Response:
    """Pages by cursor, as with saved verdicts."""
    found, following = await asyncio.to_thread(desk.store.batches.page, caller.owner, after, limit)
    said = BatchPage(batches=tuple(map(Batch.of, found)), after=following)
    return JSONResponse(said.model_dump(mode="json"), headers=_next("/v1/batches", following, {"limit": str(limit)}))


@router.get("/v1/batches/{batch_id}", summary="How far a batch is", response_model=Batch,
            responses=may_answer(404, 422, 503))  # fmt: skip
async def read(batch_id: str, request: Request, desk: AtDesk, caller: Asking) -> Response:
    """Its state, how many pictures are where, its answers so far. Ask with the ETag: while nothing changes, 304."""
    said = Batch.of(await asyncio.to_thread(desk.store.batches.get, caller.owner, batch_id))
    return cached(request, said.model_dump_json().encode(), "application/json", {"Cache-Control": "no-store"})


@router.get("/v1/batches/{batch_id}/items", summary="The pictures of a batch", response_model=ItemPage,
            responses=may_answer(404, 422, 503))  # fmt: skip
async def items(
    batch_id: str,
    desk: AtDesk,
    caller: Asking,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1, description="Cursor of the last page.")] = -1,
    limit: Annotated[int, Query(ge=1, le=200, description="Pictures in one page.")] = 50,
    state: Annotated[ItemState | None, Query(description="Only those in this state.")] = None,
    answer: Annotated[Answer | None, Query(description="Only those with this answer.")] = None,
) -> Response:
    """In the order in which they were sent, each with its verdict once there is one."""
    states = () if state is None else (state,)
    found = await asyncio.to_thread(
        desk.store.batches.items, caller.owner, batch_id, after=after, limit=limit + 1, states=states, answer=answer
    )
    following = found[limit - 1].position if len(found) > limit else None
    said = ItemPage(items=tuple(map(BatchItem.of, found[:limit])), after=following)
    asked = {"limit": str(limit), **({"state": state} if state else {}), **({"answer": answer.value} if answer else {})}
    return JSONResponse(said.model_dump(mode="json"), headers=_next(f"/v1/batches/{batch_id}/items", following, asked))


@router.get(
    "/v1/batches/{batch_id}/results",
    summary="The results of a batch",
    response_class=Response,
    responses={
        200: {"content": {"application/x-ndjson": {}, "text/csv": {}}},
        **may_answer(404, 422, 503),
    },
)
async def results(
    batch_id: str,
    desk: AtDesk,
    caller: Asking,
    form: Annotated[ResultFormat, Query(alias="format", description="One JSON object a line, or a table.")] = "jsonl",
) -> Response:
    """The results that there are, in the order of the pictures, sent while they are read.

    JSON lines are whole verdicts. The CSV has the columns of `brushwork scan --format csv`, and no cell that a
    spreadsheet would run.
    """
    await asyncio.to_thread(desk.store.batches.get, caller.owner, batch_id)
    lines = lines_of(desk.store.batches, caller.owner, batch_id, form)
    named = {"Content-Disposition": f'attachment; filename="batch-{batch_id}.{form}"'}
    return StreamingResponse(lines, media_type=MEDIA_TYPES[form], headers=named)


@router.get("/v1/batches/{batch_id}/deliveries", summary="The messages to the webhook",
            responses=may_answer(404, 422, 503))  # fmt: skip
async def deliveries(batch_id: str, desk: AtDesk, caller: Asking) -> Deliveries:
    """Each message with its tries, oldest first."""
    found = await asyncio.to_thread(desk.store.deliveries.of, caller.owner, batch_id)
    return Deliveries(deliveries=tuple(map(Delivery.of, found)))


def _next(path: str, after: object, asked: dict[str, str]) -> dict[str, str]:
    if after is None:
        return {}
    return {"Link": f'<{path}?{urlencode({"after": str(after), **asked})}>; rel="next"'}
