"""The page's files, read once at start: with an ETag, without ranges, without a path that could leave."""

from __future__ import annotations

import hashlib
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


@dataclass(frozen=True)
class Asset:
    """One file and its media type."""

    data: bytes
    media_type: str


def load(folder: Path) -> dict[str, Asset]:
    """Every file below `folder` of a type in TYPES, by its path there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TYPES)
    return {path.relative_to(folder).as_posix(): Asset(path.read_bytes(), TYPES[path.suffix]) for path in files}


def cached(request: Request, data: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """`data`, or 304 where the caller has it already. It may be kept, and is asked for again by its ETag."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    said = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=said)
    return Response(data, media_type=media_type, headers=said)
