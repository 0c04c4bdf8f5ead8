"""Contact sheets: some predictions drawn by chance, and the worst mistakes, as pictures with a table beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..metrics import Indices
from ..plots import styled
from ..report import Figure, Section
from ..tables import Table
from ..weather import stream
from .board import Contender
from .judgement import Judgement
from .prepared import PreparedSet

SHOWN: Final = 24
COLUMNS: Final = 6
NONE: Final = "No picture of the split was called wrong."


def galleries(run: Contender, prepared: PreparedSet, split: str, folder: Path) -> tuple[Section, ...]:
    """Write the sheets of a run into `folder`; the sections of a report that show them."""
    folder.mkdir(parents=True, exist_ok=True)
    j = run.judgement
    first = first_rows(prepared, split)
    some = stream("sheet", len(j.ids)).permutation(len(j.ids))[:SHOWN]
    parts = (
        (f"{run.name}: predictions", np.sort(some), f"{len(some)} pictures of the split {split}, drawn by chance."),
        (f"{run.name}: wrong predictions", worst(j), "The mistakes that it was surest of, each class in turn."),
    )
    out = []
    for title, chosen, note in parts:
        if not len(chosen):
            out.append(Section(title, note=NONE))
            continue
        path = folder / f"{title.replace(': ', '-').replace(' ', '-')}.png"
        _sheet(j, chosen, [prepared.pixels[first[j.ids[i]]] for i in chosen], path)
        out.append(Section(title, (_listed(j, chosen),), note, (Figure(path, f"{title}. {note}"),)))
    return tuple(out)


def first_rows(prepared: PreparedSet, split: str) -> dict[str, int]:
    """The first row of each picture of a split: the view that is shown."""
    found: dict[str, int] = {}
    for index, row in enumerate(prepared.rows):
        if row.split == split:
            found.setdefault(row.id, index)
    return found


def worst(j: Judgement, count: int = SHOWN) -> Indices:
    """The pictures that were called wrong with the least probability for their class, the classes in turn."""
    right = j.probabilities[np.arange(len(j.truth)), j.truth]
    wrong = np.flatnonzero(j.said != j.truth)
    order = wrong[np.argsort(right[wrong], kind="stable")]
    rank: dict[int, int] = {}
    keys = []
    for index in order.tolist():
        label = int(j.truth[index])
        rank[label] = rank.get(label, -1) + 1
        keys.append((rank[label], label, index))
    return np.array([index for _, _, index in sorted(keys)[:count]], dtype=np.int64)


def _listed(j: Judgement, chosen: Indices) -> Table:
    rows = [
        (number, j.classes[j.truth[i]], j.classes[j.said[i]], f"{j.probabilities[i, j.said[i]]:.3f}",
         j.generators[i] or "-", j.ids[i][:16])
        for number, i in enumerate(chosen, 1)
    ]  # fmt: skip
    return Table(("number", "true", "said", "probability of what was said", "generator", "picture"), tuple(rows))


def _sheet(j: Judgement, chosen: Indices, pictures: Sequence[Any], path: Path) -> None:
    lines = -(-len(chosen) // COLUMNS)
    with styled() as plt:
        figure, axes = plt.subplots(lines, COLUMNS, figsize=(1.5 * COLUMNS, 1.75 * lines), squeeze=False)
        for axis in axes.flat:
            axis.axis("off")
        for number, (axis, index, picture) in enumerate(zip(axes.flat, chosen, pictures, strict=False), 1):
            axis.imshow(picture)
            said = j.classes[j.said[index]]
            true = j.classes[j.truth[index]]
            axis.set_title(f"{number}. {true}\nsaid {said} {j.probabilities[index, j.said[index]]:.2f}", fontsize=7)
        figure.tight_layout()
        figure.savefig(path)
        plt.close(figure)
