"""Two pictures side by side."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import HTMLResponse, Response

from ... import takeaways
from ...comparison import Comparison, compared
from ...errors import RequestRefused
from ...examine import Channel
from ...workers import Job
from ..callers import Asking, Caller
from ..desk import Desk
from ..kept import picture_if_kept, saved_verdict
from ..limits import limits_of
from ..outside import is_json
from ..page import compared_page
from ..problems import COMPARE_FORM, shell_of
from ..uploads import Upload, read_pair
from .common import PICTURE_PROBLEMS, AtDesk, channel_of, may_answer

router = APIRouter(tags=["verdicts"])

_PARTS: Final = ("a", "b")


class Pair(BaseModel):
    """The ids of two saved verdicts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: str = Field(max_length=64)
    b: str = Field(max_length=64)


def _two_pictures_or_ids() -> dict[str, Any]:
    file = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": dict.fromkeys(_PARTS, file), "required": list(_PARTS)}
    content = {"multipart/form-data": {"schema": form}, "application/json": {"schema": Pair.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/v1/compare",
    summary="Compare two pictures",
    response_model=Comparison,
    responses=may_answer(404, *PICTURE_PROBLEMS),
    openapi_extra=_two_pictures_or_ids(),
)
async def compare(
    request: Request,
    desk: AtDesk,
    caller: Asking,
    stability: Annotated[bool, Query(description="Examine eight re-encodings of both as well.")] = False,
) -> Response:
    """Send two pictures as the parts `a` and `b`, or JSON with the ids of two saved verdicts.

    The answer has both verdicts, their differences in words, and whether one looks like a copy of the other, saved
    again, scaled or cut. It tells nothing of who made which from which. Of saved verdicts whose pictures were not kept
    only the hashes are compared.
    """
    desk.admit()
    if is_json(request):
        found = await _saved(request, desk, caller)
    else:
        for _ in _PARTS if stability else ():
            limits_of(request).probe(request)
        pair = await read_pair(request, desk.settings, _PARTS)
        found = await _of_pair(desk, pair, channel_of(request), stability=stability)
    return Response(found.model_dump_json(), media_type="application/json")


@router.post(COMPARE_FORM, include_in_schema=False)
async def compare_form(request: Request, desk: AtDesk) -> HTMLResponse:
    """The plain form, for a browser without scripts: the same comparison, drawn on the server."""
    desk.admit()
    pair = await read_pair(request, desk.settings, _PARTS)
    found = await _of_pair(desk, pair, "page")
    return HTMLResponse(compared_page(shell_of(request.app), found, (pair[0].name, pair[1].name)))


async def _of_pair(desk: Desk, pair: tuple[Upload, Upload], channel: Channel, *, stability: bool = False) -> Comparison:
    first, second = pair
    other = Job(second.data, second.name, channel=channel)
    return await desk.make(first, channel, partial(takeaways.compared, other=other, stability=stability))


async def _saved(request: Request, desk: Desk, caller: Caller) -> Comparison:
    try:
        pair = Pair.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestRefused("The body is not the ids of two verdicts.", 'Send {"a": ID, "b": ID}.') from error
    first, second = [await saved_verdict(desk, caller, verdict_id) for verdict_id in (pair.a, pair.b)]
    one, two = [await picture_if_kept(desk, saved) for saved in (first, second)]
    if one is None or two is None:
        return compared(first.verdict, second.verdict)
    other = Job(two.data, two.name)
    task = partial(takeaways.laid_over, other=other, verdicts=(first.verdict, second.verdict))
    return await desk.make(one, channel_of(request), task)
