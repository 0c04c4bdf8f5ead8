"""Batches: hand over many pictures at once, add to them, pause, go on, try again, cancel."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from ..batch_desk import AtBatches
from ..batch_intake import PART
from ..batch_schemas import KEY_PATTERN, MAX_KEY, Batch, BatchItem, BatchOrder, BatchTaken, ItemsTaken
from ..callers import Asking
from .common import PICTURE_PROBLEMS, Wished, form_with, may_answer

router = APIRouter(tags=["batches"])

BatchId = str
Key = Annotated[
    str | None,
    Query(
        alias="item_key",
        min_length=1,
        max_length=MAX_KEY,
        pattern=KEY_PATTERN,
        description="Your own key for the picture: the same key twice is the same picture, sent again.",
    ),
]
_CHANGED: Final = may_answer(404, 409, 422, 503)


def _files_or_urls() -> dict[str, Any]:
    """The OpenAPI description of a form with files and zips, or a list of URLs as JSON."""
    described = form_with(PART, several=True)
    form = described["requestBody"]["content"]["multipart/form-data"]["schema"]
    form["properties"] |= {"name": {"type": "string"}, "webhook_url": {"type": "string"}}
    schema = BatchOrder.model_json_schema()
    parts = schema.pop("$defs")
    choices = schema["properties"]["urls"]["items"]["anyOf"]
    schema["properties"]["urls"]["items"]["anyOf"] = [
        parts[c["$ref"].rpartition("/")[2]] if "$ref" in c else c for c in choices
    ]
    described["requestBody"]["content"]["application/json"] = {"schema": schema}
    described["requestBody"]["required"] = False
    return described


@router.post(
    "/v1/batches",
    summary="Hand over many pictures",
    status_code=202,
    response_model=BatchTaken,
    responses=may_answer(*PICTURE_PROBLEMS),
    openapi_extra=_files_or_urls(),
)
async def create(
    request: Request,
    batches: AtBatches,
    caller: Asking,
    wishes: Wished,
    more: Annotated[bool, Query(alias="open", description="More pictures follow; close it at the end.")] = False,
    key: Key = None,
) -> Response:
    """Send pictures and zips as parts named `images`, or JSON with `urls`. They are examined in the background.

    The uploads wait on the disk until their turn and are removed then. `name` and `webhook_url` are further parts, or
    members of the JSON. With a webhook the answer has the secret that its messages are signed with, this once.

    A file that you have an answer for already, saved or from a batch, by the same model, options and version, gets that
    answer again with the warning `seen_before`; `reexamine=true` examines all of them anew.
    """
    taken = await batches.create(request, caller.owner, wishes, closed=not more, key=key)
    return JSONResponse(taken.model_dump(mode="json"), 202, {"Location": taken.status_url})


@router.post(
    "/v1/batches/{batch_id}/items",
    summary="Add pictures to an open batch",
    status_code=202,
    response_model=ItemsTaken,
    responses=may_answer(404, 409, *PICTURE_PROBLEMS),
    openapi_extra=_files_or_urls(),
)
async def add(batch_id: BatchId, request: Request, batches: AtBatches, caller: Asking, key: Key = None) -> ItemsTaken:
    """As for a new batch. A picture whose `item_key` the batch knows is left as it is: sending again is harmless."""
    return await batches.add(request, caller.owner, batch_id, key)


@router.post("/v1/batches/{batch_id}/close", summary="No more pictures follow", responses=_CHANGED)
async def close(batch_id: BatchId, batches: AtBatches, caller: Asking) -> Batch:
    """The batch is done when the last of its pictures is."""
    return Batch.of(await batches.close(caller.owner, batch_id))


@router.post("/v1/batches/{batch_id}/pause", summary="Begin no more of its pictures", responses=_CHANGED)
async def pause(batch_id: BatchId, batches: AtBatches, caller: Asking) -> Batch:
    """Those in hand are finished."""
    return Batch.of(await batches.pause(caller.owner, batch_id, paused=True))


@router.post("/v1/batches/{batch_id}/resume", summary="Go on with a paused batch", responses=_CHANGED)
async def resume(batch_id: BatchId, batches: AtBatches, caller: Asking) -> Batch:
    """Where it is not paused, nothing changes."""
    return Batch.of(await batches.pause(caller.owner, batch_id, paused=False))


@router.post("/v1/batches/{batch_id}/items/{item_id}/retry", summary="Try a failed picture again", responses=_CHANGED)
async def retry(batch_id: BatchId, item_id: str, request: Request, batches: AtBatches, caller: Asking) -> BatchItem:
    """For URLs, and for uploads whose failure was none of the picture; any other upload was removed when it failed."""
    return BatchItem.of(await batches.retry(request, caller.owner, batch_id, item_id))


@router.delete("/v1/batches/{batch_id}", summary="Cancel or delete a batch", status_code=204,
               responses=may_answer(404, 422, 503))  # fmt: skip
async def delete(
    batch_id: BatchId,
    batches: AtBatches,
    caller: Asking,
    purge: Annotated[bool, Query(description="Remove the batch and all its results, too.")] = False,
) -> Response:
    """Gives up what has no result yet; the results that there are stay, unless `purge=true`."""
    await batches.remove(caller.owner, batch_id, purge=purge)
    return Response(status_code=204)
