"""What can be wrong with a request, or with the way to a service."""

from __future__ import annotations

from .base import BrushworkError


class ServiceError(BrushworkError):
    """The service cannot take this request."""


class RequestRefused(ServiceError):
    """The request itself is not acceptable: a part is missing, or it was meant for another host."""

    slug = "bad-request"
    title = "The request cannot be understood"
    status = 400


class ForeignRequest(ServiceError):
    """A page of another site sent it through somebody's browser."""

    slug = "forbidden"
    title = "Not from that page"
    status = 403


class Unauthenticated(ServiceError):
    """There is no key, or it is unknown, expired or revoked."""

    slug = "unauthenticated"
    title = "No good key"
    status = 401


class NotAllowed(ServiceError):
    """The key is good and lacks the scope."""

    slug = "forbidden"
    title = "Not allowed"
    status = 403


class NotFound(ServiceError):
    """Nothing has that id, or it belongs to somebody else: both are told alike."""

    slug = "not-found"
    title = "Nothing is here"
    status = 404


class IdempotencyConflict(ServiceError):
    """The idempotency key was used for another request."""

    slug = "idempotency-conflict"
    title = "The idempotency key was used before"
    status = 422


class IdempotencyInFlight(IdempotencyConflict):
    """The first request with that idempotency key is not done yet."""

    status = 409


class TooOften(ServiceError):
    """The caller sent more than its limit; `wait_s` are the seconds after which one more is taken."""

    slug = "rate-limited"
    title = "Too many requests"
    status = 429

    def __init__(self, detail: str, advice: str = "", wait_s: int = 1) -> None:
        self.wait_s = wait_s
        super().__init__(detail, advice)


class RequestTooSlow(ServiceError):
    """The body did not arrive in time."""

    slug = "request-timeout"
    title = "The upload took too long"
    status = 408


class ArchiveRefused(ServiceError):
    """A zip is damaged, encrypted, too large, or names places outside itself. Nothing of it was taken."""

    slug = "archive-refused"
    title = "The archive cannot be taken"
    status = 422


class BatchConflict(ServiceError):
    """The batch or its item is in a state that does not allow what was asked."""

    slug = "batch-conflict"
    title = "Not in this state"
    status = 409


class RecordConflict(ServiceError):
    """What was asked for is there already, or what is there does not allow it."""

    slug = "conflict"
    title = "Not as things stand"
    status = 409


class SpoolFull(ServiceError):
    """There is no room, or no folder, to keep uploads in until their turn comes."""

    slug = "spool-full"
    title = "No room for uploads"
    status = 503


class QueueFull(ServiceError):
    """As many pictures wait as may wait."""

    slug = "rate-limited"
    title = "Too busy just now"
    status = 429


class WebhookInvalid(BrushworkError):
    """A webhook's signature does not match its body, or its time is too far from now."""

    slug = "webhook-invalid"
    title = "The webhook is not genuine"
    status = 400


class ServiceUnreachable(BrushworkError):
    """A client got no answer from the service, as often as it tried."""

    slug = "service-unreachable"
    title = "The service does not answer"
    status = 503
