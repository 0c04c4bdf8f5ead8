"""Everything that can go wrong, in one tree.

    BrushworkError
    ├── PictureError                one picture cannot be examined; the next one can
    │   ├── PictureNotFound         no such file, or no right to read it
    │   ├── PictureEmpty            zero bytes
    │   ├── UnsupportedFormat       not a picture, or a format that is not read here
    │   ├── PictureTooLarge         more bytes than the limit
    │   ├── TooManyPixels           more pixels, or a longer side, than the limit
    │   ├── PictureCorrupt          the file ends early or does not decode
    │   ├── ExaminationTimeout      it took longer than the time limit and was stopped
    │   ├── WorkerLost              the process that examined it died (memory limit, kill)
    │   ├── UrlBlocked              its address may not be called, or nothing answers there
    │   ├── UrlFetchFailed          what its address gave is no picture
    │   └── UrlTimeout              its address did not answer in full in time
    ├── BundleError                 the forensic model cannot be used
    │   ├── BundleNotFound
    │   ├── BundleDamaged           a file does not match its recorded hash
    │   └── BundleUnsupported       made for another version of the format
    ├── SettingsError               a setting is wrong or unsafe
    ├── StoreError                  the database cannot be used
    │   ├── VerdictNotFound
    │   └── BatchNotFound           no such batch, item or delivery of this caller
    ├── ReportError                 a case file cannot be made or read
    │   ├── SigningError            no key to sign with
    │   └── ReportUnusable          not a case file
    ├── ServiceError                the service cannot take this request
    │   ├── RequestRefused          the request itself is not acceptable
    │   ├── ForeignRequest          another site's page sent it
    │   ├── Unauthenticated         no key, or none that is good
    │   ├── NotAllowed              the key lacks the scope
    │   ├── NotFound                nothing has that id, or it is somebody else's
    │   ├── IdempotencyConflict     the same idempotency key came with another request
    │   │   └── IdempotencyInFlight the first request with that idempotency key is not done yet
    │   ├── TooOften                more requests than the caller's limit
    │   ├── RequestTooSlow          its body did not arrive in time
    │   ├── ArchiveRefused          a zip is damaged, or made to do harm
    │   ├── RecordConflict          what was asked for is there already, or waits for something else
    │   ├── BatchConflict           the batch or item is in a state that does not allow it
    │   ├── SpoolFull               there is no room for what would have to wait
    │   └── QueueFull               as many pictures wait as may wait
    ├── WebhookInvalid              a message is not from the service that it says, or not fresh
    ├── ServiceUnreachable          a client got no answer from the service
    └── LabError                    training, measuring or exporting cannot go on

Every message says what happened to which input and what to do next. A library never prints and never exits:
the command line turns these into exit codes, the service into RFC 9457 problem documents.
"""

from __future__ import annotations

from typing import ClassVar


class BrushworkError(Exception):
    """The root. `detail` says what happened to which input, `advice` what to do next.

    `slug` names the kind in URLs and JSON, `title` in words, `status` is the HTTP status that fits it.
    """

    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 500

    def __init__(self, detail: str, advice: str = "") -> None:
        self.detail = detail
        self.advice = advice
        super().__init__(f"{detail} {advice}".strip())

    def __reduce__(self) -> tuple[type[BrushworkError], tuple[str, str]]:
        """Pickle by both parts, so that an error crosses from a worker process unchanged."""
        return (type(self), (self.detail, self.advice))


class PictureError(BrushworkError):
    """One picture cannot be examined; the others of a run can."""

    slug = "image-corrupt"
    title = "The picture cannot be examined"
    status = 422


class PictureNotFound(PictureError):
    """The file is not there, is a folder, or may not be read."""

    slug = "not-found"
    title = "The file cannot be read"
    status = 404


class PictureEmpty(PictureError):
    """The file has no bytes."""

    slug = "image-corrupt"
    title = "The file is empty"


class UnsupportedFormat(PictureError):
    """The bytes are not of a picture format that is read here."""

    slug = "unsupported-media-type"
    title = "Not a picture that can be read here"
    status = 415


class PictureTooLarge(PictureError):
    """The file has more bytes than the limit."""

    slug = "image-too-large"
    title = "The file is too large"
    status = 413


class TooManyPixels(PictureError):
    """The header announces more pixels, or a longer side, than the limit."""

    slug = "too-many-pixels"
    title = "The picture has too many pixels"


class PictureCorrupt(PictureError):
    """The header was read, the rest ends early or does not decode."""

    title = "The picture is damaged"


class ExaminationTimeout(PictureError):
    """The examination was stopped at the time limit."""

    slug = "examination-timeout"
    title = "The examination took too long"


class WorkerLost(PictureError):
    """The worker process died while it held this picture."""

    slug = "worker-lost"
    title = "The examination was cut off"
    status = 503


class UrlBlocked(PictureError):
    """The address may not be called from here, or nothing answers there: which of the two is not told."""

    slug = "url-blocked"
    title = "That address is not fetched"


class UrlFetchFailed(PictureError):
    """The address was called, and what it gave is of no use."""

    slug = "url-fetch-failed"
    title = "The address gave no picture"
    status = 502


class UrlTimeout(PictureError):
    """The address did not answer in full in time."""

    slug = "url-timeout"
    title = "The address took too long"
    status = 504


class BundleError(BrushworkError):
    """The forensic model cannot be used."""

    slug = "model-not-ready"
    title = "The forensic model cannot be used"
    status = 503


class BundleNotFound(BundleError):
    """No bundle lies under that name or path."""


class BundleDamaged(BundleError):
    """A file of the bundle is missing or does not match its recorded hash."""


class BundleUnsupported(BundleError):
    """The bundle was made for another version of the format."""


class SettingsError(BrushworkError):
    """A setting is wrong, or a combination of settings is unsafe."""

    slug = "settings"
    title = "A setting is wrong"


class StoreError(BrushworkError):
    """The database cannot be reached or is at another schema version."""

    slug = "store-not-ready"
    title = "The store cannot be used"
    status = 503


class VerdictNotFound(StoreError):
    """No verdict is saved under that id."""

    slug = "not-found"
    title = "No such verdict"
    status = 404


class BatchNotFound(StoreError):
    """The caller has no such batch, or the batch no such item."""

    slug = "not-found"
    title = "No such batch"
    status = 404


class ReportError(BrushworkError):
    """A case file cannot be made or read."""


class SigningError(ReportError):
    """There is no key to sign with, or what was given is none."""

    slug = "signing-not-ready"
    title = "Reports cannot be signed"
    status = 503


class ReportUnusable(ReportError):
    """The file is no case file, or not one of a version that is known here."""

    slug = "report-unusable"
    title = "Not a case file"
    status = 422


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


class LabError(BrushworkError):
    """Training, measuring or exporting cannot go on."""

    slug = "lab"
    title = "The lab cannot go on"
