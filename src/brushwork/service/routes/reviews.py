"""What people say about verdicts: feedback, which waits for a reviewer, and decisions on pictures."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from ...store.decisions import Picture, Reviewer, Subject, unseen_before_own
from ...store.feedback import State
from ..callers import LOCAL, Asking, Caller, require
from ..desk import Desk
from ..feedback_desk import FeedbackDesk, read_feedback
from ..reaching import owner_within_reach
from ..record_schemas import VerdictPage
from ..review_schemas import (
    DecisionList,
    DecisionSaid,
    DecisionWish,
    DisagreementList,
    DisagreementSaid,
    FeedbackDecision,
    FeedbackPage,
    FeedbackSaid,
    FeedbackWish,
)
from .common import AtDesk, form_with, may_answer
from .saved import After, Blind, Limit, Name, asking, paged, readers

router = APIRouter()
reviewers = Depends(require("review"))


def feedback_body() -> dict[str, object]:
    """The OpenAPI description of feedback: as JSON, or as a form that brings the picture along."""
    shape, form = FeedbackWish.model_json_schema(), form_with("image")
    form["requestBody"]["content"]["application/json"] = {"schema": shape}
    fields = form["requestBody"]["content"]["multipart/form-data"]["schema"]
    fields["properties"] |= shape["properties"]
    fields["required"] += shape["required"]
    return form


@router.post("/v1/verdicts/{verdict_id}/feedback", summary="Say what the picture is", status_code=201,
             tags=["feedback"], responses=may_answer(404, 409, 413, 415, 422, 429, 503),
             openapi_extra=feedback_body(), response_model=FeedbackSaid)  # fmt: skip
async def give(verdict_id: str, request: Request, desk: AtDesk, caller: Asking) -> FeedbackSaid:
    """Label, how you know, a note, and two separate consents. It waits for a reviewer and never trains by itself.

    Send JSON, or a form that has the picture in the part `image`: `consent_store_image` needs the picture, either kept
    already (`save_picture=true`) or sent along, and the same file that the verdict is about.
    """
    wish, upload = await read_feedback(request, desk.settings)
    return await asyncio.to_thread(FeedbackDesk(desk).give, caller.owner, verdict_id, wish, upload)


@router.get("/v1/verdicts/{verdict_id}/feedback", summary="The feedback on a verdict", tags=["feedback"],
            responses=may_answer(404, 422, 503))  # fmt: skip
async def read(verdict_id: str, desk: AtDesk, caller: Asking) -> FeedbackSaid:
    """What you said, and what the reviewer made of it."""
    return FeedbackSaid.of(await asyncio.to_thread(desk.store.feedback.of, caller.owner, verdict_id))


@router.delete("/v1/verdicts/{verdict_id}/feedback", summary="Take feedback back", status_code=204,
               tags=["feedback"], responses=may_answer(404, 422, 503))  # fmt: skip
async def undo(verdict_id: str, desk: AtDesk, caller: Asking) -> Response:
    """Removes it for good, and the picture where it was kept for the feedback alone."""
    await asyncio.to_thread(FeedbackDesk(desk).undo, caller.owner, verdict_id)
    return Response(status_code=204)


@router.get("/v1/feedback", summary="Feedback of everybody", tags=["feedback"], dependencies=[reviewers],
            responses=may_answer(422, 503))  # fmt: skip
async def find(
    desk: AtDesk,
    state: Annotated[State | None, Query(description="Only in this state.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> FeedbackPage:
    """For reviewers, newest first; `state=new` is what waits for one."""
    found, more = await asyncio.to_thread(desk.store.feedback.page, state, after, limit)
    return FeedbackPage(feedback=tuple(map(FeedbackSaid.of, found)), after=more)


@router.post("/v1/feedback/{feedback_id}/decision", summary="Accept or reject feedback", tags=["feedback"],
             dependencies=[reviewers], responses=may_answer(404, 422, 503))  # fmt: skip
async def decide(feedback_id: str, wish: FeedbackDecision, desk: AtDesk, caller: Asking) -> FeedbackSaid:
    """Nobody reviews their own feedback, except where nobody is asked for a key. Deciding again replaces it."""
    return await asyncio.to_thread(FeedbackDesk(desk).decide, feedback_id, caller.owner, wish, caller.owner == LOCAL)


@router.get("/v1/review", summary="Verdicts that were put up for review", response_model=VerdictPage,
            tags=["review"], dependencies=[reviewers], responses=may_answer(422, 503))  # fmt: skip
async def queue(desk: AtDesk, after: After = None, limit: Limit = 50) -> Response:
    """Of every owner, newest first. Their notes are told too: the owner put them before reviewers."""
    page = await asyncio.to_thread(desk.store.verdicts.page_for_review, after, limit)
    return paged(desk, page, "/v1/review", {"limit": str(limit)})


@router.post("/v1/verdicts/{verdict_id}/decisions", summary="Decide on a picture", status_code=201, tags=["review"],
             dependencies=[Depends(require("write", "review"))], responses=may_answer(404, 422, 503))  # fmt: skip
async def add(verdict_id: str, wish: DecisionWish, desk: AtDesk, caller: Asking) -> DecisionSaid:
    """As its owner, or as a reviewer where the owner put it up for review. Decisions are only ever added."""

    def write() -> DecisionSaid:
        picture = Picture(owner_within_reach(desk.store, caller, verdict_id), "verdict", verdict_id)
        return _decided(desk, picture, caller, wish)

    return await asyncio.to_thread(write)


@router.get("/v1/verdicts/{verdict_id}/decisions", summary="The decisions on a picture", tags=["review"],
            dependencies=[readers], responses=may_answer(404, 422, 503))  # fmt: skip
async def decisions(
    verdict_id: str, desk: AtDesk, caller: Asking, reviewer: Name = "", blind: Blind = False
) -> DecisionList:
    """Oldest first. Where the review is blind, those of others are only counted until you decided."""

    def look() -> DecisionList:
        owner_within_reach(desk.store, caller, verdict_id)
        return _seen(desk, "verdict", verdict_id, asking(caller, reviewer), blind=blind)

    return await asyncio.to_thread(look)


@router.post("/v1/batches/{batch_id}/items/{item_id}/decisions", summary="Decide on a picture of a batch",
             status_code=201, tags=["review"], responses=may_answer(404, 422, 503))  # fmt: skip
async def add_to_item(batch_id: str, item_id: str, wish: DecisionWish, desk: AtDesk, caller: Asking) -> DecisionSaid:
    """As the owner of the batch; it is gone when the batch is deleted. Decisions are only ever added."""

    def write() -> DecisionSaid:
        item = desk.store.batches.item(caller.owner, batch_id, item_id)
        return _decided(desk, Picture(caller.owner, "item", item.id), caller, wish)

    return await asyncio.to_thread(write)


@router.get("/v1/batches/{batch_id}/items/{item_id}/decisions", summary="The decisions on a picture of a batch",
            tags=["review"], responses=may_answer(404, 422, 503))  # fmt: skip
async def decisions_on_item(
    batch_id: str, item_id: str, desk: AtDesk, caller: Asking, reviewer: Name = "", blind: Blind = False
) -> DecisionList:
    """Oldest first, and blind, as for a saved verdict."""

    def look() -> DecisionList:
        item = desk.store.batches.item(caller.owner, batch_id, item_id)
        return _seen(desk, "item", item.id, asking(caller, reviewer), blind=blind)

    return await asyncio.to_thread(look)


@router.get("/v1/disagreements", summary="Pictures on which reviewers disagree", tags=["review"],
            dependencies=[readers], responses=may_answer(422, 503))  # fmt: skip
async def disagreements(
    desk: AtDesk, caller: Asking, reviewer: Name = "", blind: Blind = False, limit: Limit = 50
) -> DisagreementList:
    """Your own, and those put up for review for a reviewer; where the review is blind, only those you decided on."""

    def look() -> DisagreementList:
        found = desk.store.decisions.disagreements(caller.owner, reviews="review" in caller.scopes, limit=limit)
        who, hides = asking(caller, reviewer), blind or desk.settings.blind_review
        open_to = [one for one in found if not unseen_before_own(one.decisions, who, blind=hides)[1]]
        return DisagreementList(disagreements=tuple(map(DisagreementSaid.of, open_to)))

    return await asyncio.to_thread(look)


def _decided(desk: Desk, picture: Picture, caller: Caller, wish: DecisionWish) -> DecisionSaid:
    """Write a decision down. Blocks."""
    reviewer = Reviewer(caller.owner, wish.reviewer)
    return DecisionSaid.of(desk.store.decisions.add(picture, reviewer, wish.decision, wish.note))


def _seen(desk: Desk, subject: Subject, subject_id: str, reviewer: Reviewer, *, blind: bool) -> DecisionList:
    """What `reviewer` may see of the decisions on one picture. Blocks."""
    every = desk.store.decisions.of(subject, subject_id)
    seen, hidden = unseen_before_own(every, reviewer, blind=blind or desk.settings.blind_review)
    return DecisionList(decisions=tuple(map(DecisionSaid.of, seen)), hidden=hidden)
