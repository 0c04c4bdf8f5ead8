"""Saved verdicts: find them again, note something, delete them, share them, see what looks alike."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.responses import JSONResponse, Response

from ... import takeaways
from ...store.decisions import Reviewer
from ...store.phashes import MOST_DISTANCE
from ...store.verdicts import Page, not_found
from ...text import shown
from ...verdict import Answer, Verdict
from ..callers import Asking, Caller, require
from ..desk import Desk
from ..reaching import owner_within_reach
from ..record_schemas import (
    MAX_NAME,
    Counts,
    Deleted,
    Description,
    Ids,
    KeptFacts,
    NearPicture,
    NearPictures,
    ShareList,
    ShareMade,
    ShareSaid,
    ShareWish,
    VerdictPage,
    clean,
)
from ..uploads import Upload
from .common import PICTURE_PROBLEMS, AtDesk, may_answer, png

router = APIRouter(tags=["saved verdicts"])
Limit = Annotated[int, Query(ge=1, le=200, description="Entries in one page.")]
After = Annotated[str | None, Query(max_length=200, description="Cursor of the last page.")]
Distance = Annotated[int, Query(ge=0, le=MOST_DISTANCE, description="Bits of 64 that may differ.")]
Name = Annotated[str, Query(max_length=MAX_NAME, description="How you call yourself where several share a key.")]
Blind = Annotated[bool, Query(description="Hide decisions of others until you decided; the setting may ask for it.")]
readers = Depends(require("read", "review"))
USUAL_DISTANCE = 6


@router.get("/v1/verdicts", summary="Saved verdicts, newest first", response_model=VerdictPage,
            responses=may_answer(422, 503))  # fmt: skip
async def find(
    desk: AtDesk,
    caller: Asking,
    after: After = None,
    limit: Limit = 50,
    answer: Annotated[Answer | None, Query(description="Only this answer.")] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="The begin of a sha256, an id, or part of a name or note.")
    ] = None,
) -> Response:
    """Pages by cursor: ask again with `after` of the last answer, or follow the header `Link: <...>; rel="next"`.

    What stands in `q` is looked for as it is: no character in it has a meaning of its own.
    """
    words = shown(q or "", 200)
    page = await asyncio.to_thread(desk.store.verdicts.page, caller.owner, after, limit, answer, words)
    asked = {"limit": str(limit), **({"answer": answer.value} if answer else {}), **({"q": words} if words else {})}
    return paged(desk, page, "/v1/verdicts", asked)


@router.get("/v1/verdicts/counts", summary="How many verdicts are saved", responses=may_answer(503))
async def counts(desk: AtDesk, caller: Asking) -> Counts:
    """In all and by answer, of the caller's own."""
    found = await asyncio.to_thread(desk.store.verdicts.counts, caller.owner)
    return Counts(total=sum(found.values()), answers=found)


@router.post("/v1/verdicts/delete", summary="Delete several saved verdicts", responses=may_answer(422, 503))
async def delete_several(ids: Ids, desk: AtDesk, caller: Asking) -> Deleted:
    """Removes them for good, with all that belongs to them, as `DELETE` does with one."""
    gone = await asyncio.to_thread(desk.store.removal.verdicts, caller.owner, list(dict.fromkeys(ids.ids)))
    if gone and caller.by_key:
        await asyncio.to_thread(desk.store.audit.record, caller.owner, "delete verdicts", f"{len(gone)} of them")
    return Deleted(deleted=gone, not_found=tuple(one for one in ids.ids if one not in gone))


@router.get("/v1/verdicts/{verdict_id}", summary="One saved verdict", response_model=Verdict,
            responses=may_answer(404, 422, 503), dependencies=[readers])  # fmt: skip
