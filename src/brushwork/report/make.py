"""From a verdict to a file: signed, drawn in the form that was asked for, sealed."""

from __future__ import annotations

import importlib.util
import io
from enum import StrEnum
from typing import Any, Final

from PIL import Image

from ..errors import FormNotInstalled
from .canonical import canonical
from .casefile import CaseFile, Shown, signed
from .keys import SigningKey
from .seal import BLANK, sealed

THUMBNAIL: Final = 720
"""Pixels of the longest side of the picture that a case file carries."""


class Form(StrEnum):
    """The forms of a case file."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"


MEDIA_TYPES: Final = {
    Form.HTML: "text/html; charset=utf-8",
    Form.PDF: "application/pdf",
    Form.JSON: "application/json",
}


def written(case: CaseFile, shown: Shown, key: SigningKey, form: Form) -> bytes:
    """The whole file in `form`."""
    document = signed(case, key)
    return sealed(_drawn(case, document, shown, form), key)


def _drawn(case: CaseFile, document: dict[str, Any], shown: Shown, form: Form) -> bytes:
    if form is Form.JSON:
        return canonical({**document, "seal": BLANK})
    if form is Form.HTML:
        from .drawing import case_html

        return case_html(case, document, shown)
    if not makes_pdf():
        raise FormNotInstalled(
            "Case files as PDF need a package that is not installed here.",
            'Ask for html or json, or install it: pip install "brushwork[pdf]".',
        )
    from .pdf import case_pdf

    return case_pdf(case, document, shown)


def makes_pdf() -> bool:
    """Whether what writes PDF is installed: 30 MB of fonts' tools, which most installations never use."""
    return importlib.util.find_spec("fpdf") is not None


def thumbnail(image: Image.Image) -> bytes:
    """`image` made anew as a JPEG of at most THUMBNAIL on a side, without anything that its file carried."""
    small = image.convert("RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=86)
    return stream.getvalue()
