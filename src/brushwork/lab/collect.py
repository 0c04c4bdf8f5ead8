"""The collection: pictures of the table's sources, read out of git clones by seed and cap, with a manifest beside them.

Every source leaves a file of rows of its own, so a run that was cut off goes on where it stopped, and a table that
grew costs only what is new. What is not taken is counted with its reason.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import LabError, PictureError
from ..picture import Limits, Picture, open_picture
from .clones import Blob, BlobReader, blobs, clone_of, first_committed, head_of, pictures_of
from .crops import Forbidden, dhash
from .datasets import AI, HUMAN, Row
from .families import HUMAN_WORD, UNKNOWN, declares_ai, family_of, model_in
from .manifest import Kept, Taken, is_near, room_for, write_bytes, write_json, write_manifest
from .sources import ListedPicture, Source
from .weather import stream
from .writing import alone

LIMITS: Final = Limits(max_bytes=40 * 1024 * 1024, max_pixels=60_000_000, max_side=20_000)
FORMATS: Final = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
LEAST_SIDE: Final = 200
"""Pixels of the shorter side under which a picture shows too little; pixel art is small by nature."""
SMALL_BY_NATURE: Final = "pixel art"
MANY_RESERVED: Final = 2
"""So many reserved pictures in a repository, and none of it may be used."""
WORDS: Final = {HUMAN: "human", AI: "ai"}
MANIFEST: Final = "manifest.csv"
PARTS: Final = "parts"
NEAR: Final = "nearly another of the collection"


@dataclass(frozen=True)
class Gathering:
    """What a whole run obeys. `apart` are the rows whose sources, files and near copies may not be taken."""

    clones: Path
    out: Path
    listed: Mapping[str, Sequence[ListedPicture]] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
    apart: tuple[Row, ...] = ()
    near: int = 4
    seed: int = 0
    most: int = 500


@dataclass
class Collected:
    """What came of it: the rows, the sources that gave some, what was left out and why, and the sources not read."""

    rows: tuple[Taken, ...]
    left_out: Counter[str]
    unread: dict[str, str]

    @property
    def sources(self) -> int:
        """How many repositories gave a picture."""
        return len({row.repository for row in self.rows})

    def told(self) -> Iterator[str]:
        """In words: what there is by label, kind and generator, what was left out, and which sources were not read."""
        yield f"{len(self.rows):,} pictures of {self.sources:,} sources"
        for name in ("label", "kind", "generator"):
            yield f"by {name}:"
            counts = Counter((row.label, getattr(row, name)) for row in self.rows)
            for (label, word), count in counts.most_common():
                yield f"  {count:6,}  {label}" + (f"  {word}" if name != "label" else "")
        for reason, count in self.left_out.most_common():
            if count:
                yield f"left out: {count:,} pictures: {reason}"
        for repository, reason in sorted(self.unread.items()):
            yield f"not read: {repository}: {reason}"


def collect(
    sources: Sequence[Source], plan: Gathering, tick: Callable[[Sequence[Source]], Iterable[Source]]
) -> Collected:
    """Read every source that is not yet read, write the manifest after each, and say what it ended with.

    Raises LabError where the disk is full, or another run collects there. A clone that is missing or refused is
    counted, not an error.
    """
    room_for(plan.out)
    with alone(plan.out / MANIFEST):
        return _collect(sources, plan, tick)


def _collect(
    sources: Sequence[Source], plan: Gathering, tick: Callable[[Sequence[Source]], Iterable[Source]]
) -> Collected:
    kept, left_out, unread = Kept(plan.near), Counter[str](), dict[str, str]()
    for source in tick(sources):
        room_for(plan.out)
        part = plan.out / PARTS / f"{_key(source, plan)}.json"
        fresh = not part.is_file()
        try:
            if fresh:
                _read(source, plan, part)
        except LabError as error:
            unread[source.repository] = error.detail
            continue
        stored = json.loads(part.read_text(encoding="utf-8"))
        left_out.update(stored["left_out"])
        left_out[NEAR] += sum(not kept.add(Taken(**row)) for row in stored["rows"])
        if fresh:
            write_manifest(kept.rows, plan.out / MANIFEST)
    write_manifest(kept.rows, plan.out / MANIFEST)
    return Collected(tuple(kept.rows), left_out, unread)


def _key(source: Source, plan: Gathering) -> str:
    """The same for the same line of the table under the same rules."""
    listed = [p.sha for p in plan.listed.get(source.repository, ())] if source.listed else []
    apart = sorted(row.id for row in plan.apart)
    words = json.dumps([asdict(source), plan.seed, plan.most, plan.near, sorted(plan.reserved), listed, apart])
    return f"{source.repository.replace('/', '+')}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def _read(source: Source, plan: Gathering, part: Path) -> None:
    """Take the pictures of one source and write its rows. Raises LabError where it may not or cannot be read."""
    clone = clone_of(plan.clones, source.repository)
    if clone is None:
        raise LabError("There is no clone of it.", "Clone it, at the commit of the table.")
    if source.repository in {row.source for row in plan.apart}:
        raise LabError("It is a source of the set that is kept apart.", "Take it out of the table.")
    commit = head_of(clone, source.commit)
    dates = first_committed(clone, commit)
    if len(plan.reserved & dates.keys()) >= MANY_RESERVED:
        raise LabError("It holds several pictures that are reserved.", "Take it out of the table.")
    candidates, left_out = _candidates(source, plan, clone, commit, dates)
    taker = _Taker(source, plan, dates, left_out)
    with blobs(clone) as reader:
        for blob, generator in candidates:
            if len(taker.rows) >= min(source.cap, plan.most):
                break
            taker.take(blob, generator, reader)
    write_json(part, {"rows": [asdict(row) for row in taker.rows], "left_out": left_out})


def _candidates(
    source: Source, plan: Gathering, clone: Path, commit: str, dates: Mapping[str, str]
) -> tuple[list[tuple[Blob, str]], Counter[str]]:
    """Blobs in the order in which they are tried, each with what the list says of its generator."""
    left_out: Counter[str] = Counter()
    if source.listed:
        found = [
            (Blob(p.sha, p.path), p.generator)
            for p in plan.listed.get(source.repository, ())
            if not _skipped(source, p)
        ]
    else:
        found = [(blob, source.generator) for blob in pictures_of(clone, commit) if source.wants(blob.path)]
    unique = list({blob.sha: (blob, generator) for blob, generator in reversed(found)}.values())
    left_out["the same file twice in a source"] = len(found) - len(unique)
    free = [item for item in unique if item[0].sha not in plan.reserved]
    left_out["reserved"] = len(unique) - len(free)
    early = [item for item in free if not source.before or dates.get(item[0].sha, "9") < source.before]
    left_out["committed too late to be sure"] = len(free) - len(early)
    return spread(early, plan.seed, source.repository), left_out


def _skipped(source: Source, picture: ListedPicture) -> bool:
    return not replace(source, pictures=("*",)).wants(picture.path)


def spread(items: Sequence[tuple[Blob, str]], seed: int, name: str) -> list[tuple[Blob, str]]:
    """Drawn by `seed`, one of each folder and generator in turn, so that a cap cuts none of them off."""
    groups: dict[tuple[str, str], list[tuple[Blob, str]]] = defaultdict(list)
    for blob, generator in sorted(items):
        groups[(generator, str(Path(blob.path).parent))].append((blob, generator))
    rng = stream("collect", seed, name)
    ranked = []
    for number, key in enumerate(sorted(groups)):
        for turn, index in enumerate(rng.permutation(len(groups[key]))):
            ranked.append((turn, number, groups[key][int(index)]))
    return [item for _, _, item in sorted(ranked, key=lambda entry: entry[:2])]


class _Taker:
    """Takes the pictures of one source one by one, and counts those that it does not take."""

    def __init__(self, source: Source, plan: Gathering, dates: Mapping[str, str], left_out: Counter[str]) -> None:
        self.rows: list[Taken] = []
        self._source = source
        self._plan = plan
        self._dates = dates
        self._left_out = left_out
        self._seen: list[int] = []
        self._apart = Forbidden.of(plan.apart, plan.near)

    def take(self, blob: Blob, generator: str, reader: BlobReader) -> None:
        data = reader.read(blob.sha)
        if data is None:
            self._left_out["not in the clone"] += 1
            return
        try:
            picture = open_picture(data, LIMITS, name=blob.path)
        except PictureError as error:
            self._left_out[error.title] += 1
            return
        mark = dhash(picture.rgb)
        reason = self._objection(picture, data, mark)
        if reason:
            self._left_out[reason] += 1
            return
        self._seen.append(int(mark, 16))
        self.rows.append(self._kept(blob, generator, picture, data, mark))

    def _objection(self, picture: Picture, data: bytes, mark: str) -> str:
        if picture.facts.format not in FORMATS:
            return "of another format"
        if min(picture.width, picture.height) < LEAST_SIDE and SMALL_BY_NATURE not in self._source.kind:
            return f"shorter side under {LEAST_SIDE} pixels"
        if picture.rgb.std() < 2:
            return "empty"
        if self._source.label == HUMAN and declares_ai(data):
            return "declares AI in a human source"
        if self._source.declared and not declares_ai(data):
            return "declares nothing"
        if is_near(int(mark, 16), self._apart.hashes, self._plan.near):
            return "nearly one of the set kept apart"
        if is_near(int(mark, 16), np.array(self._seen, dtype=np.uint64), self._plan.near):
            return "nearly another of its source"
        return ""

    def _kept(self, blob: Blob, generator: str, picture: Picture, data: bytes, mark: str) -> Taken:
        source, form = self._source, picture.facts.format or ""
        word = WORDS[source.label]
        place = Path("full") / word / source.repository.replace("/", "+") / f"{blob.sha}.{FORMATS[form]}"
        write_bytes(self._plan.out / place, data)
        model, family = _generator(source, generator, data)
        return Taken(
            path=str(place), sha=blob.sha, repository=source.repository, repo_path=blob.path, label=word,
            generator=family, kind=source.kind, date=self._dates.get(blob.sha, source.date), licence=source.licence,
            dhash=mark, width=picture.width, height=picture.height, format=form, model=model, proof=source.proof,
        )  # fmt: skip


def _generator(source: Source, listed: str, data: bytes) -> tuple[str, str]:
    """What is said of the model, and its family: the file's own words count more than the list's or the table's."""
    if source.label == HUMAN:
        return "", HUMAN_WORD
    embedded = model_in(data)
    for words in (embedded, listed, source.generator):
        family = family_of(words)
        if family not in (UNKNOWN, "Stable Diffusion"):
            return words, family
    words = embedded or listed or source.generator
    return words, family_of(f"{listed} {source.generator}")