async def read(
    verdict_id: str,
    desk: AtDesk,
    caller: Asking,
    form: Annotated[Literal["json", "text"], Query(alias="format", description="text: a few plain lines.")] = "json",
) -> Response:
    """The verdict as it was given, or with `format=text` in a few lines to paste into a mail."""

    def look() -> Verdict:
        return desk.store.verdicts.get(owner_within_reach(desk.store, caller, verdict_id), verdict_id)

    verdict = await asyncio.to_thread(look)
    if form == "text":
        return Response(verdict.to_text(verdict.external_id) + "\n", media_type="text/plain; charset=utf-8")
    return Response(verdict.to_json(), media_type="application/json")


@router.delete("/v1/verdicts/{verdict_id}", summary="Delete a saved verdict", status_code=204,
               responses=may_answer(404, 422, 503))  # fmt: skip
async def delete(verdict_id: str, desk: AtDesk, caller: Asking) -> Response:
    """Removes it for good, with its picture, links, feedback, decisions and the kept answers that tell of it."""
    if not await asyncio.to_thread(desk.store.removal.verdicts, caller.owner, [verdict_id]):
        raise not_found()
    return Response(status_code=204)


@router.get("/v1/verdicts/{verdict_id}/kept", summary="What is kept beside a verdict",
            responses=may_answer(404, 422, 503))  # fmt: skip
async def kept(verdict_id: str, desk: AtDesk, caller: Asking) -> KeptFacts:
    """Its note, whether the picture is kept, and for how many days more."""
    found = await asyncio.to_thread(desk.store.verdicts.kept, caller.owner, verdict_id)
    return KeptFacts.of(found, desk.settings)


@router.patch("/v1/verdicts/{verdict_id}", summary="Note something beside a verdict",
              responses=may_answer(404, 422, 503))  # fmt: skip
async def describe(verdict_id: str, said: Description, desk: AtDesk, caller: Asking) -> KeptFacts:
    """Sets the note, or puts the verdict and its kept picture before reviewers; what is left out stays as it is."""
    change = partial(desk.store.verdicts.describe, caller.owner, verdict_id, **said.model_dump(exclude_unset=True))
    return KeptFacts.of(await asyncio.to_thread(change), desk.settings)


@router.get("/v1/verdicts/{verdict_id}/picture.png", summary="The kept picture, made anew",
            response_class=Response, responses={**png(), **may_answer(404, *PICTURE_PROBLEMS)},
            dependencies=[readers])  # fmt: skip
async def picture(
    verdict_id: str,
    desk: AtDesk,
    caller: Asking,
    max_side: Annotated[int, Query(ge=16, le=4096, description="Longest side in pixels.")] = 2048,
) -> Response:
    """A PNG from its pixels alone: upright, without metadata, never the bytes that came in."""

    def look() -> bytes:
        return desk.store.pictures.read(owner_within_reach(desk.store, caller, verdict_id), verdict_id)

    upload = Upload("The kept picture", await asyncio.to_thread(look))
    made = await desk.make(upload, "http", partial(takeaways.clean_copy, max_side=max_side))
    return Response(made, media_type="image/png")


@router.get("/v1/verdicts/{verdict_id}/near", summary="Saved pictures that look like this one",
            responses=may_answer(404, 422, 503))  # fmt: skip
async def near(
    verdict_id: str,
    desk: AtDesk,
    caller: Asking,
    distance: Distance = USUAL_DISTANCE,
    reviewer: Name = "",
    blind: Blind = False,
) -> NearPictures:
    """Those among your own saved verdicts, by perceptual hash; other crops, turns and mirrors are not found.

    Each with the last decision on it; where the review is blind, that of others only once you decided on it yourself.
    """

    def look() -> NearPictures:
        facts = desk.store.verdicts.get(caller.owner, verdict_id).input
        assert facts is not None, "only the verdict of an examined file is saved"
        return _near_to(desk, asking(caller, reviewer), facts.phash, distance, blind=blind, but=verdict_id)

    return await asyncio.to_thread(look)


