"""The screens beside the check: each is a page of its own, rendered here, that asks the API for what it shows."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from ..page import card_page, compare_page, render
from ..page.help import ANSWERS, example
from ..page.shell import COMPARE, HELP, HISTORY, LAB, MODEL, REVIEW, SIGN_IN, STATUS
from ..problems import shell_of
from .common import AtDesk

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get(MODEL)
async def model(request: Request, desk: AtDesk) -> HTMLResponse:
    """The card of the bundle in use, with its plots."""
    return HTMLResponse(card_page(shell_of(request.app), desk.bundle))


@router.get(HELP)
async def help_page(request: Request, desk: AtDesk) -> HTMLResponse:
    """What it cannot do first; then for artists, juries, moderators and journalists."""
    said = {"answers": ANSWERS, "example": example(desk.bundle.recipe.thresholds)}
    origin = str(request.base_url).rstrip("/")
    return HTMLResponse(render("help.html", shell_of(request.app), HELP, **said, origin=origin))


@router.get(STATUS)
async def status(request: Request) -> HTMLResponse:
    """How the service is; its figures come from /v1/status."""
    return HTMLResponse(render("status.html", shell_of(request.app), STATUS))


@router.get(SIGN_IN)
async def sign_in(request: Request) -> HTMLResponse:
    """Where a key is shown, where one is asked for."""
    return HTMLResponse(render("sign_in.html", shell_of(request.app), SIGN_IN))


@router.get(COMPARE)
async def compare(request: Request) -> HTMLResponse:
    """Two pictures side by side; the comparison comes from /v1/compare."""
    return HTMLResponse(compare_page(shell_of(request.app)))


@router.get(LAB)
async def lab(request: Request) -> HTMLResponse:
    """The lab: to look at only, never in the verdict."""
    return HTMLResponse(render("lab.html", shell_of(request.app), LAB))


@router.get(HISTORY)
async def history(request: Request) -> HTMLResponse:
    """What the caller saved; it comes from /v1/verdicts."""
    return HTMLResponse(render("history.html", shell_of(request.app), HISTORY))


@router.get(REVIEW)
async def review(request: Request) -> HTMLResponse:
    """Feedback, disagreements and the record, for reviewers."""
    return HTMLResponse(render("review.html", shell_of(request.app), REVIEW))
