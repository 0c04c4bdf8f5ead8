"""Verdicts: ask for one, for several, for the annotated picture."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from ... import takeaways
from ...verdict import Verdict
from ..desk import Desk, Wishes
from ..limits import limits_of
from ..outside import is_json, read_address
from ..schemas import BatchAnswer
from ..stages import asks_for_lines, in_lines
from ..uploads import Upload, read_form
from .common import (
    ADDRESS_PROBLEMS,
    PICTURE_PROBLEMS,
    AtDesk,
    Wished,
    channel_of,
    form_with,
    lines,
    may_answer,
    picture_or_address,
)
from .saved import USUAL_DISTANCE

router = APIRouter(tags=["verdicts"])


@router.post(
    "/v1/verdicts",
    summary="Examine one picture",
    response_model=Verdict,
    responses={**lines(), **may_answer(*ADDRESS_PROBLEMS)},
    openapi_extra=picture_or_address(),
)
@router.post(
    "/predict",
    summary="Examine one picture (stable short name)",
    response_model=Verdict,
    responses={**lines(), **may_answer(*ADDRESS_PROBLEMS)},
    openapi_extra=picture_or_address(),
)
async def create(request: Request, desk: AtDesk, wishes: Wished) -> Response:
    """Send the picture as the part `image`, or JSON with its `url`, which is fetched.

    With `save=true` the verdict is kept for later, with `save_picture=true` beside it the picture too.

    Where you saved the same file before, by the same model, options and version, that answer is given again under a
    new id, with the warning `seen_before`; `reexamine=true`, or no `save`, examines it anew. The header
    `X-Near-Duplicates` of a saved verdict says how many others of yours look alike; `/near` lists them.

    With `Accept: application/x-ndjson` the answer comes in lines: `{"stage": ...}` for each stage that begins, then
    `{"verdict": ...}`, or `{"problem": ...}` for what fails once the lines have begun.
    """
    picture = await one_picture(request, desk)
    if asks_for_lines(request):
        return await in_lines(request, partial(desk.examine, picture, wishes))
    verdict = await desk.examine(picture, wishes)
    return Response(verdict.to_json(), media_type="application/json", headers=await _alike(desk, wishes, verdict))


@router.post(
    "/batch-predict",
    summary="Examine several pictures",
    response_model=BatchAnswer,
    responses=may_answer(*PICTURE_PROBLEMS),
    openapi_extra=form_with("images", several=True),
)
async def create_several(request: Request, desk: AtDesk, wishes: Wished) -> Response:
    """Send the pictures as parts named `images`. The answer has one verdict per file, in their order.

    `external_id` is the file's name, without folders. A file that fails has `error` and no answer; the others go on.
    With `save=true` those names are kept with the verdicts.
    """
    desk.admit()
    form = await read_form(request, desk.settings, "images", desk.settings.max_files)
    if wishes.stability and len(form.uploads) > 1:  # the first was counted with the request
        limits_of(request).probe(request, len(form.uploads) - 1)
    verdicts = await desk.examine_all(form.uploads, wishes)
    return Response('{"results":[' + ",".join(v.to_json() for v in verdicts) + "]}", media_type="application/json")


@router.post(
    "/v1/annotated",
    summary="The picture with its verdict printed under it",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, **may_answer(*ADDRESS_PROBLEMS)},
    openapi_extra=picture_or_address(),
)
async def annotate(request: Request, desk: AtDesk) -> Response:
    """Send the picture as the part `image`; the answer is a PNG made anew from its pixels, without its metadata."""
    picture = await one_picture(request, desk)
    return Response(await desk.make(picture, channel_of(request), takeaways.annotated), media_type="image/png")


async def one_picture(request: Request, desk: Desk) -> Upload:
    """The picture in the part `image`, or at the address in JSON.

    Refused before its bytes are read where there is no place for it.
    """
    desk.admit()
    if is_json(request):
        return await desk.outside.picture(await read_address(request))
    return (await read_form(request, desk.settings, "image", 1)).uploads[0]


async def _alike(desk: Desk, wishes: Wishes, verdict: Verdict) -> dict[str, str]:
    """How many saved pictures look like the one just saved, and where they are listed."""
    if not wishes.save or verdict.input is None:
        return {}
    look = partial(desk.store.verdicts.near, wishes.owner, verdict.input.phash, USUAL_DISTANCE, but=verdict.id)
    found = len(await asyncio.to_thread(look))
    return {"X-Near-Duplicates": str(found), "Link": f'</v1/verdicts/{verdict.id}/near>; rel="related"'}
