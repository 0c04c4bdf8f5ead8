"""Saved and shared results as pages: drawn whole on the server, so that they need no scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from ...chance import chances
from ...errors import BrushworkError
from ...verdict import Verdict
from ..callers import Caller, require
from ..desk import Desk
from ..page import render
from ..problems import problem_of, shell_of
from ..reaching import owner_within_reach
from ..record_schemas import KeptFacts
from .common import AtDesk

_readers = require("read", "review")
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True)
class Found:
    """A result, with what is kept beside it where it is not a shared one, and whether it is the caller's own."""

    verdict: Verdict
    kept: KeptFacts | None
    mine: bool


@router.get("/p/{verdict_id}")
async def saved(verdict_id: str, request: Request, desk: AtDesk) -> HTMLResponse:
    """One saved result, for its owner, and for reviewers where it was put up for review."""
    return await _shown(request, lambda: _saved(desk, _readers(request), verdict_id))


@router.get("/s/{token}")
async def shared(token: str, request: Request, desk: AtDesk) -> HTMLResponse:
    """A result that somebody shared by a link: needs no key, and shows neither picture nor name."""
    return await _shown(request, lambda: Found(desk.store.shares.verdict(token), None, mine=False))


def _saved(desk: Desk, caller: Caller, verdict_id: str) -> Found:
    owner = owner_within_reach(desk.store, caller, verdict_id)
    kept = KeptFacts.of(desk.store.verdicts.kept(owner, verdict_id), desk.settings)
    return Found(desk.store.verdicts.get(owner, verdict_id), kept, mine=owner == caller.owner)


async def _shown(request: Request, find: Callable[[], Found]) -> HTMLResponse:
    """The page of what `find` finds, or one that says in words why there is none."""
    shell, path = shell_of(request.app), request.url.path
    try:
        found = await asyncio.to_thread(find)
    except BrushworkError as error:
        problem = problem_of(error, instance=path, request_id=request.scope["state"]["request_id"])
        said = render("gone.html", shell, problem=problem.model_dump(mode="json"), path=path)
        return HTMLResponse(said, problem.status)
    verdict, name = found.verdict.to_dict(), found.verdict.external_id or ""
    drawn = render("saved.html", shell, verdict=verdict, name=name, chances=chances(found.verdict.rates),
                   kept=found.kept, mine=found.mine)  # fmt: skip
    return HTMLResponse(drawn)
