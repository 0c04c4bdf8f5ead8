"""The bundles that this service has, and their cards."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...errors import BundleError
from ...forensics.bundle import Bundle, load_bundle, shipped_bundles
from ..assets import cached
from ..desk import Desk
from ..page import card_page
from ..problems import shell_of
from ..schemas import ModelEntry, ModelList
from .common import AtDesk, may_answer

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="The bundles of this service", response_model=ModelList, responses=may_answer(503))
async def find(desk: AtDesk) -> ModelList:
    """The shipped bundles and the one in use; one that fails its own hashes is not among them."""
    return ModelList(models=tuple(_entry(b, desk) for b in await asyncio.to_thread(_bundles, desk)))


@router.get(
    "/v1/models/{name}/card",
    summary="The card of a bundle",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}, **may_answer(404, 422)},
)
async def card(name: str, request: Request, desk: AtDesk) -> Response:
    """What the bundle can and cannot do, in Markdown; a browser gets it as a page. Has an ETag."""
    for bundle in await asyncio.to_thread(_bundles, desk):
        if bundle.recipe.name == name:
            if "text/html" in request.headers.get("accept", ""):
                shown, kind = card_page(shell_of(request.app), bundle), "text/html; charset=utf-8"
            else:
                shown, kind = bundle.card, "text/markdown; charset=utf-8"
            return cached(request, shown.encode(), kind, {"Vary": "Accept"})
    raise HTTPException(404)


def _bundles(desk: Desk) -> list[Bundle]:
    """The bundle in use, then the other shipped ones that load."""
    found = [desk.bundle]
    for name in shipped_bundles():
        try:
            bundle = load_bundle(name)
        except BundleError:
            continue  # it cannot be used, so that it is not offered; `brushwork models verify` says why
        if bundle.sha256 != desk.bundle.sha256:
            found.append(bundle)
    return found


def _entry(bundle: Bundle, desk: Desk) -> ModelEntry:
    facts = bundle.facts()
    return ModelEntry(
        name=facts.name,
        version=facts.version,
        sha256=facts.sha256,
        thresholds=facts.thresholds,
        active=facts.sha256 == desk.bundle.sha256,
    )
