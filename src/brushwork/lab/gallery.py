"""The worst mistakes as pictures, for the eyes of those who hold them: in the folder of a run, never in a bundle."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from ..picture import open_picture
from .calibrate import Judged
from .crops import LIMITS
from .datasets import AI, Row
from .generators import generator_of
from .kinds import kind_of
from .tables import under

WORST: Final = 24
SIDE: Final = 320
PAGE: Final = "gallery.html"


def worst(judged: Sequence[Judged], count: int = WORST) -> list[Judged]:
    """The clean pictures whose probability is farthest from their class: half of them human, half AI, worst first."""
    clean = under(judged, "clean")
    human = sorted((j for j in clean if j.scored.label != AI), key=lambda j: (-j.probability, j.scored.id))
    ai = sorted((j for j in clean if j.scored.label == AI), key=lambda j: (j.probability, j.scored.id))
    return [*human[: count // 2], *ai[: count // 2]]


def write_gallery(judged: Sequence[Judged], rows: Sequence[Row], folder: Path) -> Path:
    """Write small copies of the worst mistakes and a page of them into `folder`; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    by_id = {row.id: row for row in rows}
    items = [_item(j, by_id[j.scored.id], folder) for j in worst(judged)]
    page = folder / PAGE
    page.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Worst mistakes</title></head><body>'
        f"<h1>Worst mistakes</h1>{''.join(items)}</body></html>\n",
        encoding="utf-8",
    )
    return page


def _item(judged: Judged, row: Row, folder: Path) -> str:
    small = Image.fromarray(open_picture(row.data(), LIMITS, name=row.id).rgb)
    small.thumbnail((SIDE, SIDE))
    name = f"{row.id[:16]}.png"
    small.save(folder / name)
    what = generator_of(row.generator) if row.label == AI else kind_of(row.kind)
    words = html.escape(
        f"{('human', 'AI')[row.label]}, {what}; {row.source}; probability {judged.probability:.2f}", quote=True
    )
    return f'<figure><img src="{name}" alt="{words}"><figcaption>{words}</figcaption></figure>'
