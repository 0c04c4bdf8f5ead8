"""Errors as RFC 9457 problem documents: one entry per kind, each with a page of its own at /problems/<slug>."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from ..errors import BrushworkError, BundleError, TooOften
from ..picture import Limits
from ..report.make import makes_pdf
from ..text import shown
from .entry import is_api
from .page import Shell, compare_page, gone_page, problem_page
from .schemas import FieldProblem, Problem

MEDIA_TYPE: Final = "application/problem+json"
CHECK_FORM, COMPARE_FORM, BATCH_FORM = "/check", "/compared", "/batch/send"
FORMS: Final[Mapping[str, Callable[[Shell, Mapping[str, Any]], str]]] = {
    CHECK_FORM: problem_page, COMPARE_FORM: compare_page, BATCH_FORM: gone_page,
}  # fmt: skip
"""Where plain forms post to, and the page that says what went wrong with one."""
RETRY_AFTER_S: Final = 2


@dataclass(frozen=True)
class Kind:
    """One kind of problem: `slug` in its address, `status` of the answer (`also` others), what it means, what helps."""

    slug: str
    status: int
    title: str
    means: str
    also: tuple[int, ...] = ()


KINDS: Final[tuple[Kind, ...]] = (
    Kind("bad-request", 400, "The request cannot be understood",
         "A part is missing, a value is not one that is allowed, or the Host header names a host that is not served."),
    Kind("unauthenticated", 401, "No good key",
         "This service asks for a key, and there was none, or one that is unknown, expired or revoked. Send it as "
         "`Authorization: Bearer bw_...`."),
    Kind("forbidden", 403, "Not allowed",
         "The key lacks the scope that the route needs, or a page of another site sent the request through a browser."),
    Kind("not-found", 404, "Nothing is here",
         "No verdict or batch is kept under that id, no bundle has that name, or the address does not exist."),
    Kind("method-not-allowed", 405, "Not with that method",
         "The address exists, but does not take that method. The reference at /docs lists what it takes."),
    Kind("request-timeout", 408, "The upload took too long",
         "The body of the request stopped arriving. Send it again, over a faster connection or as a smaller file."),
    Kind("batch-conflict", 409, "Not in this state",
         "The batch takes no more pictures, is at its end, or its picture did not fail. Look at its state first."),
    Kind("conflict", 409, "Not as things stand",
         "What was asked for is there already, or something else has to be done first; the detail says what."),
    Kind("image-too-large", 413, "The file is too large",
         "The file, the metadata inside it or the whole request has more bytes than the limit. Send a smaller one."),
    Kind("unsupported-media-type", 415, "Not a picture that can be read here",
         "The bytes are not of a picture format that is read here. The type is told by content, never by the name."),
    Kind("image-corrupt", 422, "The picture is damaged or empty",
         "The file is empty, ends early or does not decode. Open it in a viewer, or get the original again."),
    Kind("too-many-pixels", 422, "The picture has too many pixels",
         "Its header announces more pixels than are examined. A crop at native scale is better than a smaller copy."),
    Kind("examination-timeout", 422, "The examination took too long",
         "The picture needed more than the time limit and was stopped. Send a smaller one."),
    Kind("archive-refused", 422, "The archive cannot be taken",
         "The zip is damaged, encrypted, holds another archive, names places outside of it or unpacks to too much. "
         "Nothing of it was taken; send the pictures themselves."),
    Kind("invalid-value", 422, "A value is not allowed",
         "A parameter of the request has a value that is not allowed; `errors` names it."),
    Kind("url-blocked", 422, "That address is not fetched",
         "It leads to nothing that may be fetched and answers: only public machines are called, over http or https, on "
         "the ports 80 and 443. Send the picture itself."),
    Kind("idempotency-conflict", 422, "The idempotency key was used before",
         "422: the same `Idempotency-Key` came with another request before; take a new one. 409: the first request "
         "with it is not done yet; send it again later.", also=(409,)),
    Kind("rate-limited", 429, "Too busy just now",
         "As many pictures wait as may wait, or the caller sent more than its limit. Send it again after the seconds "
         "in `Retry-After`."),
    Kind("internal-error", 500, "Something went wrong",
         "A mistake in Brushwork. Report it with the request id; the log names the place."),
    Kind("url-fetch-failed", 502, "The address gave no picture",
         "The server at that address was called, but what it gave is no picture. Send the picture itself."),
    Kind("model-not-ready", 503, "The forensic model cannot be used",
         "The bundle is missing, damaged or made for another version. `brushwork doctor` says which."),
    Kind("form-not-installed", 501, "This form of report is not installed",
         "Case files as PDF are written by a package that this installation lacks. Ask for HTML or JSON."),
    Kind("signing-not-ready", 503, "Reports cannot be signed",
         "The service has no key to sign with, or one that is not fit: see BRUSHWORK_SIGNING_FOLDER in the settings."),
    Kind("store-not-ready", 503, "The store cannot be used",
         "The database is away, or older than this version: run `brushwork db upgrade`."),
    Kind("spool-full", 503, "No room for uploads",
         "There is too little room to keep the pictures until their turn comes. Send them later, or fewer at once."),
    Kind("worker-lost", 503, "The examination was cut off",
         "The process that examined the picture died and was replaced. Send it again."),
    Kind("url-timeout", 504, "The address took too long",
         "The server at that address did not answer in full in time. Try again, or send the picture itself."),
)  # fmt: skip

BY_SLUG: Final[Mapping[str, Kind]] = {kind.slug: kind for kind in KINDS}
_BY_STATUS: Final[Mapping[int, str]] = {
    400: "bad-request", 403: "forbidden", 404: "not-found", 405: "method-not-allowed", 413: "image-too-large",
    415: "unsupported-media-type", 422: "invalid-value", 503: "model-not-ready",
}  # fmt: skip


def problem(
    slug: str,
    detail: str,
    *,
    instance: str,
    request_id: str,
    errors: tuple[FieldProblem, ...] = (),
    status: int | None = None,
) -> Problem:
    """The document for the kind `slug`; `detail` says what happened to which input and what to do next."""
    kind = BY_SLUG[slug]
    return Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=status or kind.status,
        detail=detail,
        instance=shown(instance, 200),
        errors=errors,
        request_id=request_id,
    )


def problem_of(error: Exception, *, instance: str, request_id: str) -> Problem:
    """The document for `error`. What is not one of ours says nothing of itself: no path, no library's text."""
    if isinstance(error, BrushworkError) and error.slug in BY_SLUG:
        return problem(error.slug, _told(error), instance=instance, request_id=request_id, status=error.status)
    if isinstance(error, RequestValidationError):
        wrong = tuple(FieldProblem(field=_field(e), detail=shown(str(e["msg"]), 200)) for e in error.errors())
        detail = "; ".join(f"{e.field}: {e.detail}" for e in wrong)
        return problem("invalid-value", detail, instance=instance, request_id=request_id, errors=wrong)
    if isinstance(error, HTTPException) and error.status_code in _BY_STATUS:
        slug = _BY_STATUS[error.status_code]
        return problem(slug, BY_SLUG[slug].means, instance=instance, request_id=request_id)
    detail = f"Brushwork made a mistake. Report it with the request id {request_id}; the log names the place."
    return problem("internal-error", detail, instance=instance, request_id=request_id)


