"""CARD.md: every figure on it is computed here from scores; only the sentences are written by hand."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..forensics.bundle import MODEL_FILE
from ..forensics.recipe import Origin
from . import tables
from .aims import checks
from .calibrate import Fit, Judged, cross_fit
from .datasets import AI, HUMAN, Row
from .evaluate import Scored, logits_of, positive_of, under
from .generators import generator_of
from .metrics import Rate, threshold_at_fpr
from .tables import table

FPR_TABLE: Final = (0.001, 0.005, 0.01, 0.02, 0.05)
WORST: Final = 10


@dataclass(frozen=True)
class Effort:
    """What training took: `crops` seen, `pictures` and `sources` trained on, seconds, and the machine in words."""

    crops: int
    seconds: float
    hardware: str


@dataclass(frozen=True)
class CardFacts:
    """Everything that a card is written from."""

    name: str
    version: str
    summary: str
    trained_on: Sequence[Row]
    measured_on: Sequence[Row]
    left_out: Sequence[str]
    scored: Sequence[Scored]
    fit: Fit
    origin: Origin
    effort: Effort
    parity: float
    shortcut_auc: tuple[float, float]
    more: Mapping[str, str] = field(default_factory=dict)
    """Sections that other steps measured, by title: held-out generators, likely source, changed answers."""


def card(facts: CardFacts, folder: Path) -> str:
    """The model card, Markdown, with the hashes of the files that lie in `folder` already."""
    judged = cross_fit(facts.scored)
    kind = tables.by_kind(judged)
    measured = (
        ("Aims", checks(judged), ""),
        ("By weather", tables.by_weather(judged), _CHOSEN),
        ("Answers given (cross-fitted; from the pixels alone)", tables.answers(judged), ""),
        ("False positives of `looks_ai` by kind of human art", tables.false_positives(judged, kind), ""),
        ("False positives of `looks_ai` by human source", tables.false_positives(judged, tables.by_source), ""),
        ("Recall of `looks_ai` by generator and year of its release", tables.recalls(judged, tables.by_generator), ""),
        ("Recall of `looks_ai` by family of generators", tables.recalls(judged, tables.by_family), ""),
        ("The same picture, other answers", tables.flips(judged), ""),
        ("Calibration (cross-fitted, clean)", tables.calibration(judged), ""),
    )
    sections = (
        _head(facts), _training(facts), _method(facts),
        *(f"## {title}\n{found.markdown}\n{note}" for title, found, note in measured), _thresholds(facts),
        *(f"## {title}\n{text}\n" for title, text in facts.more.items()), _mistakes(judged), _origin(facts, folder),
    )  # fmt: skip
    return "\n".join(sections)


_CHOSEN: Final = """
The two columns in the middle choose their threshold on this very set; the two after them are cross-fitted. Photographs
are apart from art; beside them stand all AI pictures.
"""


def _head(facts: CardFacts) -> str:
    return f"""# Model card: {facts.name} {facts.version}

{facts.summary}

## Intended use
Triage and a second look at drawings, paintings, illustrations and other art: one piece of evidence beside what the file
says of itself. Its `looks_ai` is set so that few human works get it; most AI works then get "cannot tell".

## Not for
- Accusing a person: a score is no proof, and no human work is ever proved human by it.
- Pictures under the minimum side, flat ones, heavily compressed ones, screenshots, text, memes: outside its range.
- Photographs of people as evidence; parts of a picture (it scores patches, but no edit detection was measured).
- Generators and kinds of art that are not in the tables below: nothing is known there, and chance is the safe guess.
"""


def _training(facts: CardFacts) -> str:
    rows = facts.trained_on
    by = Counter((("human", "AI")[r.label], r.source) for r in rows)
    human, ai = (sum(r.label == label for r in rows) for label in (HUMAN, AI))
    licences = {r.source: r.licence or "not stated" for r in rows}
    largest_first = sorted(by.items(), key=lambda kv: (kv[0][0], -kv[1], kv[0][1]))
    listed = [(side, source, n, licences[source]) for (side, source), n in largest_first]
    left_out = "\n".join(f"- {line}" for line in facts.left_out)
    return f"""## Training data
{len(rows):,} pictures ({human:,} human, {ai:,} AI) from {len(by)} public sources, read as published. Labels of sources
later than July 2022 rest on their authors' word. Many of these pictures carry no licence that would allow passing them
on: none is part of this project. Each source weighs the square root of its pictures, each class a half.

A classifier that sees only format, size, bits per pixel and quality of the files tells the classes apart with an AUC
of {facts.shortcut_auc[0]:.2f} as published and {facts.shortcut_auc[1]:.2f} after the preparation (sources held out).

Left out of training:
{left_out}

<details><summary>Sources</summary>

{table(("class", "source", "pictures", "licence"), listed)}

