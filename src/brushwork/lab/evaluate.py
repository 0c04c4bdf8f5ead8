"""Scores of pictures under each weather, and what they say: per weather, per kind, per source, per generator."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import LabError
from ..forensics.patches import prepare
from ..forensics.recipe import PatchPlan
from ..forensics.scorer import Session, run_session
from ..picture import open_picture
from .crops import LIMITS
from .datasets import AI, Row
from .metrics import Bools, Floats
from .weather import Weather, degrade, stream

WEATHERS: Final[tuple[Weather, ...]] = ("clean", "web", "hard")


@dataclass(frozen=True)
class Scored:
    """One picture under one weather; `logit` is the mean over its patches."""

    id: str
    label: int
    source: str
    kind: str
    generator: str
    date: str
    weather: str
    logit: float


def score(
    rows: Iterable[Row], session: Session, plan: PatchPlan, weathers: Sequence[Weather] = WEATHERS, seed: int = 0
) -> list[Scored]:
    """Score every row under every weather with an ONNX session; the weather of a picture depends on its id alone.

    Raises PictureError for a picture that does not open: a set that is measured on has none.
    """
    out: list[Scored] = []
    for row in rows:
        rgb = open_picture(row.data(), LIMITS, name=row.id).rgb
        for weather in weathers:
            patches, _ = prepare(degrade(rgb, weather, stream("weather", seed, weather, row.id)), plan)
            logit = float(np.mean(run_session(session, patches), dtype=np.float64))
            out.append(Scored(row.id, row.label, row.source, row.kind, row.generator, row.date, weather, logit))
    return out


def write_scores(scored: Sequence[Scored], path: Path) -> None:
    """Keep scores as CSV, so that every figure can be computed again without the pictures."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, [f.name for f in fields(Scored)])
        writer.writeheader()
        writer.writerows(asdict(s) for s in scored)


def read_scores(path: Path) -> list[Scored]:
    """Read what `write_scores` wrote. Raises LabError where it is something else."""
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return [
                Scored(**{**r, "label": int(r["label"]), "logit": float(r["logit"])})  # type: ignore[arg-type]
                for r in csv.DictReader(lines)
            ]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise LabError(f"{path} holds no scores: {error}.", "Run `brushwork evaluate` to make it.") from error


def under(scored: Sequence[Scored], weather: str) -> list[Scored]:
    """The scores under one weather. Raises LabError where there are none."""
    found = [s for s in scored if s.weather == weather]
    if not found:
        raise LabError(f"No picture was scored under {weather} weather.", f"Score under {', '.join(WEATHERS)}.")
    return found


def logits_of(scored: Sequence[Scored]) -> Floats:
    """Logits in order."""
    return np.array([s.logit for s in scored], dtype=np.float64)


def positive_of(scored: Sequence[Scored]) -> Bools:
    """True for AI, in order."""
    return np.array([s.label == AI for s in scored], dtype=np.bool_)


FAMILIES: Final[tuple[tuple[str, int, tuple[str, ...]], ...]] = (
    # name, year of the first release, words by which the published descriptions name it; the first match counts
    ("DeepFloyd IF", 2023, ("deepfloyd",)),
    ("Midjourney", 2022, ("midjourney",)),
    ("GPT image (GPT-4o and later)", 2025, ("gpt-4o", "gpt-image", "gpt4o")),
    ("Gemini image (nano banana)", 2025, ("gemini", "nano banana", "nano-banana", "google")),
    ("DALL-E 3 (Designer, ChatGPT)", 2023, ("dall", "designer", "azure openai")),
    ("Flux", 2024, ("flux",)),
    ("Stable Diffusion 1.x checkpoints, anime", 2022, ("ai-anime sd1.5",)),
    ("Stable Diffusion 1.x", 2022, ("stable diffusion 1", "sd1.5")),
    ("ComfyUI or A1111, model not named", 2022, ("comfyui", "a1111")),
    ("other models of 2024-26 (stable-diffusion.cpp)", 2024,
     ("anima", "ernie_image", "ideogram4", "lens", "mage_flow", "ovis", "qwen", "sefi_image", "wan", "z_image")),
    ("Stable Diffusion 1 to 3 (stable-diffusion.cpp)", 2022, ("sd1/2/xl/3",)),
)  # fmt: skip


def family_of(generator: str) -> str:
    """The family of a generator with the year of its first release; the description itself where none matches."""
    text = generator.lower()
    for name, year, words in FAMILIES:
        if any(word in text for word in words):
            return f"{name}, {year}"
    return generator[:60]
