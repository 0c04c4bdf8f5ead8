"""People who wrote into their files that they do not want or did not use AI were told that the picture was made with
it: the readers took the name of a tool within a sentence for a declaration, and ordinary image processing for a
generator."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import pytest

from brushwork import Examiner
from brushwork.verdict import Answer
from tests.made import tagged
from tests.made.drawings import drawn, encoded

IMAGE: Final = drawn("painterly", (320, 256))
SCALED: Final = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "scan.png"}},
    "2": {"class_type": "ImageNormalize", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "ImageResampler", "inputs": {"image": ["2", 0]}},
}


def _xmp(**properties: str) -> bytes:
    return tagged.with_xmp(IMAGE, tagged.xmp_packet(**properties))


# What the file said, and how it said it; each was answered with "made with AI" or "partly AI".
MISTAKES: Final[dict[str, Callable[[], bytes]]] = {
    "PNG Comment: do not feed this": lambda: tagged.with_chunks(
        IMAGE, {"Comment": "Do not feed this to Midjourney or Stable Diffusion. All rights reserved."}
    ),
    "JPEG comment: NOT made with AI": lambda: encoded(IMAGE, "JPEG", comment=b"Hand painted in oil. NOT made with AI."),
    "JPEG comment: noai": lambda: encoded(IMAGE, "JPEG", comment=b"noai - not for DALL-E training"),
    "XMP Credit: not created with AI": lambda: _xmp(photoshop__Credit="Painted by hand. Not created with AI"),
    "XMP Credit: Ai Weiwei": lambda: _xmp(photoshop__Credit="Created by Ai Weiwei"),
    "XMP Source: scan, not Midjourney": lambda: _xmp(photoshop__Source="scan, not Midjourney"),
    "PNG Software: Glaze": lambda: tagged.with_chunks(
        IMAGE, {"Software": "Glaze 2.1 (protects against Midjourney and Stable Diffusion)"}
    ),
    "PNG Creator: says no": lambda: tagged.with_chunks(IMAGE, {"Creator": "Anna, who says no to Stable Diffusion"}),
    "XMP AISystemUsed: none": lambda: _xmp(Iptc4xmpExt__AISystemUsed="None"),
    "XMP AISystemUsed: no AI used": lambda: _xmp(Iptc4xmpExt__AISystemUsed="No AI used"),
    "ComfyUI: scaling a scan": lambda: tagged.with_chunks(IMAGE, {"prompt": json.dumps(SCALED)}),
}


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.from_bundle("default")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_denial_is_no_declaration(examiner: Examiner, mistake: str) -> None:
    verdict = examiner.examine(MISTAKES[mistake]())
    assert verdict.answer not in (Answer.MADE_WITH_AI, Answer.PARTLY_AI)
    assert not any(e.declares_ai for e in verdict.evidence)
