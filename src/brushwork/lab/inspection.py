"""`brushwork data inspect`: what is in a set, on one page that opens offline, and where a shortcut lies in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from .audit import FOLDS, LIMIT, cross_validated
from .classifiers.prepared import PreparedSet
from .datasets import AI, HUMAN, Row
from .grids import write_sheet
from .looking import Broken, Seen, giveaways, look, measured
from .manifest import is_near
from .plots import AI_COLOUR, HUMAN_COLOUR, saved, styled
from .prepared_audit import audit_prepared
from .report import Figure, Section, write_report
from .splits import WORDS, drawn
from .tables import UNTOLD, Table
from .views import ViewPlan, views_of

SHOWN: Final = 24
LISTED: Final = 20
NEAR: Final = 2
COMPARED: Final = 4000
"""At most so many pictures are compared with each other for near copies; exact copies are looked for among all."""
SIDE: Final = 112
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


class Labelled(Protocol):
    """What rows of manifests and of prepared sets have in common."""

    @property
    def label(self) -> int:
        """HUMAN or AI."""

    @property
    def generator(self) -> str:
        """The generator, "" where it is not told."""

    @property
    def source(self) -> str:
        """The account or collection."""

    @property
    def split(self) -> str:
        """The split, "" where none was given."""


def inspect_manifest(
    rows: Sequence[Row], out: Path, title: str, done: Callable[[int], None] = lambda _: None, workers: int | None = None
) -> Path:
    """Open every picture of `rows` and write report.html and report.md into `out`; the path of the first."""
    seen, broken = look(rows, done, workers)
    parts = [
        *of_rows(rows), _formats(seen), _sizes(seen), _shortcuts(seen), _copies(seen), _damaged(broken, len(rows)),
        *_samples(seen, out / "samples"),
    ]  # fmt: skip
    return write_report(title, parts, _plots(rows, seen, out / "plots"), out)


def inspect_prepared(made: PreparedSet, out: Path) -> Path:
    """The same of a prepared set, from its pixels."""
    found = audit_prepared(made)
    told = Section("Audit", (Table(("what was looked for",), tuple((line,) for line in found.told())),))
    how = Section("How it was made", (Table(("what", "value"), tuple(dict(made.facts["how"]).items())),))
    samples = []
    for label, word in WORDS.items():
        members = [i for i, row in enumerate(made.rows) if row.label == label and row.split == "train"]
        some = np.random.default_rng(0).permutation(len(members))[:SHOWN]
        path = write_sheet([made.pixels[members[int(i)]] for i in some], out / "samples" / f"{word}.png")
        samples.append(Figure(path, f"{word} pictures of train as a model sees them, drawn by chance."))
    parts = [*of_rows(made.rows), told, how, Section("Samples", figures=tuple(samples))]
    return write_report(f"The prepared set {made.folder.name}, {made.side} pixels", parts, {}, out)


def of_rows(rows: Iterable[Labelled]) -> tuple[Section, ...]:
    """Classes, generators and sources, counted."""
    rows = list(rows)
    counts = Counter((r.split or "none", r.label) for r in rows)
    splits = sorted({split for split, _ in counts})
    balance = [(s, counts[s, HUMAN], counts[s, AI], _share(counts[s, AI], counts[s, HUMAN])) for s in splits]
    total = Counter(r.label for r in rows)
    balance.append(("all", total[HUMAN], total[AI], _share(total[AI], total[HUMAN])))
    larger, smaller = max(total.values()), min(total[HUMAN], total[AI])
    note = "Both classes have about as many." if smaller * 1.5 >= larger else (
        f"One class has {larger / max(smaller, 1):.1f} times as many as the other: "
        "prepare with --balance, or read rates by class."
    )  # fmt: skip
    return (
        Section("Classes", (Table(("split", "human", "AI", "share of AI"), tuple(balance)),), note),
        Section("Generators", (_by(rows, AI, "generator", splits),)),
        Section("Sources of human works", (_by(rows, HUMAN, "source", splits),), f"The {LISTED} largest."),
        Section("Sources of AI works", (_by(rows, AI, "source", splits),), f"The {LISTED} largest."),
    )


def _share(ai: int, human: int) -> str:
    return f"{ai / max(ai + human, 1):.1%}"


def _by(rows: Sequence[Labelled], label: int, name: str, splits: Sequence[str]) -> Table:
    members = [r for r in rows if r.label == label]
    counts = Counter((getattr(r, name) or UNTOLD, r.split or "none") for r in members)
    total = Counter(getattr(r, name) or UNTOLD for r in members)
    found = [(key, *(counts[key, split] for split in splits), count) for key, count in total.most_common(LISTED)]
    return Table((name, *splits, "all"), tuple(found))


def _formats(seen: Sequence[Seen]) -> Section:
    counts = Counter((s.form, s.row.label) for s in seen)
    totals = Counter(s.row.label for s in seen)
    rows = [
        (form, *(f"{counts[form, label]:,} ({counts[form, label] / max(totals[label], 1):.0%})" for label in WORDS))
        for form in sorted({form for form, _ in counts})
    ]
    return Section("Formats", (Table(("format", *WORDS.values()), tuple(rows)),))


MEASURED: Final[tuple[tuple[str, Callable[[Seen], float | None]], ...]] = (
    ("width", lambda s: s.width), ("height", lambda s: s.height), ("bits per pixel", lambda s: s.bits_per_pixel),
    ("JPEG quality", lambda s: s.quality),
)  # fmt: skip


def _sizes(seen: Sequence[Seen]) -> Section:
    rows = []
    for what, value in MEASURED:
        for label, word in WORDS.items():
            values = [v for s in seen if s.row.label == label and (v := value(s)) is not None]
            if values:
                rows.append((what, word, *(f"{q:,.4g}" for q in np.quantile(values, QUANTILES))))
    return Section("Sizes", (Table(("what", "class", *(f"{q:.0%}" for q in QUANTILES)), tuple(rows)),))


def _shortcuts(seen: Sequence[Seen]) -> Section:
    """Which facts of the files tell the classes apart, each alone and all together."""
    if len({s.row.label for s in seen}) < 2:
        return Section("Shortcuts", note="One class only: nothing to tell apart.")
    alone = giveaways(seen)
    rows = [(name, f"{value:.3f}", "a shortcut" if value > LIMIT else "") for name, value in alone]
    together = _together(seen)
    rows.append(("all together, sources apart", together, ""))
    bad = [name for name, value in alone if value > LIMIT]
    note = f"No fact of the files alone is above {LIMIT}."
    if bad:
        note = f"A model could answer by {', '.join(bad)} and not look at the picture: prepare with --equalise."
    return Section("Shortcuts", (Table(("fact of the file", "AUC", f"above {LIMIT}"), tuple(rows)),), note)


def _together(seen: Sequence[Seen]) -> str:
    groups = {label: {s.row.group for s in seen if s.row.label == label} for label in WORDS}
    if min(map(len, groups.values())) < FOLDS:
        return "too few sources to judge"
    labels = np.array([s.row.label for s in seen])
    return f"{cross_validated(measured(seen), labels, [s.row.group for s in seen]):.3f}"


def _copies(seen: Sequence[Seen]) -> Section:
    by_id: dict[str, list[Seen]] = defaultdict(list)
    for s in seen:
        by_id[s.row.id + s.row.crop].append(s)
    same = [group for group in by_id.values() if len(group) > 1]
    across = [g for g in same if len({s.row.split for s in g}) > 1]
    both = [g for g in same if len({s.row.label for s in g}) > 1]
    unique = [g[0] for g in by_id.values()]
    some = [unique[int(i)] for i in sorted(np.random.default_rng(0).permutation(len(unique))[:COMPARED])]
    rows = (
        ("the same file more than once", len(same)), ("the same file in two splits", len(across)),
        ("the same file in both classes", len(both)),
        (f"nearly another (within {NEAR} bits of the hash), among {len(some):,}", _near(some)),
    )  # fmt: skip
    places = [(g[0].row.place, len(g)) for g in same[:LISTED]]
    listed = (Table(("first places", "times"), tuple(places)),) if places else ()
    return Section("Copies", (Table(("what", "pictures"), rows), *listed))


def _near(seen: Sequence[Seen]) -> int:
    marks = [int(s.mark, 16) for s in seen]
    telling = [m for m in marks if 8 <= m.bit_count() <= 56]  # a plain ground has hardly a bit set, and says nothing
    known = np.array(telling, dtype=np.uint64)
    return sum(is_near(mark, known[:number], NEAR) for number, mark in enumerate(telling))


def _damaged(broken: Sequence[Broken], total: int) -> Section:
    if not broken:
        return Section("Damaged pictures", note=f"All {total:,} pictures open.")
    counts = Table(("reason", "pictures"), tuple(Counter(b.reason for b in broken).most_common()))
    listed = Table(("place", "what is wrong"), tuple((b.row.place, b.detail) for b in broken[:LISTED]))
    return Section("Damaged pictures", (counts, listed), f"{len(broken):,} of {total:,}; `preprocess` leaves them out.")


def _samples(seen: Sequence[Seen], folder: Path) -> tuple[Section, ...]:
    """Sheets of each class, as published and as training may change them."""
    changed = ViewPlan(SIDE, crops=1, mirror=True, weather="hard")
    parts = []
    for title, name, plan in (("Samples", "", ViewPlan(SIDE)), ("Samples, changed", "changed-", changed)):
        figures = []
        for label, word in WORDS.items():
            some = drawn([s.row for s in seen if s.row.label == label], SHOWN, 0, "sheet", label)
            squares = [views_of(replace(row, split="train"), plan)[-1][1] for row in some]
            if squares:
                path = write_sheet(squares, folder / f"{name}{word}.png")
                how = "cropped, mirrored, through hard weather" if name else "whole, pressed to a square"
                figures.append(Figure(path, f"{word}: {how}; drawn by chance."))
        parts.append(Section(title, figures=tuple(figures)))
    return tuple(parts)


def _plots(rows: Sequence[Row], seen: Sequence[Seen], folder: Path) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    with styled() as plt:
        figure, axes = plt.subplots()
        names = Counter((r.generator or UNTOLD) if r.label == AI else "human" for r in rows).most_common(LISTED)
        colours = [HUMAN_COLOUR if name == "human" else AI_COLOUR for name, _ in names]
        axes.barh([name[:40] for name, _ in names], [count for _, count in names], color=colours)
        axes.invert_yaxis()
        axes.set(xlabel="pictures", title="Pictures by generator")
        drawings = {"Pictures by generator": saved(plt, figure, folder / "generators")}
        figure, axes = plt.subplots()
        for label, colour, hatch in ((HUMAN, HUMAN_COLOUR, ""), (AI, AI_COLOUR, "//")):
            values = [min(s.bits_per_pixel, 24.0) for s in seen if s.row.label == label]
            if values:
                axes.hist(
                    values,
                    bins=40,
                    range=(0, 24),
                    alpha=0.6,
                    color=colour,
                    hatch=hatch,
                    label=WORDS[label],
                    density=True,
                )
        axes.set(xlabel="bits per pixel of the file", ylabel="density", title="How well the files pack")
        axes.legend()
        drawings["Bits per pixel by class"] = saved(plt, figure, folder / "bits")
    return drawings
