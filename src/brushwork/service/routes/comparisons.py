"""Two pictures side by side."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from ... import takeaways
from ...comparison import Comparison, compared
from ...errors import RequestRefused
from ...workers import Job
from ..callers import Asking, Caller
from ..desk import Desk
from ..kept import picture_if_kept, saved_verdict
from ..limits import limits_of
from ..outside import is_json
from ..uploads import read_pair
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
    found = await (_saved(request, desk, caller) if is_json(request) else _sent(request, desk, stability))
    return Response(found.model_dump_json(), media_type="application/json")


async def _sent(request: Request, desk: Desk, stability: bool) -> Comparison:
    for _ in _PARTS if stability else ():
        limits_of(request).probe(request)
    first, second = await read_pair(request, desk.settings, _PARTS)
    other = Job(second.data, second.name, channel=channel_of(request))
    task = partial(takeaways.compared, other=other, stability=stability)
    return await desk.make(first, channel_of(request), task)


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
