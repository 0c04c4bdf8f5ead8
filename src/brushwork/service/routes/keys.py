"""Keys, the sessions that a browser opens with one, and the audit log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from ...store.keys import SESSION_LIFE, KeyFacts
from ..access import COOKIE, TLS_COOKIE, Access, token_of
from ..callers import AUDITED, Asking, Caller, require
from ..key_schemas import AuditLine, AuditLog, KeyAsked, KeyEntry, KeyList, KeyMade, KeyShown, Who
from .common import AtDesk, may_answer

_ADMIN = Depends(require("admin"))


def itself_audited(request: Request) -> None:
    """What these routes do is written to the audit log by the store, in the same transaction."""
    request.scope["state"][AUDITED] = True


router = APIRouter(dependencies=[Depends(itself_audited)])


def access_of(request: Request) -> Access:
    """The service's door, which remembers keys for a moment."""
    access: Access = request.app.state.access
    return access


Door = Annotated[Access, Depends(access_of)]


@router.post("/v1/keys", summary="Make a key", status_code=201, response_model=KeyMade, tags=["keys"],
             dependencies=[_ADMIN], responses=may_answer(401, 422, 429, 503))  # fmt: skip
async def create(asked: KeyAsked, caller: Asking, desk: AtDesk) -> KeyMade:
    """The answer holds the key, once: only its hash is kept."""
    expires_at = None if asked.days is None else datetime.now(UTC) + timedelta(days=asked.days)
    facts, key = await asyncio.to_thread(
        desk.store.keys.create, asked.label, asked.scopes, by=caller.owner, expires_at=expires_at
    )
    return KeyMade(key=key, **_told(facts))


@router.get("/v1/keys", summary="Every key, never the secret", tags=["keys"], dependencies=[_ADMIN],
            responses=may_answer(401, 429, 503))  # fmt: skip
async def find(desk: AtDesk) -> KeyList:
    """Oldest first, also those that were revoked or have expired."""
    return KeyList(keys=tuple(KeyEntry(**_told(facts)) for facts in await asyncio.to_thread(desk.store.keys.all)))


@router.post("/v1/keys/{key_id}/rotate", summary="Replace the secret of a key", response_model=KeyMade, tags=["keys"],
             dependencies=[_ADMIN], responses=may_answer(401, 404, 422, 429, 503))  # fmt: skip
async def rotate(
    key_id: str,
    caller: Asking,
    desk: AtDesk,
    door: Door,
    overlap_hours: Annotated[
        float, Query(ge=0, le=720, description="Hours for which the former secret is good beside the new one.")
    ] = 0,
) -> KeyMade:
    """Owner, label, scopes and what is saved stay. The answer holds the new key, once. Sessions opened with it end."""
    overlap = timedelta(hours=overlap_hours)
    facts, key = await asyncio.to_thread(desk.store.keys.rotate, key_id, by=caller.owner, overlap=overlap)
    door.forget()
    return KeyMade(key=key, **_told(facts))


@router.delete("/v1/keys/{key_id}", summary="Revoke a key", status_code=204, tags=["keys"], dependencies=[_ADMIN],
               responses=may_answer(401, 404, 422, 429, 503))  # fmt: skip
async def revoke(key_id: str, caller: Asking, desk: AtDesk, door: Door) -> Response:
    """The key and its sessions end for good; what it saved stays until that is deleted."""
    await asyncio.to_thread(desk.store.keys.revoke, key_id, by=caller.owner)
    door.forget()
    return Response(status_code=204)


@router.get("/v1/audit", summary="What administrators did and what was deleted", tags=["keys"], dependencies=[_ADMIN],
            response_model=AuditLog, responses=may_answer(401, 422, 429, 503))  # fmt: skip
async def audit(
    desk: AtDesk,
    after: Annotated[str | None, Query(max_length=200, description="Cursor of the last page.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Lines in one page.")] = 50,
) -> AuditLog:
    """Newest first. `who` is the id of a key, `local` where none was asked for, `cli` for the command line."""
    page = await asyncio.to_thread(desk.store.audit.page, after, limit)
    acts = tuple(AuditLine(id=a.id, at=a.at, who=a.who, what=a.what, target=a.target) for a in page.acts)
    return AuditLog(acts=acts, after=page.after)


@router.get("/v1/session", summary="Who asks", tags=["session"], responses=may_answer(401, 422, 429, 503))
async def who(caller: Asking, door: Door) -> Who:
    """The owner of what this caller saves and what it may do; 401 where a key is needed and none was sent."""
    return _who(caller, door)


@router.post("/v1/session", summary="Show a key, get a cookie", status_code=201, response_model=Who, tags=["session"],
             responses=may_answer(401, 422, 429, 503))  # fmt: skip
async def open_session(shown: KeyShown, request: Request, desk: AtDesk, door: Door) -> Response:
    """For the page: the cookie stands for the key for twelve hours, and no script can read it."""
    caller = await door.by_key(shown.key.get_secret_value(), request.scope, desk.store.keys)
    token, _ = await asyncio.to_thread(desk.store.keys.open_session, caller.owner)
    answer = JSONResponse(_who(caller, door).model_dump(mode="json"), 201)
    _set_cookie(request, answer, token, int(SESSION_LIFE.total_seconds()))
    return answer


@router.delete("/v1/session", summary="Forget the cookie", status_code=204, tags=["session"],
               responses=may_answer(422, 429, 503))  # fmt: skip
async def close_session(request: Request, desk: AtDesk, door: Door) -> Response:
    """Ends the session of the cookie; the key stays good."""
    token = token_of(request.scope)
    if token:
        await asyncio.to_thread(desk.store.keys.close_session, token)
        door.forget()
    answer = Response(status_code=204)
    _set_cookie(request, answer, "", 0)
    return answer


def _set_cookie(request: Request, answer: Response, token: str, max_age: int) -> None:
    tls = request.url.scheme == "https"
    answer.set_cookie(
        TLS_COOKIE if tls else COOKIE, token, max_age=max_age, path="/", httponly=True, samesite="lax", secure=tls
    )


def _who(caller: Caller, door: Access) -> Who:
    return Who(
        owner=caller.owner, label=caller.label, scopes=tuple(sorted(caller.scopes)), keys_required=door.asks_for_keys
    )


def _told(facts: KeyFacts) -> dict[str, object]:
    return {
        "id": facts.id,
        "label": facts.label,
        "scopes": tuple(sorted(facts.scopes)),
        "created_at": facts.created_at,
        "expires_at": facts.expires_at,
        "last_used_at": facts.last_used_at,
        "revoked_at": facts.revoked_at,
        "usable": facts.trouble(datetime.now(UTC)) is None,
    }
