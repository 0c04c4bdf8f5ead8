"""The tables of a judgement, as rows of cells: what the card, the report and the terminal show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from .calibrate import SMALLEST_KIND, Judged
from .datasets import AI, HUMAN
from .evaluate import VIEW, WEATHERS, Scored, logits_of, positive_of
from .generators import attributed_to, generator_of, named
from .kinds import PHOTOGRAPH, kind_of
from .metrics import Rate, auc, bootstrap, calibration_error, recall_at_fpr

Key = Callable[[Scored], str]
BINS: Final = 10
UNTOLD: Final = "not told"


class Table(NamedTuple):
    """A head and rows of cells, which are shown by `str`."""

    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    @property
    def markdown(self) -> str:
        """The table in Markdown."""
        lines = ["| " + " | ".join(self.head) + " |", "|" + "---|" * len(self.head)]
        lines += ["| " + " | ".join(str(c).replace("|", "/") for c in row) + " |" for row in self.rows]
        return "\n".join(lines)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    return Table(tuple(head), tuple(tuple(row) for row in rows)).markdown


def under(judged: Sequence[Judged], weather: str) -> list[Judged]:
    """The judgements under one weather."""
    return [j for j in judged if j.scored.weather == weather]


def subjects(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """All pictures, then art and photographs apart: the human ones of that subject beside all AI pictures."""
    ai = [j for j in judged if j.scored.label == AI]
    human = [j for j in judged if j.scored.label == HUMAN]
    photographs = [j for j in human if kind_of(j.scored.kind) == PHOTOGRAPH]
    art = [j for j in human if kind_of(j.scored.kind) != PHOTOGRAPH]
    parts = {"art": art, "photographs": photographs}
    return {"all": list(judged), **{name: [*part, *ai] for name, part in parts.items() if part}}


def by_weather(judged: Sequence[Judged]) -> Table:
    """AUC, rates and calibration error under each weather, photographs apart from art."""
    head = (
        "subject", "weather", "AUC", "recall at 1 % FPR", "recall at 5 % FPR", "FPR of looks_ai", "recall of looks_ai",
        "ECE",
    )  # fmt: skip
    rows = [
        (subject, weather, *_figures(under(part, weather)))
        for subject, part in subjects(judged).items()
        for weather in WEATHERS
        if under(part, weather)
    ]
    return Table(head, tuple(rows))


def _figures(part: Sequence[Judged]) -> tuple[object, ...]:
    scored = [j.scored for j in part]
    scores, positive, sources = logits_of(scored), positive_of(scored), [s.source for s in scored]
    figures = (auc, partial(recall_at_fpr, share=0.01), partial(recall_at_fpr, share=0.05))
    intervals = (bootstrap(figure, scores, positive, sources) for figure in figures)
    return (*intervals, looks_rate(part, HUMAN), looks_rate(part, AI), f"{error_of(part):.3f}")


def error_of(part: Sequence[Judged]) -> float:
    """The expected calibration error of the probabilities, both classes weighing a half."""
    said = np.array([j.probability for j in part])
    return calibration_error(said, np.array([j.scored.label == AI for j in part]), BINS)


def looks_rate(judged: Sequence[Judged], label: int) -> Rate:
    """How many of a class were called `looks_ai`."""
    flags = [j.looks_ai for j in judged if j.scored.label == label]
    return Rate(sum(flags), len(flags))


def answers(judged: Sequence[Judged]) -> Table:
    """How often each answer was given, by weather and class."""
    rows = []
    for weather in WEATHERS:
        for label, word in ((HUMAN, "human"), (AI, "AI")):
            part = [j for j in under(judged, weather) if j.scored.label == label]
            looks, clear = sum(j.looks_ai for j in part), sum(j.cleared for j in part)
            counts = (looks, len(part) - looks - clear, clear, sum(j.label_ai for j in part))
            rows.append((weather, word, len(part), *(f"{Rate(n, len(part)).value:.1%}" for n in counts)))
    return Table(("weather", "class", "n", "looks_ai", "cannot_tell", "no_sign_of_ai", "label ai"), tuple(rows))


def false_positives(judged: Sequence[Judged], key: Key) -> Table:
    """`looks_ai` on human works by group under each weather, with the one-sided upper 95 % bound of the clean rate."""
    groups = _grouped(judged, HUMAN, key)
    rows = []
    for name, part in groups:
        rates = [looks_rate(under(part, weather), HUMAN) for weather in WEATHERS]
        rows.append((name, rates[0].n, *rates, f"{rates[0].upper95:.3f}"))
    head = ("group", "n", *(f"false positives, {w}" for w in WEATHERS), "at most, clean (95 %)")
    return Table(head, tuple(rows))


def recalls(judged: Sequence[Judged], key: Key) -> Table:
    """`looks_ai` on AI works by group under each weather, and the AUC of the group against all human works."""
    human = [j.scored for j in under(judged, "clean") if j.scored.label == HUMAN]
    rows = []
    for name, part in _grouped(judged, AI, key):
        rates = [looks_rate(under(part, weather), AI) for weather in WEATHERS]
        beside = [*human, *(j.scored for j in under(part, "clean"))]
        rows.append((name, rates[0].n, *rates, f"{auc(logits_of(beside), positive_of(beside)):.3f}"))
    return Table(("group", "n", *(f"recall, {w}" for w in WEATHERS), "AUC, clean"), tuple(rows))


def _grouped(judged: Sequence[Judged], label: int, key: Key) -> list[tuple[str, list[Judged]]]:
    groups: dict[str, list[Judged]] = {}
    for j in judged:
        if j.scored.label == label:
            groups.setdefault(key(j.scored), []).append(j)
    return sorted(groups.items())


def by_kind(judged: Sequence[Judged]) -> Key:
    """The coarse kind, or "other kinds" where fewer than SMALLEST_KIND works have it."""
    counts = Counter(kind_of(j.scored.kind) for j in under(judged, "clean") if j.scored.label == HUMAN)
    rest = f"other kinds (each under {SMALLEST_KIND} works)"
    return lambda s: kind_of(s.kind) if counts[kind_of(s.kind)] >= SMALLEST_KIND else rest


def by_source(scored: Scored) -> str:
    """The source."""
    return scored.source


def by_generator(scored: Scored) -> str:
    """The generator with the year of its release."""
    return generator_of(scored.generator)


def by_family(scored: Scored) -> str:
    """The family of the generator."""
    return attributed_to(scored.generator) or UNTOLD


def by_year(scored: Scored) -> str:
    """The year in which the generator came out."""
    found = named(scored.generator)
    return str(found.year) if found else UNTOLD


def flips(judged: Sequence[Judged]) -> Table:
    """How often the same picture gets opposite answers, and how often another answer at all: `looks_ai` against
    `no_sign_of_ai` clean and under other weather, or among the picture and its harmless re-encodings."""
    of: dict[str, dict[str, str]] = {}
    for j in judged:
        of.setdefault(j.scored.id, {})[j.scored.weather] = j.answer
    views = sorted({j.scored.weather for j in judged if j.scored.weather.startswith(VIEW)})
    sets: list[tuple[str, list[str]]] = [(f"clean and {w}", ["clean", w]) for w in WEATHERS[1:]]
    if views:
        sets.append((f"the picture and {len(views)} re-encodings", ["clean", *views]))
    rows = []
    for name, wanted in sets:
        given = [{answers[w] for w in wanted} for answers in of.values() if all(w in answers for w in wanted)]
        opposite = Rate(sum({"looks_ai", "no_sign_of_ai"} <= g for g in given), len(given))
        rows.append((name, len(given), opposite, Rate(sum(len(g) > 1 for g in given), len(given))))
    return Table(("between", "pictures", "opposite answers", "another answer"), tuple(rows))


def confusion(judged: Sequence[Judged], weather: str = "clean") -> Table:
    """Who is above and below each threshold."""
    part = under(judged, weather)
    beyond = (
        ("clear", [not j.cleared for j in part]),
        ("balanced", [j.label_ai for j in part]),
        ("strict", [j.looks_ai for j in part]),
    )
    rows = []
    for name, flags in beyond:
        cells = Counter((j.scored.label, flag) for j, flag in zip(part, flags, strict=True))
        rows.append((name, *(cells[label, above] for label in (HUMAN, AI) for above in (False, True))))
    return Table(("threshold", "human below", "human above", "AI below", "AI above"), tuple(rows))


def calibration(judged: Sequence[Judged], weather: str = "clean") -> Table:
    """What was said and what was true, both classes weighing a half."""
    part = under(judged, weather)
    totals = Counter(j.scored.label for j in part)
    rows = []
    for number in range(BINS):
        here = [j for j in part if min(int(j.probability * BINS), BINS - 1) == number]
        if here:
            mass = {label: sum(j.scored.label == label for j in here) / totals[label] for label in (HUMAN, AI)}
            said = float(np.mean([j.probability for j in here]))
            true = mass[AI] / (mass[AI] + mass[HUMAN])
            rows.append((f"{number / BINS:.1f} to {(number + 1) / BINS:.1f}", len(here), f"{said:.2f}", f"{true:.2f}"))
    return Table(("probability", "pictures", "said on average", "share of AI, classes weighing equal"), tuple(rows))


def headlines(judged: Sequence[Judged]) -> Iterator[tuple[str, float]]:
    """The figures to follow from run to run, by names of letters, dots and underscores."""
    for subject, part in subjects(judged).items():
        for weather in WEATHERS:
            here = under(part, weather)
            scored = [j.scored for j in here]
            scores, positive = logits_of(scored), positive_of(scored)
            yield f"auc.{subject}.{weather}", auc(scores, positive)
            yield f"recall_at_1.{subject}.{weather}", recall_at_fpr(scores, positive, 0.01)
            yield f"ece.{subject}.{weather}", error_of(here)
