"""Verdicts: ask for one, for several, for the annotated picture; find saved ones again and delete them."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from ... import takeaways
from ...verdict import Answer, Verdict
from ..desk import Desk
from ..outside import is_json, read_address
from ..schemas import BatchAnswer, VerdictPage
from ..uploads import Upload, read_form
from .common import (
    ADDRESS_PROBLEMS,
    PICTURE_PROBLEMS,
    AtDesk,
    Wished,
    channel_of,
    form_with,
    may_answer,
    picture_or_address,
)

router = APIRouter(tags=["verdicts"])


@router.post(
    "/v1/verdicts",
    summary="Examine one picture",
    response_model=Verdict,
    responses=may_answer(*ADDRESS_PROBLEMS),
    openapi_extra=picture_or_address(),
)
@router.post(
    "/predict",
    summary="Examine one picture (stable short name)",
    response_model=Verdict,
    responses=may_answer(*ADDRESS_PROBLEMS),
    openapi_extra=picture_or_address(),
)
async def create(request: Request, desk: AtDesk, wishes: Wished) -> Response:
    """Send the picture as the part `image`, or JSON with its `url`, which is fetched.

    With `save=true` the verdict, never the picture, is kept for later.

    Where the same file was saved before, by the same model, options and version, that answer is given again under a
    new id, with the warning `seen_before`; without `save` every picture is examined anew.
    """
    verdict = await desk.examine(await one_picture(request, desk), wishes)
    return _json(verdict)


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


@router.get("/v1/verdicts", summary="Saved verdicts, newest first", response_model=VerdictPage,
            responses=may_answer(422, 503))  # fmt: skip
async def find(
    desk: AtDesk,
    after: Annotated[str | None, Query(max_length=200, description="Cursor of the last page.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Verdicts in one page.")] = 50,
    answer: Annotated[Answer | None, Query(description="Only this answer.")] = None,
) -> Response:
    """Pages by cursor: ask again with `after` of the last answer, or follow the header `Link: <...>; rel="next"`."""
    page = await asyncio.to_thread(desk.store.verdicts.page, after, limit, answer)
    said = VerdictPage(verdicts=page.verdicts, after=page.after)
    return JSONResponse(said.model_dump(mode="json"), headers=_next_link(page.after, limit, answer))


@router.get("/v1/verdicts/{verdict_id}", summary="One saved verdict", response_model=Verdict,
            responses=may_answer(404, 422, 503))  # fmt: skip
async def read(verdict_id: str, desk: AtDesk) -> Response:
    """The verdict as it was given."""
    return _json(await asyncio.to_thread(desk.store.verdicts.get, verdict_id))


@router.delete("/v1/verdicts/{verdict_id}", summary="Delete a saved verdict", status_code=204,
               responses=may_answer(404, 422, 503))  # fmt: skip
async def delete(verdict_id: str, desk: AtDesk) -> Response:
    """Removes it for good. There is no copy of the picture to remove: none was kept."""
    await asyncio.to_thread(desk.store.verdicts.delete, verdict_id)
    return Response(status_code=204)


async def one_picture(request: Request, desk: Desk) -> Upload:
    """The picture in the part `image`, or at the address in JSON.

    Refused before its bytes are read where there is no place for it.
    """
    desk.admit()
    if is_json(request):
        return await desk.outside.picture(await read_address(request))
    return (await read_form(request, desk.settings, "image", 1)).uploads[0]


def _json(verdict: Verdict) -> Response:
    return Response(verdict.to_json(), media_type="application/json")


def _next_link(after: str | None, limit: int, answer: Answer | None) -> dict[str, str]:
    if after is None:
        return {}
    asked = {"after": after, "limit": str(limit), **({"answer": answer.value} if answer else {})}
    return {"Link": f'</v1/verdicts?{urlencode(asked)}>; rel="next"'}
