"""What a person keeps: the annotated picture, the signed case file, and the key that signed it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ... import __version__, takeaways
from ...report.batch import Row, Word, batch_html
from ...report.casefile import CaseFile, Note, Shown, case_file, trust_of
from ...report.keys import ALGORITHM, signing_key
from ...report.make import MEDIA_TYPES, Form, written
from ...store.decisions import DecisionFacts, Reviewer, by_picture, standing, unseen_before_own
from ...text import shown
from ...verdict import Verdict
from ..callers import Asking, Caller
from ..desk import Desk
from ..kept import made_of_kept, picture_if_kept, saved_verdict
from ..limits import limits_of
from ..schemas import Instance
from ..uploads import read_form
from .common import PICTURE_PROBLEMS, AtDesk, channel_of, form_with, may_answer, png
from .saved import Blind, Name, asking, readers

router = APIRouter(tags=["reports"])

_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()}}
}
_OF_SAVED: Final = (404, 422, 429, 500, 503)
_AT_ONCE: Final = 200
DECISIONS: Final = {
    "accept": "Accept",
    "refuse": "Refuse",
    "ask_for_originals": "Ask for originals",
    "escalate": "Escalate",
    "skip": "Skip",
    "take_back": "Took the decision back",
}


def _picture_and_note() -> dict[str, Any]:
    described = form_with("image")
    properties = described["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    properties["note"] = {"type": "string", "description": "What the case file shall say beside the verdict."}
    return described


@router.get(
    "/v1/verdicts/{verdict_id}/annotated.png",
    summary="A kept picture with its verdict printed under it",
    response_class=Response,
    responses={**png(), **may_answer(*_OF_SAVED)},
    dependencies=[readers],
)
async def annotated(verdict_id: str, desk: AtDesk, caller: Asking) -> Response:
    """A PNG made anew from the pixels, for a verdict whose picture was kept."""
    saved = await saved_verdict(desk, caller, verdict_id)
    made = await made_of_kept(desk, saved, partial(takeaways.annotated, verdict=saved.verdict))
    return Response(made, media_type="image/png")


@router.get(
    "/v1/verdicts/{verdict_id}/report.{form}",
    summary="The case file of a saved verdict",
    response_class=Response,
    responses={**_FILES, **may_answer(*_OF_SAVED)},
    dependencies=[readers],
)
async def report(verdict_id: str, form: Form, desk: AtDesk, caller: Asking) -> Response:
    """One file to keep, signed with the key of this service: an HTML page that opens offline, a PDF, or JSON.

    It has the picture where that was kept, and the decisions and the note beside the verdict. Anyone with Brushwork can
    check it: `brushwork report verify FILE --picture PICTURE`.
    """
    saved = await saved_verdict(desk, caller, verdict_id)
    verdict, picture = saved.verdict, await picture_if_kept(desk, saved)
    images = Shown()
    if picture is not None:
        _, images = await desk.make(picture, verdict.channel, partial(takeaways.prepared, verdict=verdict))
    kept = await asyncio.to_thread(desk.store.verdicts.kept, saved.owner, verdict_id)
    case = case_file(
        verdict,
        name=verdict.external_id,
        note=kept.note or "",
        asked_by=caller.label,
        trust_list=await asyncio.to_thread(trust_of, desk.settings),
        decisions=await asyncio.to_thread(_decisions, desk, caller, verdict_id),
    )
    return await _file(desk, case, images, form)


@router.post(
    "/v1/reports",
    summary="Examine a picture for a case file",
    response_class=Response,
    responses={**_FILES, **may_answer(*PICTURE_PROBLEMS)},
    openapi_extra=_picture_and_note(),
)
async def make(
    request: Request,
    desk: AtDesk,
    caller: Asking,
    form: Annotated[Form, Query(description="The form of the file.")] = Form.HTML,
    stability: Annotated[bool, Query(description="Examine eight re-encodings as well.")] = False,
) -> Response:
    """Send the picture as the part `image`, and a `note` if there is something to say. Nothing is kept."""
    desk.admit()
    if stability:
        limits_of(request).probe(request)
    sent = await read_form(request, desk.settings, "image", 1)
    picture = sent.uploads[0]
    task = partial(takeaways.prepared, stability=stability)
    verdict, images = await desk.make(picture, channel_of(request), task)
    desk.metrics.verdict(verdict)
    note = sent.fields.get("note", "")
    trusted = await asyncio.to_thread(trust_of, desk.settings)
    case = case_file(verdict, name=picture.name, note=note, asked_by=caller.label, trust_list=trusted)
    return await _file(desk, case, images, form)


@router.get(
    "/v1/batches/{batch_id}/report.html",
    summary="One page from a batch",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}, **may_answer(404, 422, 503)},
    tags=["batches"],
)
async def batch_report(
    batch_id: str, desk: AtDesk, caller: Asking, reviewer: Name = "", blind: Blind = False
) -> Response:
    """What was answered so far, how the scores lie, the expected false accusations and each picture with what people
    decided on it; opens offline. Where the review is blind, the decisions of others wait for your own."""
    who, hides = asking(caller, reviewer), blind or desk.settings.blind_review

    def make() -> bytes:
        facts = desk.store.batches.get(caller.owner, batch_id)
        said = by_picture(desk.store.decisions.of_batch(batch_id))
        seen = {item: unseen_before_own(some, who, blind=hides) for item, some in said.items()}
        return batch_html(_rows(desk, caller, batch_id, seen), f"Batch of {facts.created_at:%Y-%m-%d %H:%M} UTC")

    return _to_save(await asyncio.to_thread(make), f"brushwork-batch-{batch_id}.html", MEDIA_TYPES[Form.HTML])


@router.get("/v1/instance", summary="Who signs the reports of this service", response_model=Instance,
            responses=may_answer(503))  # fmt: skip
async def instance(desk: AtDesk) -> Instance:
    """The public half of the key. Compare it with that of a case file to know that it came from here."""
    key = await asyncio.to_thread(signing_key, desk.settings)
    return Instance(version=__version__, algorithm=ALGORITHM, key_id=key.public.id, public_key=key.public.text)


async def _file(desk: Desk, case: CaseFile, images: Shown, form: Form) -> Response:
    """The signed file as something to save: what it shows is not a page of this service."""

    def make() -> bytes:
        return written(case, images, signing_key(desk.settings), form)

    return _to_save(await asyncio.to_thread(make), f"brushwork-{_stamp(case.verdict)}.{form}", MEDIA_TYPES[form])


def _to_save(data: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)


def _rows(
    desk: Desk, caller: Caller, batch_id: str, seen: Mapping[str, tuple[tuple[DecisionFacts, ...], int]]
) -> tuple[Row, ...]:
    """The pictures of the batch that have a result, in order; `seen`: the decisions on them to show, and how many are
    hidden."""
    rows: list[Row] = []
    found = desk.store.batches.items(caller.owner, batch_id, limit=_AT_ONCE)
    while found:
        rows += [
            _row(shown(item.external_id or item.url or item.id, 200), item.verdict, *seen.get(item.id, ((), 0)))
            for item in found
            if item.verdict
        ]
        found = desk.store.batches.items(caller.owner, batch_id, after=found[-1].position, limit=_AT_ONCE)
    return tuple(rows)


def _row(name: str, verdict: Verdict, decisions: tuple[DecisionFacts, ...], hidden: int) -> Row:
    words = (Word(DECISIONS[d.decision], d.reviewer.shown, d.note, d.created_at) for d in standing(decisions))
    return Row(name, verdict, tuple(words), hidden)


def _stamp(verdict: Verdict) -> str:
    digest = verdict.input.sha256 if verdict.input else None
    return (digest or verdict.id)[:12]


def _decisions(desk: Desk, caller: Caller, verdict_id: str) -> tuple[Note, ...]:
    every = desk.store.decisions.of("verdict", verdict_id)
    seen, _ = unseen_before_own(every, Reviewer(caller.owner), blind=desk.settings.blind_review)
    return tuple(
        Note(
            text=DECISIONS[one.decision] + (f": {one.note}" if one.note else ""),
            at=one.created_at,
            by=one.reviewer.name or None,
        )
        for one in seen
    )
