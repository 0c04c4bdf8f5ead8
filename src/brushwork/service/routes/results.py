"""Saved and shared results as pages: drawn whole on the server, so that they need no scripts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from ...chance import chances, strength
from ...verdict import Verdict
from ..callers import Asking, Caller, require
from ..desk import Desk
from ..page import render
from ..problems import shell_of
from ..reaching import owner_within_reach
from ..record_schemas import KeptFacts
from .common import AtDesk

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True)
class Found:
    """A result, with what is kept beside it where it is not a shared one, and whether it is the caller's own."""

    verdict: Verdict
    kept: KeptFacts | None
    mine: bool


@router.get("/p/{verdict_id}", dependencies=[Depends(require("read", "review"))])
async def saved(verdict_id: str, request: Request, desk: AtDesk, caller: Asking) -> HTMLResponse:
    """One saved result, for its owner, and for reviewers where it was put up for review."""
    return _drawn(request, await asyncio.to_thread(_saved, desk, caller, verdict_id))


@router.get("/s/{token}")
async def shared(token: str, request: Request, desk: AtDesk) -> HTMLResponse:
    """A result that somebody shared by a link: needs no key, and shows neither picture nor name."""
    return _drawn(request, Found(await asyncio.to_thread(desk.store.shares.verdict, token), None, mine=False))


def _saved(desk: Desk, caller: Caller, verdict_id: str) -> Found:
    owner = owner_within_reach(desk.store, caller, verdict_id)
    kept = KeptFacts.of(desk.store.verdicts.kept(owner, verdict_id), desk.settings)
    return Found(desk.store.verdicts.get(owner, verdict_id), kept, mine=owner == caller.owner)


def _drawn(request: Request, found: Found) -> HTMLResponse:
    shell, verdict, name = shell_of(request.app), found.verdict.to_dict(), found.verdict.external_id or ""
    rates = found.verdict.rates
    kept = found.kept and found.kept.model_dump(mode="json", include={"days_left", "picture"})
    given = {"verdict": verdict, "name": name, "mine": found.mine, "kept": kept}
    said = {"verdict": verdict, "name": name, "given": given, "chances": chances(rates), "strength": strength(rates)}
    return HTMLResponse(render("saved.html", shell, "", **said, kept=found.kept, mine=found.mine))
