"""All that one owner has here: take it along, or have it deleted. And how long things are kept, for administrators."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from ...errors import RecordConflict
from ...store.retention import Periods
from ..batch_desk import AtBatches
from ..callers import Asking, require
from ..export import Taker, exported
from ..record_schemas import Emptied, Retained, TidiedSaid
from .common import AtDesk, may_answer
from .saved import Blind, Name, asking

router = APIRouter()
admin = Depends(require("admin"))


@router.get("/v1/export", summary="Everything that is yours, as a zip", tags=["saved verdicts"],
            response_class=Response,
            responses={200: {"content": {"application/zip": {}}}, **may_answer(503)})  # fmt: skip
async def export(desk: AtDesk, caller: Asking, reviewer: Name = "", blind: Blind = False) -> Response:
    """Verdicts, notes, feedback, decisions, shares and batches as JSON lines; kept pictures made anew, as PNG.

    It is written while it is sent. A picture that could not be made anew is named in `not_included.jsonl`. Where the
    review is blind, decisions of others on what you did not decide on are only counted.
    """
    taker = Taker(asking(caller, reviewer), blind or desk.settings.blind_review)
    headers = {"Content-Disposition": 'attachment; filename="brushwork-export.zip"'}
    return StreamingResponse(exported(desk, taker), media_type="application/zip", headers=headers)


@router.delete("/v1/everything", summary="Delete everything that is yours", tags=["saved verdicts"],
               responses=may_answer(422, 503))  # fmt: skip
async def empty(
    batches: AtBatches,
    caller: Asking,
    confirm: Annotated[Literal["everything"], Query(description="Say that you mean it.")],  # noqa: ARG001
) -> Emptied:
    """Verdicts, pictures, links, feedback, batches with their uploads, and kept answers, for good. The key stays."""
    gone = await batches.empty(caller.owner)
    return Emptied(verdicts=gone.verdicts, batches=gone.batches)


@router.get("/v1/retention", summary="How long things are kept, and what is due", tags=["operation"],
            dependencies=[admin], responses=may_answer(503))  # fmt: skip
async def retention(desk: AtDesk) -> Retained:
    """Also what the janitor removed at its last look, and when."""
    due = await asyncio.to_thread(desk.store.retention.due, Periods.of(desk.settings))
    return Retained.of(due, desk.settings)


@router.post("/v1/retention/run", summary="Delete now what is old enough", tags=["operation"], dependencies=[admin],
             responses=may_answer(409, 503))  # fmt: skip
async def run(desk: AtDesk) -> TidiedSaid:
    """What the janitor does every hour. It is done although the clock may have jumped: you ask for it."""
    done = await asyncio.to_thread(desk.store.retention.tidy, Periods.of(desk.settings), sure=True)
    if done is None:
        raise RecordConflict("It is being done just now.", "Look again in a minute.")
    desk.metrics.tidied(done)
    return TidiedSaid.of(done)
