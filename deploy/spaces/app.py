"""Brushwork as a Gradio app, for Hugging Face Spaces or a notebook: drop a picture, read the verdict.

The page of `brushwork serve` does more and needs less; this is for places that only run Gradio. Nothing is kept.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from brushwork import Examiner
from brushwork.errors import PictureError

if TYPE_CHECKING:
    import gradio

TITLE: Final = "Was this artwork made with AI?"
TOLD: Final = (
    "Brushwork reads what a file says about itself and what its pixels show, and tells how often such an answer is "
    "wrong. A score is about pixels, never about a person: it proves nothing on its own."
)


@functools.lru_cache(maxsize=1)
def examiner() -> Examiner:
    """The model that ships with Brushwork, loaded once."""
    return Examiner.from_bundle("default")


def answer(path: str | None) -> tuple[str, str]:
    """The verdict on the file at `path` as a card in HTML and as plain text; in words where there is none.

    The file itself is read, not decoded pixels: only it carries what it says about itself.
    """
    if path is None:
        return "", "Choose a picture first."
    try:
        verdict = examiner().examine(path, explain=True)
    except PictureError as error:
        return "", f"{error.title}: {error.detail} {error.advice}"
    return verdict._repr_html_(), verdict.to_text()


def build() -> gradio.Interface:
    """The app: one file in, the verdict out."""
    import gradio

    return gradio.Interface(
        answer,
        gradio.File(label="Picture", file_types=["image"], type="filepath"),
        [gradio.HTML(label="Verdict"), gradio.Textbox(label="As text", lines=8)],
        title=TITLE,
        description=TOLD,
        flagging_mode="never",
    )


if __name__ == "__main__":
    build().launch()
