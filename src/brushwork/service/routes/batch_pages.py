"""The screens of batches: frames that ask the API for what they show, and a form and a table that need no scripts."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from ...errors import RequestRefused
from ..batch_desk import AtBatches
from ..batch_rows import BatchRow
from ..batch_schemas import Batch
from ..callers import Asking
from ..desk import Wishes
from ..page import render
from ..page.shell import BATCH, Shell, size_words
from ..problems import BATCH_FORM, shell_of
from .common import AtDesk

PLAIN_ROWS = 200
"""Rows in one page of the plain table."""

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get(BATCH)
async def batches(request: Request, desk: AtDesk) -> HTMLResponse:
    """The list of batches, and a new one."""
    return _frame(shell_of(request.app), desk)


@router.get(BATCH + "/{batch_id}")
async def batch(batch_id: str, request: Request, desk: AtDesk) -> HTMLResponse:  # noqa: ARG001  the script reads it
    """One batch; what it shows comes from /v1/batches/{id}."""
    return _frame(shell_of(request.app), desk)


@router.post(BATCH_FORM)
async def create(request: Request, atbatches: AtBatches, caller: Asking) -> RedirectResponse:
    """The plain form: takes the pictures and leads to the plain table."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise RequestRefused("The form has no files.", "Choose pictures and send them again.")
    wishes = Wishes(channel="page", owner=caller.owner)
    taken = await atbatches.create(request, caller.owner, wishes, closed=True, key=None)
    return RedirectResponse(f"{BATCH}/{taken.id}/plain", 303)


@router.get(BATCH + "/{batch_id}/plain")
async def plain(
    batch_id: str,
    request: Request,
    desk: AtDesk,
    caller: Asking,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1)] = -1,
) -> HTMLResponse:
    """The batch as a table that is drawn here; it loads itself again until the batch is done."""

    def look() -> tuple[Batch, list[BatchRow], int | None]:
        facts = desk.store.batches.get(caller.owner, batch_id)
        found = desk.store.batches.items(caller.owner, batch_id, after=after, limit=PLAIN_ROWS + 1)
        following = found[PLAIN_ROWS - 1].position if len(found) > PLAIN_ROWS else None
        return Batch.of(facts), list(map(BatchRow.of, found[:PLAIN_ROWS])), following

    facts, rows, following = await asyncio.to_thread(look)
    said = {"batch": facts, "rows": rows, "after": following}
    page = render("batch_plain.html", shell_of(request.app), BATCH, **said)
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


def _frame(shell: Shell, desk: AtDesk) -> HTMLResponse:
    """The frame with what its scripts cannot ask for: the limits, the thresholds in use, and whether the review is
    blind."""
    settings, thresholds = desk.settings, desk.bundle.recipe.thresholds
    said = {
        "edges": {"model": f"{desk.bundle.recipe.name} {desk.bundle.recipe.version}", **thresholds.model_dump()},
        "max_request_bytes": settings.max_request_bytes,
        "max_request": size_words(settings.max_request_bytes),
        "max_items": settings.max_batch_items,
        "blind": settings.blind_review,
    }
    return HTMLResponse(render("batch.html", shell, BATCH, **said))
