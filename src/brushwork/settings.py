"""Every setting in one object, read from the environment with the prefix BRUSHWORK_.

A file with more of them is read only where BRUSHWORK_ENV_FILE names it: a `.env` that lies beside the pictures may have
come with them, and must not choose the model or the certificates that judge them.
"""

from __future__ import annotations

import os
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    DirectoryPath,
    Field,
    FilePath,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import SettingsError
from .text import shown

MEBIBYTE = 1024 * 1024
ENV_FILE: Final = "BRUSHWORK_ENV_FILE"
"""The variable that names a file of settings; it counts in the real environment only, not in such a file."""
PILLOW_LIMIT = 89_478_485
"""Pixels beyond which Pillow takes a picture for a decompression bomb; no setting goes past it."""
HostAndPort = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.:_-]+:[0-9]{1,5}$")]
"""A host in lower case and a port, such as `pictures.internal:8080`."""


class Settings(BaseSettings):
    """What an operator may change. Unsafe combinations are refused when the object is made."""

    model_config = SettingsConfigDict(env_prefix="BRUSHWORK_", frozen=True, extra="ignore")

    model: str = Field(
        "default", description="name of a shipped bundle, path of a bundle folder, or https:// or s3:// address of one"
    )
    model_sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="the bundle's hash; another one is refused, an address needs it"
    )
    model_folder: Path = Field(
        Path("~/.brushwork/models"), description="folder that keeps bundles fetched from an address"
    )
    models: DirectoryPath | None = Field(None, description="folder of further bundles, one folder each")
    threads: int = Field(1, ge=1, le=64, description="ONNX Runtime threads of one process")

    max_bytes: int = Field(20 * MEBIBYTE, ge=1, description="largest file, in bytes")
    max_pixels: int = Field(50_000_000, ge=1, le=PILLOW_LIMIT, description="largest picture, width x height")
    max_side: int = Field(16_384, ge=1, description="longest side, in pixels")

    workers: int = Field(1, ge=1, le=64, description="worker processes that decode and examine")
    queue: int = Field(64, ge=1, description="pictures that may wait before new ones are refused")
    time_limit: float = Field(30.0, gt=0, description="seconds for one picture before its worker is stopped")
    stop_limit: int = Field(60, ge=1, description="seconds to finish what was accepted when the service is stopped")
    memory_limit: int = Field(4096 * MEBIBYTE, ge=512 * MEBIBYTE, description="address space of a worker, in bytes")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=1, le=65535)
    i_know: bool = Field(False, description="listen beyond loopback although anyone who reaches it may ask")
    require_keys: bool = Field(
        False, description="ask for API keys on loopback too; beyond it they are asked for anyway"
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        (), description="networks whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )
    rate_limit: int | None = Field(
        None, ge=1, description="requests a minute of one key or address; default 600, on loopback 60000"
    )
    stability_rate_limit: int | None = Field(
        None, ge=1, description="pictures a minute with stability=true; default 30, on loopback 6000"
    )
    concurrency: int | None = Field(
        None, ge=1, description="requests at once of one key or address; default 16, on loopback 1024"
    )
    security_contact: str | None = Field(
        None, pattern=r"^(mailto:|https://)\S+$", description="where /.well-known/security.txt sends reports"
    )
    allowed_hosts: tuple[str, ...] = Field(
        ("127.0.0.1", "localhost", "[::1]"), description="Host headers that are answered, without the port"
    )
    max_request_bytes: int = Field(200 * MEBIBYTE, ge=1, description="largest request body, in bytes")
    max_files: int = Field(200, ge=1, description="pictures in one request")
    max_batch_items: int = Field(10_000, ge=1, description="pictures in one batch")
    max_zip_bytes: int = Field(2048 * MEBIBYTE, ge=1, description="bytes that one zip may unpack to")
    spool: Path = Field(Path("brushwork-spool"), description="folder where uploads of batches wait for their turn")
    batch_lease: float = Field(
        60.0, ge=1, description="seconds after which a picture of a batch is taken from a service that gives no sign"
    )
    webhook_tries: int = Field(8, ge=1, le=20, description="how often a webhook is called before it is given up")
    webhook_backoff: float = Field(
        5.0, gt=0, description="seconds before a webhook is called again; four times longer after each try"
    )
    database_url: str = Field("sqlite:///brushwork.sqlite3", description="SQLAlchemy URL of the store")
    database_timeout: float = Field(
        10.0, ge=0.1, description="seconds that PostgreSQL may take for one statement before it counts as away"
    )
    pictures: str = Field("brushwork-pictures", min_length=1, description="folder, or s3://bucket/prefix, of pictures")
    s3_endpoint: str = Field("https://s3.amazonaws.com", description="scheme and host of the server of the bucket")
    s3_region: str = Field("us-east-1", description="region of the bucket")
    s3_access_key: SecretStr | None = Field(None, description="access key of the bucket")
    s3_secret_key: SecretStr | None = Field(None, description="secret key of the bucket")
    retention_days: int = Field(365, ge=1, le=36_500, description="days that verdicts are kept")
    picture_retention_days: int = Field(30, ge=1, le=36_500, description="days that pictures are kept")
    feedback_per_day: int = Field(50, ge=0, description="feedbacks that one owner may give within a day")
    blind_review: bool = Field(True, description="hide decisions of others from a reviewer who has not decided yet")

    log_file: Path | None = Field(None, description="file to log to instead of standard error")
    log_file_bytes: int = Field(10 * MEBIBYTE, ge=1024, description="bytes after which a new log file is begun")
    log_file_hours: float = Field(24.0, gt=0, description="hours after which a new log file is begun")
    log_files_kept: int = Field(14, ge=1, le=1000, description="log files that are kept beside the one in use")

    url_fetch: bool | None = Field(
        None, description="fetch pictures from addresses and call webhooks; by default on loopback only"
    )
    url_fetch_allow: tuple[HostAndPort, ...] = Field(
        (), description="hosts with ports that may be called although they are not public"
    )

    trust_list: FilePath | None = Field(None, description="PEM file of C2PA certificates to trust; none is assumed")
    signing_folder: Path = Field(Path("~/.brushwork"), description="folder of the key that signs reports")
    signing_key: FilePath | None = Field(None, description="Ed25519 key in PEM that signs reports instead")

    @model_validator(mode="after")
    def _distant_model_is_pinned(self) -> Settings:
        if self.model_is_distant and self.model_sha256 is None:
            raise ValueError("a model that is fetched needs BRUSHWORK_MODEL_SHA256, so that it is no other one")
        if self.model.startswith("http://") and not is_loopback(urlsplit(self.model).hostname or ""):
            raise ValueError("a model is fetched by https or from a bucket, never by http")
        return self

    @property
    def model_is_distant(self) -> bool:
        """Whether the bundle has to be fetched."""
        return self.model.startswith(("https://", "http://", "s3://"))

    @property
    def fetches_urls(self) -> bool:
        """Whether addresses that callers give are called at all: by default only where no other machine can ask."""
        return is_loopback(self.host) if self.url_fetch is None else self.url_fetch

    @property
    def asks_for_keys(self) -> bool:
        """Whether a request without a good key is refused: wherever other machines can ask, unless one knows."""
        return self.require_keys or not (is_loopback(self.host) or self.i_know)


def is_loopback(host: str) -> bool:
    """True for addresses that only this machine can reach. Names other than localhost are not resolved, so refused."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=1)
def load_settings(**given: Any) -> Settings:
    """Read the settings once; `given` goes before the environment, and that before the file that ENV_FILE names.

    Raises SettingsError that names the setting and what is wrong with it.
    """
    file = _env_file()
    try:
        return Settings(_env_file=file, **given)
    except ValidationError as error:
        raise _explained(error, file) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{ENV_FILE}: {shown(str(file))} cannot be read: {error}.", _MEND_ENV_FILE) from error


def _env_file() -> Path | None:
    """The file that the environment names; None where it names none. Raises SettingsError where it is not there."""
    named = os.environ.get(ENV_FILE)
    if not named:
        return None
    file = Path(named)
    if not file.is_file():
        raise SettingsError(f"{ENV_FILE}: {shown(named)} is no file.", _MEND_ENV_FILE)
    return file


_MEND_ENV_FILE: Final = f"Name a file with lines like BRUSHWORK_PORT=8080, or unset {ENV_FILE}."


def _explained(error: ValidationError, file: Path | None) -> SettingsError:
    problems = "; ".join(
        f"{'BRUSHWORK_' + str(e['loc'][0]).upper() if e['loc'] else 'settings'}: {e['msg']}" for e in error.errors()
    )
    place = f" or the line in {shown(str(file))}" if file else ""
    return SettingsError(problems, f"Correct the environment variable{place} and start again.")
