"""From a path, a stream or bytes to bytes, never more than the limit."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from .errors import PictureNotFound, PictureTooLarge
from .settings import Settings
from .text import shown

if TYPE_CHECKING:  # the command line looks at paths with this module and loads no decoder for it
    from numpy.typing import NDArray
    from PIL import Image

Source: TypeAlias = "str | Path | bytes | bytearray | memoryview | IO[bytes] | Image.Image | NDArray[Any]"


@dataclass(frozen=True)
class Limits:
    """What is accepted: bytes of the file, pixels (width x height), and the longest side."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_side: int = 16_384

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings name."""
        return cls(settings.max_bytes, settings.max_pixels, settings.max_side)


def read_source(
    source: str | Path | bytes | bytearray | memoryview | IO[bytes], limits: Limits, given_name: str | None = None
) -> tuple[bytes, str]:
    """Return the bytes of `source` and how to call it. Raises PictureNotFound or PictureTooLarge."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        data, name = bytes(source), "bytes"
    elif isinstance(source, (str, Path)):
        data, name = _read_file(Path(source), limits), str(source)
    else:
        data, name = source.read(limits.max_bytes + 1), str(getattr(source, "name", "stream"))
    name = given_name or name
    if len(data) > limits.max_bytes:
        raise _too_large(shown(name), limits)
    return data, name


def _read_file(path: Path, limits: Limits) -> bytes:
    name = shown(str(path))
    try:
        if path.is_dir():
            raise PictureNotFound(f"{name} is a folder.", "Give a file, or scan the folder with `brushwork scan -r`.")
        if refusal := stream_refusal(path):
            raise refusal
        if not path.is_file():
            raise PictureNotFound(f"{name}: no such file.", "Check the spelling and the current folder.")
        with path.open("rb") as stream:
            return stream.read(limits.max_bytes + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise PictureNotFound(f"{name} cannot be read: {why}.", "Check that you may read the file.") from error
    except ValueError as error:
        raise PictureNotFound(f"{name} is not a file name: {error}.", "Give the path of a file.") from error


def stream_refusal(path: Path) -> PictureNotFound | None:
    """Why a pipe, a device or a socket is not read, told without opening it: a pipe that nobody writes to never opens.

    None for anything else, also for what is not there; reading it says what is wrong with it.
    """
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):  # see above
        return None
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
        return None
    return PictureNotFound(
        f"{shown(str(path))} is a pipe or a device, not a file.",
        "Give it on standard input with `brushwork scan -`, or save it as a file.",
    )


def _too_large(name: str, limits: Limits) -> PictureTooLarge:
    return PictureTooLarge(
        f"{name} has more than the {limits.max_bytes:,} bytes allowed.",
        "Give a smaller file, or raise BRUSHWORK_MAX_BYTES.",
    )


def file_behind(image: Image.Image, formats: tuple[str, ...], limits: Limits) -> bytes | None:
    """The bytes behind a PIL image that was opened lazily and is still untouched; None for any other."""
    stream = getattr(image, "fp", None)
    untouched = getattr(image, "_im", None) is None
    if stream is None or not untouched or getattr(stream, "closed", True) or image.format not in (*formats, "MPO"):
        return None
    position = stream.tell()
    stream.seek(0)
    data: bytes = stream.read(limits.max_bytes + 1)
    stream.seek(position)
    if len(data) > limits.max_bytes:
        raise _too_large(shown(getattr(image, "filename", "image")), limits)
    return data
