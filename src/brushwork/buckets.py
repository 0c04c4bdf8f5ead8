"""How a bucket of an S3-compatible server is reached, by signed requests; needs the extra `s3`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from .errors import SettingsError
from .settings import Settings, is_loopback

CONNECT_S: Final = 5.0
TOTAL_S: Final = 30.0
TRIES: Final = 3


@dataclass(frozen=True)
class S3Access:
    """`endpoint` is scheme and host of the server."""

    endpoint: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> S3Access | None:
        """That of the settings; None where they have no key."""
        access, secret = settings.s3_access_key, settings.s3_secret_key
        if access is None or secret is None:
            return None
        return cls(settings.s3_endpoint, settings.s3_region, access.get_secret_value(), secret.get_secret_value())


def client(access: S3Access, total_s: float = TOTAL_S) -> Any:
    """A client (minio's) that gives a request up after `total_s`. Nothing is called yet. Raises SettingsError."""
    try:
        import urllib3
        from minio import Minio
    except ImportError as error:
        raise SettingsError(
            "A bucket needs the extra s3.", 'Run `pip install "brushwork[s3]"`, or name a folder instead.'
        ) from error
    server = urlsplit(access.endpoint)
    if server.scheme not in ("http", "https") or not server.netloc or server.path.strip("/"):
        raise SettingsError("BRUSHWORK_S3_ENDPOINT is not https://host.", "Give scheme and host, without a path.")
    if server.scheme == "http" and not is_loopback(server.hostname or ""):
        raise SettingsError("BRUSHWORK_S3_ENDPOINT would be called unencrypted.", "Give an https address.")
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_S, total=total_s),
        retries=urllib3.Retry(total=TRIES - 1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
    )
    return Minio(
        server.netloc, access_key=access.access_key, secret_key=access.secret_key, region=access.region,
        secure=server.scheme == "https", http_client=pool,
    )  # fmt: skip
