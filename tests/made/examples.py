"""A dozen pictures made by code, each with something to say: what `make demo` shows and the golden files hold.

usage: python -m tests.made.examples FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from .drawings import drawn, encoded
from .hidden import novelai_stealth, watermarked
from .signed import action, signed
from .tagged import A1111, camera_exif, comfy_chunks, user_comment, with_chunks, with_xmp, xmp_packet

_SDXL_BITS: Final = tuple(int(bit) for bit in f"{0b101100111110110010010000011110111011000110011110:b}")
_COMPOSITE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


class Example(NamedTuple):
    """A file name and what makes the bytes of the file."""

    name: str
    make: Callable[[], bytes]


def _photo_like() -> bytes:
    return encoded(drawn("noise_texture", (1024, 768), 3), "JPEG", quality=90, exif=camera_exif())


def _prompt_in_comment() -> bytes:
    return encoded(drawn("painterly", (640, 512), 9), "JPEG", quality=88, exif=user_comment(A1111))


def _retouched() -> bytes:
    return with_xmp(drawn("painterly", (700, 500), 10), xmp_packet(Iptc4xmpExt__DigitalSourceType=_COMPOSITE))


def _signed_generator() -> bytes:
    created = action("created", "trainedAlgorithmicMedia", "Test Generator")
    return signed(encoded(drawn("painterly", (512, 512), 13)), actions=(created,))


def _signed_camera() -> bytes:
    photo = encoded(drawn("noise_texture", (800, 600), 14), "JPEG", quality=92)
    return signed(photo, "JPEG", actions=(action("created", "digitalCapture"),))


EXAMPLES: Final[tuple[Example, ...]] = (
    Example("painting.png", lambda: encoded(drawn("painterly", (900, 640), 1))),
    Example("ink-drawing.png", lambda: encoded(drawn("ink_line", (800, 800), 2))),
    Example("photo-like.jpg", _photo_like),
    Example("gradient.webp", lambda: encoded(drawn("gradient", (640, 640), 4), "WEBP", quality=90)),
    Example("one-colour.png", lambda: encoded(drawn("flat", (512, 512), 5))),
    Example("thumbnail.jpg", lambda: encoded(drawn("painterly", (64, 48), 6), "JPEG", quality=85)),
    Example("prompt-in-chunks.png", lambda: with_chunks(drawn("painterly", (512, 512), 7), {"parameters": A1111})),
    Example("workflow.png", lambda: with_chunks(drawn("noise_texture", (768, 512), 8), comfy_chunks())),
    Example("prompt-in-comment.jpg", _prompt_in_comment),
    Example("retouched.jpg", _retouched),
    Example("stealth-text.png", lambda: encoded(novelai_stealth(drawn("painterly", (512, 512), 11)))),
    Example("watermark.png", lambda: encoded(watermarked(drawn("noise_texture", (1024, 1024), 12), _SDXL_BITS))),
    Example("signed-generator.png", _signed_generator),
    Example("signed-camera.jpg", _signed_camera),
)


def write(folder: Path) -> None:
    """Write every example into `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        (folder / example.name).write_bytes(example.make())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
