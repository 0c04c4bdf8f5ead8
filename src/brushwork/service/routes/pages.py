"""What a person sees in a browser: the page, the plain form's answer, the reference, and what each problem means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from ..assets import served
from ..desk import Desk, Wishes
from ..limits import limits_of
from ..page import check_page, result_page
from ..problems import BY_SLUG, CHECK_FORM, shell_of
from ..reference import problem_kind_page, reference_page
from ..uploads import Upload, read_form
from .common import AtDesk

SECURITY_TXT_LIFE: Final = timedelta(days=180)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def check(request: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(check_page(shell_of(request.app)))


@router.post(CHECK_FORM)
async def check_form(request: Request, desk: AtDesk) -> HTMLResponse:
    """The plain form, for a browser without scripts: the same answer, drawn on the server."""
    picture = await _posted(request, desk)
    limits_of(request).probe(request)
    verdict = await desk.examine(picture, Wishes(explain=True, stability=True, channel="page"))
    return HTMLResponse(result_page(shell_of(request.app), verdict, picture.name))


async def _posted(request: Request, desk: Desk) -> Upload:
    """The picture that the form brings, or the one at the address in its field `url`."""
    desk.admit()
    form = await read_form(request, desk.settings, "image", 1, instead="url")
    return form.uploads[0] if form.uploads else await desk.outside.picture(form.fields["url"].strip())


@router.get("/static/{path:path}")
async def static(path: str, request: Request) -> Response:
    """A file of the page."""
    asset = request.app.state.assets.get(path)
    if asset is None:
        raise HTTPException(404)
    return served(request, asset)


@router.get("/.well-known/security.txt")
async def security(desk: AtDesk) -> Response:
    """Where to report a weakness (RFC 9116); absent where the operator named nobody."""
    contact = desk.settings.security_contact
    if contact is None:
        raise HTTPException(404)
    expires = (datetime.now(UTC) + SECURITY_TXT_LIFE).isoformat(timespec="seconds")
    return PlainTextResponse(f"Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n")


@router.get("/openapi.json", response_class=JSONResponse)
def openapi(request: Request) -> JSONResponse:
    """The OpenAPI document. Made when it is first asked for, which takes a second: in a thread, as what follows."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
def reference(request: Request) -> HTMLResponse:
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
