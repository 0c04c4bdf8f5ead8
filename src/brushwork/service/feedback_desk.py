"""Takes feedback in: what is said, the picture where its sender consents to keeping it, and the figures."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request

from ..errors import BrushworkError, RecordConflict, RequestRefused
from ..settings import Settings
from ..store.feedback import State
from .desk import Desk
from .outside import is_json, read_json
from .review_schemas import FeedbackDecision, FeedbackSaid, FeedbackWish
from .uploads import Upload, read_form


class FeedbackDesk:
    """The feedback of one service. Each method blocks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._feedback, self._pictures = desk.store.feedback, desk.store.pictures

    def give(self, owner: str, verdict_id: str, wish: FeedbackWish, upload: Upload | None) -> FeedbackSaid:
        """Keep it. Raises VerdictNotFound, RecordConflict or TooOften; nothing is kept then, also no picture."""
        per_day = self._desk.settings.feedback_per_day
        self._feedback.check(owner, verdict_id, per_day)
        if wish.consent_store_image:
            self._keep(owner, verdict_id, upload)
        try:
            facts = self._feedback.give(owner, verdict_id, wish.given, per_day)
        except BrushworkError:
            if wish.consent_store_image and not self._feedback.exists(verdict_id):
                self._pictures.drop(verdict_id, "feedback")
            raise
        self._desk.metrics.feedback(facts.label, agrees=facts.agrees)
        return FeedbackSaid.of(facts)

    def _keep(self, owner: str, verdict_id: str, upload: Upload | None) -> None:
        if upload is None:
            if not self._pictures.keep_for_feedback(verdict_id):
                raise RecordConflict(
                    "The picture was not kept, so it cannot be kept for the feedback.",
                    "Send it along in the part `image`, or give the feedback without that consent.",
                )
            return
        facts = self._desk.store.verdicts.get(owner, verdict_id).input
        if facts is None or facts.sha256 != upload.sha256:
            raise RecordConflict(
                "The picture that was sent along is not the file that the verdict is about.",
                "Send that file, byte for byte, or give the feedback without it.",
            )
        self._pictures.keep(verdict_id, upload.data, "feedback")

    def undo(self, owner: str, verdict_id: str) -> None:
        """Delete it, and the picture that was kept for it alone. Raises VerdictNotFound or NotFound."""
        facts = self._feedback.of(owner, verdict_id)
        self._feedback.undo(owner, verdict_id)
        self._pictures.drop(verdict_id, "feedback")
        self._desk.store.idempotency.forget(owner, facts.id)
        self.measure()

    def decide(self, feedback_id: str, reviewer: str, wish: FeedbackDecision, own: bool) -> FeedbackSaid:
        """Accept or reject it. Raises NotFound or NotAllowed."""
        state: State = "accepted" if wish.decision == "accept" else "rejected"
        facts = self._feedback.decide(feedback_id, reviewer, state, wish.note, own)
        self.measure()
        return FeedbackSaid.of(facts)

    def measure(self) -> None:
        """Work the accuracy out anew: only accepted feedback counts."""
        self._desk.metrics.accuracy(self._feedback.accuracy())


async def read_feedback(request: Request, settings: Settings) -> tuple[FeedbackWish, Upload | None]:
    """What the body says, and the picture where a form brings one. Raises RequestRefused or RequestValidationError."""
    if is_json(request):
        return _checked(await read_json(request)), None
    form = await read_form(request, settings, "image", 1)
    wish = _checked(form.fields)
    if not wish.consent_store_image:
        raise RequestRefused(
            "The picture was sent along without the consent to keep it.", "Add consent_store_image=true, or send JSON."
        )
    return wish, form.uploads[0]


def _checked(given: Any) -> FeedbackWish:
    try:
        return FeedbackWish.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from error