def answer(scope: Scope, error: Exception) -> Response:
    """The response to `error`, with Retry-After where trying again helps; a page where the plain form asked."""
    found = problem_of(error, instance=scope["path"], request_id=scope["state"]["request_id"])
    headers = _headers(found.status, error)
    if isinstance(error, HTTPException) and error.headers:
        headers.update(error.headers)  # Allow, for a method that is not taken
    document = found.model_dump(mode="json")
    if scope["path"] in FORMS:
        return HTMLResponse(FORMS[scope["path"]](shell_of(scope["app"]), document), found.status, headers)
    if _is_for_a_person(scope):
        return HTMLResponse(gone_page(shell_of(scope["app"]), document), found.status, headers)
    return JSONResponse(document, found.status, headers, MEDIA_TYPE)


def _headers(status: int, error: Exception) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="Brushwork"'}
    if status in (409, 429, 503):
        return {"Retry-After": str(error.wait_s if isinstance(error, TooOften) else RETRY_AFTER_S)}
    return {}


def _is_for_a_person(scope: Scope) -> bool:
    """True where a browser goes to a page, which then says in words why there is none."""
    asked_for_page = "text/html" in Headers(scope=scope).get("accept", "")
    return (
        scope["method"] == "GET"
        and asked_for_page
        and not is_api(scope["path"])
        and hasattr(scope["app"].state, "desk")
    )


def shell_of(app: FastAPI) -> Shell:
    """What stands around every page of `app`, which has started."""
    desk = app.state.desk
    settings = desk.settings
    return Shell(
        Limits.of(settings), desk.bundle.recipe.name, settings.asks_for_keys, settings.fetches_urls, makes_pdf()
    )


def install(app: FastAPI) -> None:
    """Answer every error that a route raises with its problem document."""
    for kind in (BrushworkError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    return answer(request.scope, error)


def _told(error: BrushworkError) -> str:
    """The error in words. One of a bundle names a folder of the server, which is nobody's business outside."""
    if isinstance(error, BundleError):
        return BY_SLUG[error.slug].means
    return f"{error.detail} {error.advice}".strip()


def _field(error: Mapping[str, Any]) -> str:
    return shown(".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0]), 80)
