"""To look at: images of a picture and facts about it. None but the regions has to do with a verdict."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ... import takeaways
from ...look import Kind, Look
from ..callers import Asking
from ..kept import made_of_kept, saved_verdict
from .common import ADDRESS_PROBLEMS, AtDesk, channel_of, may_answer, picture_or_address, png
from .saved import readers
from .verdicts import one_picture

router = APIRouter(tags=["to look at"])

Captioned = Annotated[bool, Query(description="Print what the image shows, and what it does not prove, below it.")]
_OF_SAVED: Final = (404, 422, 429, 500, 503)


@router.post(
    "/v1/explanations/{kind}",
    summary="An image to look at",
    response_class=Response,
    responses={**png(), **may_answer(*ADDRESS_PROBLEMS)},
    openapi_extra=picture_or_address(),
)
async def explain(kind: Kind, request: Request, desk: AtDesk, caption: Captioned = True) -> Response:
    """Send the picture as the part `image`; the answer is a PNG. Nothing is kept.

    `regions` shows where the score comes from. The others are to look at only: error level, noise, spectrum and JPEG
    ghosts never go into a verdict, and none of them proves AI. `POST /v1/look` says of each what it shows.
    """
    picture = await one_picture(request, desk)
    task = partial(takeaways.explanation, kind=kind, caption=caption)
    return Response(await desk.make(picture, channel_of(request), task), media_type="image/png")


@router.get(
    "/v1/verdicts/{verdict_id}/explanations/{kind}.png",
    summary="An image to look at, of a saved verdict",
    response_class=Response,
    responses={**png(), **may_answer(*_OF_SAVED)},
    dependencies=[readers],
)
async def explain_saved(
    verdict_id: str, kind: Kind, desk: AtDesk, caller: Asking, caption: Captioned = True
) -> Response:
    """As `POST /v1/explanations/{kind}`, for a verdict whose picture was kept."""
    saved = await saved_verdict(desk, caller, verdict_id)
    task = partial(takeaways.explanation, kind=kind, caption=caption, found=saved.verdict.regions)
    return Response(await made_of_kept(desk, saved, task), media_type="image/png")


@router.post(
    "/v1/look",
    summary="Facts to look at",
    response_model=Look,
    responses=may_answer(*ADDRESS_PROBLEMS),
    openapi_extra=picture_or_address(),
)
async def look(
    request: Request,
    desk: AtDesk,
    private: Annotated[bool, Query(description="Show places, serial numbers and owners, too.")] = False,
) -> Response:
    """Send the picture as the part `image`. Nothing is kept, and none of it goes into a verdict.

    JPEG tables and whether they are the standard ones, the curve of JPEG ghosts, the grid of blocks, and the metadata
    as text; fields that name a place, a serial number or an owner are hidden unless asked for.
    """
    picture = await one_picture(request, desk)
    found = await desk.make(picture, channel_of(request), partial(takeaways.look, private=private))
    return Response(found.model_dump_json(), media_type="application/json")
