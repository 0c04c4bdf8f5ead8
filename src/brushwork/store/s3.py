"""Kept pictures in a bucket."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from .. import buckets
from ..buckets import S3Access
from ..errors import SettingsError, StoreError

_PLACE: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9/_.-]*))?")
_GONE: Final = frozenset({"NoSuchKey", "NoSuchObject"})

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _told(method: Callable[Concatenate[S3Blobs, _P], _T]) -> Callable[Concatenate[S3Blobs, _P], _T]:
    """Turn what the library raises into a StoreError without its text, which names bucket and server."""

    @wraps(method)
    def guarded(self: S3Blobs, /, *given: _P.args, **named: _P.kwargs) -> _T:
        from minio.error import MinioException
        from urllib3.exceptions import HTTPError

        try:
            return method(self, *given, **named)
        except (MinioException, HTTPError, OSError, ValueError) as error:
            raise StoreError(
                "The bucket for pictures cannot be used.",
                "Check BRUSHWORK_PICTURES and the BRUSHWORK_S3_ settings, and that the server runs; then try again.",
            ) from error

    return guarded


class S3Blobs:
    """The objects `<prefix>/<sha256>` of one bucket. The bucket must be there and private; nothing here makes one."""

    def __init__(self, place: str, access: S3Access) -> None:
        """Use `place`, s3://bucket/prefix. Nothing is called yet. Raises SettingsError."""
        found = _PLACE.fullmatch(place)
        if found is None:
            raise SettingsError("BRUSHWORK_PICTURES is not s3://bucket/prefix.", "Correct it, or name a folder.")
        self._bucket, self._prefix = found[1], (found[2] or "").strip("/")
        self._client = buckets.client(access)

    def _name(self, sha256: str) -> str:
        return f"{self._prefix}/{sha256}" if self._prefix else sha256

    @_told
    def put(self, sha256: str, data: bytes) -> None:
        """One PUT; S3 answers once the object is kept, and shows all of it or nothing."""
        self._client.put_object(
            self._bucket, self._name(sha256), io.BytesIO(data), len(data), content_type="application/octet-stream"
        )

    @_told
    def get(self, sha256: str) -> bytes | None:
        """The bytes of the object, None where there is none."""
        from minio.error import S3Error

        try:
            response = self._client.get_object(self._bucket, self._name(sha256))
        except S3Error as error:
            if error.code in _GONE:
                return None
            raise
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    @_told
    def has(self, sha256: str) -> bool:
        """Whether the object is there."""
        from minio.error import S3Error

        try:
            self._client.stat_object(self._bucket, self._name(sha256))
        except S3Error as error:
            if error.code in _GONE:
                return False
            raise
        return True

    @_told
    def remove(self, sha256: str) -> None:
        """Delete the object. A bucket with versions keeps the old one: switch versions off, or let them expire."""
        self._client.remove_object(self._bucket, self._name(sha256))

    def older_than(self, seconds: float) -> Iterator[str]:
        """The digests of objects that old, by the clock of the server."""
        yield from self._older(datetime.now(UTC) - timedelta(seconds=seconds))

    @_told
    def _older(self, limit: datetime) -> list[str]:
        listed = self._client.list_objects(self._bucket, prefix=f"{self._prefix}/" if self._prefix else None)
        names = (one.object_name.rpartition("/")[2] for one in listed if one.last_modified < limit)
        return [name for name in names if re.fullmatch(r"[0-9a-f]{64}", name)]
