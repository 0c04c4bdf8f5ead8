"""The page's files, read and packed once at start: with an ETag, without ranges, without a path that could leave."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}


_PACKED: Final = (".css", ".js", ".json", ".svg")
_ACCEPTED: Final = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)")


@dataclass(frozen=True)
class Asset:
    """One file, its media type, and the same bytes as gzip where that makes them fewer."""

    data: bytes
    media_type: str
    packed: bytes | None = None

    @classmethod
    def of(cls, path: Path) -> Asset:
        """The file at `path`. It holds nothing of anybody, so that its packed length tells nothing either."""
        data = path.read_bytes()
        packed = gzip.compress(data, mtime=0) if path.suffix in _PACKED else data
        return cls(data, TYPES[path.suffix], packed if len(packed) < len(data) else None)


def load(folder: Path) -> dict[str, Asset]:
    """Every file below `folder` of a type in TYPES, by its path there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TYPES)
    return {path.relative_to(folder).as_posix(): Asset.of(path) for path in files}


def served(request: Request, asset: Asset) -> Response:
    """`asset` as `cached` gives it, packed for whoever says that they can unpack it (RFC 9110, section 12.5.3)."""
    said = {"Vary": "Accept-Encoding"} if asset.packed is not None else {}
    if asset.packed is None or not _ACCEPTED.search(request.headers.get("accept-encoding", "").lower()):
        return cached(request, asset.data, asset.media_type, said)
    return cached(request, asset.packed, asset.media_type, {**said, "Content-Encoding": "gzip"})


def cached(request: Request, data: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """`data`, or 304 where the caller has it already. It may be kept, and is asked for again by its ETag."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    said = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=said)
    return Response(data, media_type=media_type, headers=said)
