"""What a person sees in a browser: the page, the plain form's answer, the reference, and what each problem means."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from ..assets import cached
from ..desk import Wishes
from ..page import check_page, result_page
from ..problems import BY_SLUG, FORM_PATH, shell_of
from ..reference import problem_kind_page, reference_page
from .common import AtDesk
from .verdicts import one_picture

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def check(request: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(check_page(shell_of(request.app)))


@router.post(FORM_PATH)
async def check_form(request: Request, desk: AtDesk) -> HTMLResponse:
    """The plain form, for a browser without scripts: the same answer, drawn on the server."""
    picture = await one_picture(request, desk)
    verdict = await desk.examine(picture, Wishes(explain=True, channel="page"))
    return HTMLResponse(result_page(shell_of(request.app), verdict, picture.name))


@router.get("/static/{path:path}")
async def static(path: str, request: Request) -> Response:
    """A file of the page."""
    asset = request.app.state.assets.get(path)
    if asset is None:
        raise HTTPException(404)
    return cached(request, asset.data, asset.media_type)


@router.get("/docs")
async def reference(request: Request) -> HTMLResponse:
    """The reference, drawn on the server from the OpenAPI document."""
    return HTMLResponse(reference_page(shell_of(request.app), request.app.openapi()))


@router.get("/problems/{slug}")
async def problem_kind(slug: str, request: Request) -> Response:
    """What one kind of problem means: a page, or JSON where that is asked for."""
    kind = BY_SLUG.get(slug)
    if kind is None:
        raise HTTPException(404)
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(problem_kind_page(shell_of(request.app), kind))
    said = {"type": f"/problems/{slug}", "title": kind.title, "status": kind.status, "detail": kind.means}
    return JSONResponse(said)
