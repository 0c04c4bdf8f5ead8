"""A picture from an address as it is, for a page that may not ask other sites itself."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from ... import takeaways
from ..outside import read_address
from ..schemas import PictureAddress
from .common import ADDRESS_PROBLEMS, AtDesk, channel_of, may_answer

router = APIRouter(tags=["verdicts"])

_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": PictureAddress.model_json_schema()}},
    }
}


@router.post(
    "/v1/fetched",
    summary="Fetch a picture from an address",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, **may_answer(*ADDRESS_PROBLEMS)},
    openapi_extra=_BODY,
)
async def fetch(request: Request, desk: AtDesk) -> Response:
    """The bytes that the address gave, once they were opened as a picture here; whatever else it gave is refused."""
    desk.admit()
    picture = await desk.outside.picture(await read_address(request))
    kind = await desk.make(picture, channel_of(request), takeaways.format_of)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(picture.name)}",
        "Cache-Control": "no-store",
    }
    return Response(picture.data, media_type=f"image/{kind.lower()}", headers=headers)
