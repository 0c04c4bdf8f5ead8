"""Bundles that lie elsewhere: fetched once from `https://host/folder` or `s3://bucket/folder`, by their hash.

A bundle is called by the sha256 of its recipe, which names the hash of every other file: so nothing that was changed on
the way, or at its source, is ever loaded. What was fetched stays in a folder and is not fetched again.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from .. import buckets
from ..errors import BundleDamaged, BundleError, BundleNotFound, BundleUnsupported, SettingsError
from ..settings import Settings, is_loopback
from .bundle import RECIPE_FILE, Bundle, load_bundle
from .recipe import Recipe

MOST_BYTES: Final = 2 * 1024**3
"""What one file of a bundle may have."""
PIECE: Final = 1024 * 1024
CONNECT_S: Final = 5.0
READ_S: Final = 30.0
TOTAL_S: Final = 600.0

Open = Callable[[str], Iterator[bytes]]
"""The bytes of the file of that name, in pieces. Raises BundleNotFound."""


def bundle_of(settings: Settings, tell: Callable[[str], object] = lambda _: None) -> Bundle:
    """The bundle that the settings name, fetched first where it lies elsewhere; `tell` gets one line before that.

    Raises BundleError; BundleDamaged also where the bundle is not the one whose hash the settings have.
    """
    expected = settings.model_sha256
    if not settings.model_is_distant:
        bundle = load_bundle(settings.model)
        if expected not in (None, bundle.sha256):
            raise _another(settings.model, bundle.sha256, str(expected))
        return bundle
    assert expected is not None, "the settings refuse a distant model without it"
    folder = settings.model_folder.expanduser() / expected
    if not (folder / RECIPE_FILE).is_file():
        tell(f"Fetching the model from {_said(settings.model)} into {folder} ...")
        _fetch(_opener(settings), settings.model, expected, folder)
    return load_bundle(folder)


def with_local_model(settings: Settings, bundle: Bundle) -> Settings:
    """The settings for whoever is to examine with `bundle`, which is here."""
    return settings.model_copy(update={"model": str(bundle.folder), "model_sha256": bundle.sha256})


def _fetch(open_file: Open, place: str, expected: str, folder: Path) -> None:
    """Fetch recipe and files into `folder`, which is there in the end with all of them, or not at all."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
        try:
            _take(open_file(RECIPE_FILE), draft / RECIPE_FILE, expected, place)
            for name, sha256 in _files(draft / RECIPE_FILE).items():
                _take(open_file(name), draft / name, sha256, place)
            _put(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise BundleError(
            f"The model cannot be kept in {folder.parent}: {error.strerror}.",
            "Give a folder that this user may write to, with room, in BRUSHWORK_MODEL_FOLDER.",
        ) from error


def _put(draft: Path, folder: Path) -> None:
    try:
        draft.replace(folder)
    except OSError:
        if not (folder / RECIPE_FILE).is_file():  # else another process was quicker
            raise


def _files(recipe: Path) -> dict[str, str]:
    """The other files with their hashes. The recipe is the one that was asked for, so only its version can be wrong."""
    try:
        files = Recipe.model_validate_json(recipe.read_bytes()).files
    except ValueError as error:
        raise BundleUnsupported(
            "The recipe of the model is none that this version of Brushwork knows.",
            "Use a bundle made for this version, or install the version that made it.",
        ) from error
    if any(Path(name).name != name for name in files):
        raise BundleDamaged("The recipe of the model names a file outside its folder.", "Use another bundle.")
    return files


def _take(pieces: Iterator[bytes], target: Path, expected: str, place: str) -> None:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > MOST_BYTES:
                raise BundleDamaged(f"{target.name} of {_said(place)} is too long for a model.", "Use another bundle.")
            digest.update(piece)
            file.write(piece)
    if digest.hexdigest() != expected:
        raise _another(f"{target.name} of {_said(place)}", digest.hexdigest(), expected)


def _opener(settings: Settings) -> Open:
    return partial(_from_bucket if settings.model.startswith("s3://") else _from_web, settings)


def _from_web(settings: Settings, name: str) -> Iterator[bytes]:
    import httpx

    def check(request: httpx.Request) -> None:
        if request.url.scheme != "https" and not is_loopback(request.url.host):
            raise _unreachable(settings, "it leads to an address without https")

    address = f"{settings.model.rstrip('/')}/{name}"
    timeout, hooks = httpx.Timeout(READ_S, connect=CONNECT_S), {"request": [check]}
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=True, event_hooks=hooks) as client,
            client.stream("GET", address) as response,
        ):
            if response.status_code != 200:
                raise _unreachable(settings, f"the answer for {name} is {response.status_code}")
            yield from response.iter_bytes(PIECE)
    except httpx.HTTPError as error:
        raise _unreachable(settings, "the connection failed") from error


def _from_bucket(settings: Settings, name: str) -> Iterator[bytes]:
    access = buckets.S3Access.of(settings)
    if access is None:
        raise SettingsError(
            "BRUSHWORK_MODEL names a bucket, and there is no key for it.",
            "Set BRUSHWORK_S3_ACCESS_KEY and BRUSHWORK_S3_SECRET_KEY.",
        )
    client = buckets.client(access, TOTAL_S)
    from minio.error import MinioException
    from urllib3.exceptions import HTTPError

    place = urlsplit(settings.model)
    try:
        with closing(client.get_object(place.netloc, f"{place.path.strip('/')}/{name}".lstrip("/"))) as response:
            yield from response.stream(PIECE)
    except (MinioException, HTTPError, ValueError) as error:
        raise _unreachable(settings, f"the bucket did not give {name}") from error


def _said(place: str) -> str:
    """Where a model lies, without what may be secret in an address."""
    parts = urlsplit(place)
    return f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.scheme else place


def _unreachable(settings: Settings, why: str) -> BundleNotFound:
    return BundleNotFound(
        f"The model could not be fetched from {_said(settings.model)}: {why}.",
        f"Check BRUSHWORK_MODEL, which has to name the folder that holds {RECIPE_FILE}, then try again.",
    )


def _another(what: str, found: str, expected: str) -> BundleDamaged:
    return BundleDamaged(
        f"{what} is not what was asked for: sha256 {found[:12]}, not {expected[:12]}.",
        "Correct BRUSHWORK_MODEL_SHA256, which is the hash of the bundle's recipe.json, or use the bundle it names.",
    )
