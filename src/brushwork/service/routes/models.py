"""The bundles that this service has, and their cards."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...forensics.bundle import Bundle
from ...forensics.calibration import reference_at
from ..activation import Activation
from ..assets import cached
from ..callers import AUDITED, Asking, require
from ..desk import Desk
from ..models import full_name
from ..page import card_page
from ..problems import shell_of
from ..schemas import ModelEntry, ModelList, ReferenceList
from .common import AtDesk, may_answer

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="The bundles of this service", response_model=ModelList, responses=may_answer(503))
async def find(desk: AtDesk) -> ModelList:
    """The bundle in use, then the others that may be activated; one that fails its own hashes is not among them."""
    return ModelList(models=tuple(_entry(b, desk) for b in await asyncio.to_thread(desk.models.all, desk.bundle)))


@router.get(
    "/v1/models/{name}/card",
    summary="The card of a bundle",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}, **may_answer(404, 422)},
)
async def card(name: str, request: Request, desk: AtDesk) -> Response:
    """What the bundle can and cannot do, in Markdown; a browser gets it as a page. Has an ETag."""
    bundle = await _bundle(name, desk)
    if "text/html" in request.headers.get("accept", ""):
        shown, kind = card_page(shell_of(request.app), bundle), "text/html; charset=utf-8"
    else:
        shown, kind = bundle.card, "text/markdown; charset=utf-8"
    return cached(request, shown.encode(), kind, {"Vary": "Accept"})


@router.get(
    "/v1/models/{name}/reference",
    summary="How many human works of each kind score this high",
    responses=may_answer(404, 422),
)
async def reference(
    name: str,
    desk: AtDesk,
    probability: Annotated[
        float, Query(ge=0, le=1, description="`probability` of a verdict of that bundle.", examples=[0.62])
    ],
) -> ReferenceList:
    """The same question as `reference` of a verdict answers over all kinds, asked of each kind by itself.

    Where a kind has few works, the share is rough: `n` says how many.
    """
    known = (await _bundle(name, desk)).reference
    return ReferenceList(kinds=tuple(reference_at(probability, known, kind.kind) for kind in known.kinds))


@router.post(
    "/v1/models/{name}/activate",
    summary="Examine with another bundle from now on",
    response_model=ModelEntry,
    dependencies=[Depends(require("admin"))],
    responses=may_answer(404, 503),
)
async def activate(name: str, request: Request, caller: Asking, desk: AtDesk) -> ModelEntry:
    """`name` is one of /v1/models, or `name@version` where several have that name.

    New workers load and verify it first, then they take over; what was accepted before is finished with the former
    one. A bundle that fails changes nothing. The choice outlives the service, and its other processes follow it.
    """
    request.scope["state"][AUDITED] = True
    activation: Activation = request.app.state.activation
    return _entry(await activation.activate(name, caller.owner), desk)


async def _bundle(name: str, desk: Desk) -> Bundle:
    """The bundle of that name, or `name@version`; the one in use before others. Raises HTTPException 404."""
    for bundle in await asyncio.to_thread(desk.models.all, desk.bundle):
        if name in (bundle.recipe.name, full_name(bundle)):
            return bundle
    raise HTTPException(404)


def _entry(bundle: Bundle, desk: Desk) -> ModelEntry:
    facts = bundle.facts()
    return ModelEntry(
        name=facts.name,
        version=facts.version,
        sha256=facts.sha256,
        thresholds=facts.thresholds,
        active=facts.sha256 == desk.bundle.sha256,
    )