</details>
"""


def _method(facts: CardFacts) -> str:
    clean = under(facts.scored, "clean")
    human = sum(s.label == HUMAN for s in clean)
    sources = len({s.source for s in clean})
    return f"""## How the figures below were made
Measured on {len(clean)} pictures ({human} human, {len(clean) - human} AI) of {sources} sources that training never saw.
The same set served to choose between trained models and ways to cut patches, so the figures are somewhat favourable.
Calibration and thresholds of the figures by answer are **cross-fitted by source**: each picture is judged with values
fitted on other sources only. The thresholds of the recipe are fitted on the whole set; the rates written beside them
there, which every verdict shows, are cross-fitted. Weather: *clean* as published; *web* one or two of JPEG, WebP,
mild resizing, sharpening, then mostly a JPEG of 65 to 95; *hard* two to four of all degradations, then mostly a JPEG
of 30 to 80. {form_of(facts.measured_on)}; flat and compressed ones count here, though at
run time those outside the range get "cannot tell". Intervals are 95 %: of AUC and recall by drawing whole sources 500
times, of rates exact (Clopper-Pearson), which takes pictures of one source for independent and is therefore narrow.
"""


def form_of(rows: Sequence[Row]) -> str:
    """Whether the pictures of a set are whole published files or crops of them, and how large those are."""
    crops = [[int(v) for v in row.crop.split(",")] for row in rows if row.crop]
    if not crops:
        return "Pictures in the set are whole published files"
    sides = sorted({max(width, height) for _, _, width, height in crops})
    sizes = " or ".join(str(side) for side in sides) if len(sides) < 3 else f"{sides[0]} to {sides[-1]}"
    if len(crops) == len(rows):
        return f"Pictures in the set are crops of {sizes} pixels"
    return f"{len(crops):,} of the {len(rows):,} pictures are crops of {sizes} pixels, the others whole published files"


def _thresholds(facts: CardFacts) -> str:
    clean = under(facts.scored, "clean")
    scores, positive = logits_of(clean), positive_of(clean)
    n = int((~positive).sum())
    lines = []
    for share in FPR_TABLE:
        limit = threshold_at_fpr(scores[~positive], share)
        hit = Rate(int((scores[~positive] >= limit).sum()), n)
        caught = Rate(int((scores[positive] >= limit).sum()), int(positive.sum()))
        lines.append((f"{share:.1%}", f"{limit:.3f}", hit, caught))
    fits = facts.fit.thresholds
    shipped = [
        (name, t.probability, t.fitted_for, t.fpr, t.fpr_upper95, t.recall, t.n_human, t.n_ai)
        for name, t in (("clear", fits.clear), ("balanced", fits.balanced), ("strict", fits.strict))
    ]
    head = ("threshold", "probability", "fitted so that", "human above", "upper 95 %", "AI above", "n human", "n AI")
    return f"""## Thresholds
Shipped, fitted on the whole set; the rates are cross-fitted by source:

{table(head, shipped)}

On the clean set,
a threshold chosen on it for each false-positive rate (under {1 / n:.2%} is out of reach of {n} works):

{table(("aim", "logit", "false positives", "recall"), lines)}
"""


def _mistakes(judged: Sequence[Judged]) -> str:
    clean = [j for j in judged if j.scored.weather == "clean"]
    human = sorted((j for j in clean if j.scored.label == HUMAN), key=lambda j: -j.probability)[:WORST]
    ai = sorted((j for j in clean if j.scored.label == AI), key=lambda j: j.probability)[:WORST]
    missed = [
        (f"{j.probability:.2f}", generator_of(j.scored.generator), j.scored.source, f"`{j.scored.id[:10]}`") for j in ai
    ]
    accused = [(f"{j.probability:.2f}", j.scored.kind, j.scored.source, f"`{j.scored.id[:10]}`") for j in human]
    return f"""## Known failures
The human works of the set with the highest probability:

{table(("probability", "kind", "source", "file"), accused)}

The AI works with the lowest:

{table(("probability", "generator", "source", "file"), missed)}
"""


def _origin(facts: CardFacts, folder: Path) -> str:
    origin = facts.origin
    model = folder / MODEL_FILE
    hashes = [(MODEL_FILE, f"{model.stat().st_size:,}", f"`{hashlib.sha256(model.read_bytes()).hexdigest()}`")]
    effort = facts.effort
    return f"""## Origin
Made {origin.created} from commit `{origin.git_commit}`, seed {origin.seed},
data manifest `{origin.data_manifest_sha256}`.
{effort.crops:,} crops in {effort.seconds / 60:.0f} minutes on {effort.hardware}. torch and ONNX Runtime differ by
{facts.parity:.1e} at most. {origin.notes}

{table(("library", "version"), sorted(origin.libraries.items()))}

{table(("file", "bytes", "sha256"), hashes)}

The hash of every other file stands in recipe.json.
"""
