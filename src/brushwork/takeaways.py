"""What a worker makes of a picture beside its verdict: images, facts, reports, comparisons.

Each function gets the worker's examiner and the job; what else it needs is bound with `functools.partial`. The modules
that do the work are loaded in the worker, not where the task is named.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from .verdict import Regions, Verdict

if TYPE_CHECKING:
    from .comparison import Comparison
    from .examine import Examiner
    from .look import Look
    from .look.kinds import Kind
    from .report.casefile import Shown
    from .workers import Job


def annotated(examiner: Examiner, job: Job, verdict: Verdict | None = None) -> bytes:
    """The PNG with `verdict` under the picture; without one the picture is examined now."""
    from .annotated import annotated_png

    return annotated_png(job.source, verdict or job.verdict_by(examiner), examiner.limits)


def explanation(examiner: Examiner, job: Job, kind: Kind, caption: bool = True, found: Regions | None = None) -> bytes:
    """The PNG of one kind, with its sentences below it where `caption` is set. Regions that are not `found` yet are
    looked for now."""
    from .look import Kind, captioned, explained
    from .picture import open_picture

    picture = open_picture(job.source, examiner.limits, job.name)
    if kind is Kind.REGIONS and found is None:
        found = examiner.explain(job.source)
    image = explained(picture, kind, found)
    if caption:
        image = captioned(image, kind, found.words if found and kind is Kind.REGIONS else "")
    memory = io.BytesIO()
    image.save(memory, "PNG")
    return memory.getvalue()


def clean_copy(examiner: Examiner, job: Job, max_side: int) -> bytes:
    """A PNG of the upright pixels alone, at most `max_side` a side: no metadata, and nothing hidden behind them."""
    from PIL import Image

    from .picture import open_picture

    image = Image.fromarray(open_picture(job.source, examiner.limits, job.name).rgb)
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    memory = io.BytesIO()
    image.save(memory, "PNG")
    return memory.getvalue()


def format_of(examiner: Examiner, job: Job) -> str:
    """The format of a file that opens as a picture. Raises its PictureError where it does not."""
    from .picture import open_picture

    return open_picture(job.source, examiner.limits, job.name).facts.format or ""


def look(examiner: Examiner, job: Job, private: bool = False) -> Look:
    """Everything there is to look at beside the images."""
    from .look import looked
    from .picture import open_picture

    return looked(open_picture(job.source, examiner.limits, job.name), private=private)


def prepared(
    examiner: Examiner, job: Job, verdict: Verdict | None = None, stability: bool = False
) -> tuple[Verdict, Shown]:
    """The verdict and the pictures of a case file. Without a `verdict` the picture is examined now, with its regions.

    Signing is left to whoever asked: the process that decodes what strangers send never holds the key.
    """
    from PIL import Image

    from .look import Kind, explained
    from .picture import open_picture
    from .report.casefile import Shown
    from .report.make import thumbnail

    verdict = verdict or replace(job, explain=True, stability=stability or job.stability).verdict_by(examiner)
    picture = open_picture(job.source, examiner.limits, job.name)
    found = verdict.regions
    return verdict, Shown(
        thumbnail(Image.fromarray(picture.rgb)),
        thumbnail(explained(picture, Kind.REGIONS, found)) if found else None,
    )


def compared(examiner: Examiner, job: Job, other: Job, stability: bool = False) -> Comparison:
    """The comparison of the job's picture with that of `other`, both examined now."""
    verdicts = [replace(one, stability=stability).verdict_by(examiner) for one in (job, other)]
    return laid_over(examiner, job, other, (verdicts[0], verdicts[1]))


def laid_over(examiner: Examiner, job: Job, other: Job, verdicts: tuple[Verdict, Verdict]) -> Comparison:
    """The same for pictures that have their `verdicts` already."""
    from .comparison import compared as told
    from .picture import open_picture

    first, second = (open_picture(one.source, examiner.limits, one.name) for one in (job, other))
    return told(verdicts[0], verdicts[1], (first, second))
