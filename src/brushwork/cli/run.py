"""One run of `brushwork scan`: inputs in, rows out in the same order, errors told, the state kept."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..errors import BrushworkError, BundleError, PictureError
from ..failures import failed
from ..forensics.distant import bundle_of
from ..processes import ProcessDied
from ..settings import Settings
from ..verdict import Answer, Verdict
from ..workers import Job, Workers
from .exits import ExitCode
from .formats import Writer
from .inputs import STDIN, Chosen, Selection
from .interrupts import interrupts_remembered
from .progress import Progress
from .resume import ScanState, Stamp

POLICIES: Final = (Answer.LOOKS_AI, Answer.MADE_WITH_AI, Answer.PARTLY_AI, Answer.CANNOT_TELL, "error")
"""What --fail-on may name: answers, and "error" for a picture that could not be examined."""


@dataclass(frozen=True)
class Plan:
    """How to examine: the settings, processes at once, and what is wanted beside the verdict."""

    settings: Settings
    jobs: int = 1
    explain: bool = False
    stability: bool = False
    annotate: Path | None = None
    stdin: bytes = b""

    def job(self, chosen: Chosen) -> Job:
        """The work for one input. A web address is fetched here; raises its PictureError."""
        return Job(
            source=self._source(chosen),
            name=chosen.name,
            explain=self.explain,
            stability=self.stability,
            channel="command_line",
            annotate_to=None if self.annotate is None else self.annotate / annotated_name(chosen),
        )

    def _source(self, chosen: Chosen) -> Path | bytes:
        if chosen.is_web:
            from .web import fetched

            return fetched(chosen.path, self.settings)
        return self.stdin if chosen.path == STDIN else Path(chosen.path)

    def fingerprint(self) -> dict[str, Any]:
        """What a verdict depends on beside the picture, for the state of --resume."""
        trust = self.settings.trust_list
        return {
            "version": __version__,
            "model": bundle_of(self.settings).sha256,
            "trust list": hashlib.sha256(trust.read_bytes()).hexdigest() if trust else None,
            "set of options": {
                "explain": self.explain,
                "stability": self.stability,
                "annotate": None if self.annotate is None else str(self.annotate),
            },
        }


@dataclass
class _Entry:
    """One input on its way to a row: its verdict where it is known, its stamp for the state."""

    chosen: Chosen
    stamp: Stamp | None = None
    verdict: Verdict | None = None


@dataclass
class Tally:
    """What came out of a run."""

    answers: Counter[Answer]
    failed: int = 0
    resumed: int = 0

    @property
    def pictures(self) -> int:
        """Rows written."""
        return self.answers.total() + self.failed

    def code(self, fail_on: frozenset[str]) -> ExitCode:
        """The exit code: a policy hit goes before failed inputs."""
        hit = any(self.answers[answer] for answer in Answer if answer in fail_on)
        if hit or (self.failed and "error" in fail_on):
            return ExitCode.POLICY
        return ExitCode.SOME_FAILED if self.failed else ExitCode.DONE

    def words(self, seconds: float) -> str:
        """One sentence for people."""
        parts = [f"{answer.words}: {count}" for answer in Answer if (count := self.answers[answer])]
        parts += [f"failed: {self.failed}"] if self.failed else []
        known = f", {self.resumed} of them known from an earlier run" if self.resumed else ""
        plural = "picture" if self.pictures == 1 else "pictures"
        return f"{self.pictures} {plural} in {seconds:.1f} s{known}. {'; '.join(parts)}."


def run(plan: Plan, selection: Selection, writer: Writer, progress: Progress, state: ScanState | None) -> Tally:
    """Examine everything that is selected. The writer is finished even if the run is cut off."""
    tally = Tally(Counter())
    try:
        with interrupts_remembered() as raise_lost:
            for entry in _finished(plan, selection.items, state, tally):
                assert entry.verdict is not None, "finished entries have a verdict"
                _count(tally, entry.verdict, progress)
                writer.row(entry.chosen.path, entry.verdict)
                progress.advance()
                raise_lost()
    except KeyboardInterrupt:
        go_on = "The same command goes on from here." if state else "With --resume STATE a next run could go on."
        done = f"{tally.pictures} of {len(selection.items)}"
        progress.say(f"interrupted after {done} pictures; the report is incomplete. {go_on}")
        raise
    finally:
        writer.finish()
    return tally


def _count(tally: Tally, verdict: Verdict, progress: Progress) -> None:
    if verdict.error is not None:
        tally.failed += 1
        progress.say(f"error: {verdict.error.detail} {verdict.error.advice}")
    elif verdict.answer is not None:
        tally.answers[verdict.answer] += 1


def _finished(plan: Plan, items: list[Chosen], state: ScanState | None, tally: Tally) -> Iterator[_Entry]:
    """Every input with its verdict, in order. Known ones wait only for an unknown one before them."""
    waiting: deque[_Entry] = deque()

    def unknown() -> Iterator[tuple[_Entry, Job]]:
        for chosen in items:
            entry = _entry(chosen, state, tally)
            waiting.append(entry)
            if entry.verdict is not None:
                continue
            try:
                job = plan.job(chosen)
            except PictureError as error:
                entry.verdict = failed(error, channel="command_line")
            else:
                yield entry, job

    for entry, verdict in _examined(plan, unknown()):
        entry.verdict = verdict
        if state is not None:
            state.record(entry.stamp, verdict)
        while waiting and waiting[0].verdict is not None:
            yield waiting.popleft()
    yield from waiting


def _entry(chosen: Chosen, state: ScanState | None, tally: Tally) -> _Entry:
    if chosen.problem is not None:
        return _Entry(chosen, verdict=failed(chosen.problem, channel="command_line"))
    if state is None:
        return _Entry(chosen)
    stamp = Stamp.of(chosen)
    verdict = state.find(stamp)
    tally.resumed += verdict is not None
    return _Entry(chosen, stamp, verdict)


def _examined(plan: Plan, work: Iterator[tuple[_Entry, Job]]) -> Iterator[tuple[_Entry, Verdict]]:
    """Examine in worker processes, which are started with the first picture that needs one."""
    first = next(work, None)
    if first is None:
        return
    entries: deque[_Entry] = deque()

    def jobs() -> Iterator[Job]:
        for entry, job in chain([first], work):
            entries.append(entry)
            yield job

    with Workers(plan.settings, plan.jobs) as workers:
        awake = workers.warm()
        for number, (_, verdict) in enumerate(workers.examine_many(jobs())):
            if number == 0:
                _check_start(awake.exception())
            yield entries.popleft(), verdict


def _check_start(problem: BaseException | None) -> None:
    """A model that does not load, or processes that do not start, end the run: no picture can be examined."""
    if isinstance(problem, ProcessDied):
        raise BundleError(
            "The worker processes do not start.",
            "Run `brushwork doctor`; raise BRUSHWORK_MEMORY_LIMIT if the messages above speak of memory.",
        ) from problem
    if isinstance(problem, BrushworkError):
        raise problem
    if problem is not None:
        raise BundleError(f"The worker processes fail: {problem}.", "Run `brushwork doctor`.") from problem


def annotated_name(chosen: Chosen) -> str:
    """A file name that is safe and different for every path: the stem, cleaned, and eight digits of the path's hash."""
    stem = "stdin" if chosen.path == STDIN else Path(chosen.path).stem
    clean = "".join(c if c.isalnum() or c in "-_." else "_" for c in stem).lstrip(".")[:80]
    digest = hashlib.sha256(chosen.path.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{clean.encode('ascii', 'replace').decode().replace('?', '_')}-{digest}.png"
