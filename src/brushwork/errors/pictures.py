"""What can be wrong with one picture, or with the way to it."""

from __future__ import annotations

from .base import BrushworkError


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