@router.get("/v1/near", summary="Saved pictures near a perceptual hash", responses=may_answer(422, 503))
async def near_hash(
    desk: AtDesk,
    caller: Asking,
    phash: Annotated[
        str, Query(pattern="^[0-9a-f]{16}$", description="`input.phash` of any verdict.", examples=["9a3c5e7081f2d4b6"])
    ],
    distance: Distance = USUAL_DISTANCE,
    reviewer: Name = "",
    blind: Blind = False,
) -> NearPictures:
    """The same for a verdict that is not saved."""
    look = partial(_near_to, desk, asking(caller, reviewer), phash, distance, blind=blind)
    return await asyncio.to_thread(look)


@router.post("/v1/verdicts/{verdict_id}/share", summary="Share a verdict by a link", status_code=201,
             responses=may_answer(404, 422, 503))  # fmt: skip
async def share(verdict_id: str, wish: ShareWish, desk: AtDesk, caller: Asking) -> ShareMade:
    """Whoever has the link can read the verdict, never its picture, name or note, until it expires or is taken back."""
    return ShareMade.of(*await asyncio.to_thread(desk.store.shares.make, caller.owner, verdict_id, wish.days))


@router.get("/v1/verdicts/{verdict_id}/shares", summary="The links to a verdict", responses=may_answer(404, 422, 503))
async def shares(verdict_id: str, desk: AtDesk, caller: Asking) -> ShareList:
    """Those that are good now. Their addresses are not told again."""
    found = await asyncio.to_thread(desk.store.shares.of, caller.owner, verdict_id)
    return ShareList(shares=tuple(map(ShareSaid.model_validate, found)))


@router.delete("/v1/verdicts/{verdict_id}/shares/{share_id}", summary="Take a link back", status_code=204,
               responses=may_answer(404, 422, 503))  # fmt: skip
async def take_back(verdict_id: str, share_id: str, desk: AtDesk, caller: Asking) -> Response:
    """It is good no longer, at once."""
    await asyncio.to_thread(desk.store.shares.take_back, caller.owner, verdict_id, share_id)
    return Response(status_code=204)


@router.get("/v1/shared/{token}", summary="A shared verdict", response_model=Verdict, responses=may_answer(404, 503))
async def shared(token: str, desk: AtDesk) -> Response:
    """The verdict behind a link, without the name that its owner gave it. Needs no key."""
    return Response(
        (await asyncio.to_thread(desk.store.shares.verdict, token)).to_json(), media_type="application/json"
    )


def paged(desk: Desk, page: Page, path: str, asked: dict[str, str]) -> Response:
    """One page with what is kept beside each verdict, and the link to the next one."""
    facts = tuple(KeptFacts.of(one, desk.settings) for one in page.kept)
    said = VerdictPage(verdicts=page.verdicts, kept=facts, after=page.after)
    following = {} if page.after is None else {"after": page.after, **asked}
    link = {"Link": f'<{path}?{urlencode(following)}>; rel="next"'} if following else {}
    return JSONResponse(said.model_dump(mode="json"), headers=link)


def _near_to(
    desk: Desk, reviewer: Reviewer, phash: str, distance: int, *, blind: bool, but: str | None = None
) -> NearPictures:
    """What looks alike among the verdicts of the key of `reviewer`, and who decided on it, as far as they may see."""
    found = desk.store.verdicts.near(reviewer.key, phash, distance, but=but)
    hides = blind or desk.settings.blind_review
    last = desk.store.decisions.last_of("verdict", [one.id for one in found], reviewer, blind=hides)
    decided = {one: (facts.reviewer.shown, facts.decision) for one, facts in last.items()}
    return NearPictures(near=tuple(NearPicture.of(one, *decided.get(one.id, (None, None))) for one in found))


def asking(caller: Caller, name: str) -> Reviewer:
    """Who asks: the key, and the name that its user goes by."""
    return Reviewer(caller.owner, str(clean(name) or ""))
