"""What the routes share: the desk, what a caller asked for, and how a form with pictures is described."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request

from ...errors import RequestRefused
from ...examine import Channel
from ..callers import Asking
from ..desk import Desk, Wishes
from ..limits import limits_of
from ..schemas import Line, PictureAddress, Problem
from ..stages import MEDIA_TYPE as LINES

CHANNEL_HEADER: Final = "x-brushwork-channel"


def desk_of(request: Request) -> Desk:
    """The desk of the running service."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]


def channel_of(request: Request) -> Channel:
    """`page` where Brushwork's own page says that it asks."""
    return "page" if request.headers.get(CHANNEL_HEADER) == "page" else "http"


def wishes_of(
    request: Request,
    caller: Asking,
    explain: Annotated[bool, Query(description="Add the map of regions.")] = False,
    stability: Annotated[bool, Query(description="Add the range under eight re-encodings (nine times the work).")] = (
        False
    ),
    save: Annotated[bool, Query(description="Keep the verdict.")] = False,
    save_picture: Annotated[bool, Query(description="Keep the picture too; needs `save=true`.")] = False,
    reexamine: Annotated[bool, Query(description="Examine anew, also what was saved before.")] = False,
) -> Wishes:
    """What the query asks for. Raises RequestRefused for a picture to be kept without its verdict, TooOften for more
    probes under changes than a caller may have."""
    if stability:
        limits_of(request).probe(request)
    if save_picture and not save:
        raise RequestRefused("A picture is kept with its verdict only.", "Add save=true, or leave save_picture out.")
    return Wishes(explain, stability, save, channel_of(request), caller.owner, save_picture, reexamine)


Wished = Annotated[Wishes, Depends(wishes_of)]


def form_with(part: str, *, several: bool = False) -> dict[str, Any]:
    """The OpenAPI description of a form with pictures in the part `part`."""
    file = {"type": "string", "format": "binary"}
    shape = {"type": "array", "items": file, "minItems": 1} if several else file
    schema = {"type": "object", "properties": {part: shape}, "required": [part]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def picture_or_address() -> dict[str, Any]:
    """The OpenAPI description of one picture: itself in a form, or its address."""
    described = form_with("image")
    described["requestBody"]["content"]["application/json"] = {"schema": PictureAddress.model_json_schema()}
    return described


def png() -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of an answer that is a PNG."""
    return {200: {"content": {"image/png": {}}}}


def lines() -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of an answer in lines, beside the one in JSON: the shape of each line."""
    return {200: {"content": {LINES: {"schema": {"$ref": f"#/components/schemas/{Line.__name__}"}}}}}


def may_answer(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of the problems that a route may answer with, beside those that every route may."""
    return {
        status: {"description": "Problem", "content": {"application/problem+json": {"schema": PROBLEM_REF}}}
        for status in sorted({400, 401, 403, 422, 429, *statuses})
    }


PROBLEM_REF: Final = {"$ref": f"#/components/schemas/{Problem.__name__}"}
PICTURE_PROBLEMS: Final = (408, 413, 415, 422, 429, 500, 503)
ADDRESS_PROBLEMS: Final = (*PICTURE_PROBLEMS, 502, 504)
