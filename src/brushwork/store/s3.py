"""Kept pictures in an S3-compatible bucket; needs the extra `s3`. Requests are signed (Signature Version 4)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from ..errors import SettingsError, StoreError
from ..settings import is_loopback
from .blobs import S3Access

_PLACE: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9/_.-]*))?")
_GONE: Final = frozenset({"NoSuchKey", "NoSuchObject"})
CONNECT_S: Final = 5.0
TOTAL_S: Final = 30.0
TRIES: Final = 3

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
        self._client = _client(access)

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


def _client(access: S3Access) -> Any:
    try:
        import urllib3
        from minio import Minio
    except ImportError as error:
        raise SettingsError(
            "A bucket needs the extra s3.", 'Run `pip install "brushwork[s3]"`, or name a folder in BRUSHWORK_PICTURES.'
        ) from error
    server = urlsplit(access.endpoint)
    if server.scheme not in ("http", "https") or not server.netloc or server.path.strip("/"):
        raise SettingsError("BRUSHWORK_S3_ENDPOINT is not https://host.", "Give scheme and host, without a path.")
    if server.scheme == "http" and not is_loopback(server.hostname or ""):
        raise SettingsError("BRUSHWORK_S3_ENDPOINT would send pictures unencrypted.", "Give an https address.")
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_S, total=TOTAL_S),
        retries=urllib3.Retry(total=TRIES - 1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
    )
    return Minio(
        server.netloc, access_key=access.access_key, secret_key=access.secret_key, region=access.region,
        secure=server.scheme == "https", http_client=pool,
    )  # fmt: skip
