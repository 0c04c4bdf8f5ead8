"""What a worker makes of a picture beside its verdict: images, facts, reports, comparisons.

Each function gets the worker's examiner and the job; what else it needs is bound with `functools.partial`. The modules
that do the work are loaded in the worker, not where the task is named.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from .verdict import Verdict

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


def explanation(examiner: Examiner, job: Job, kind: Kind, caption: bool = True) -> bytes:
    """The PNG of one kind, with its sentences below it where `caption` is set."""
    from .look import Kind, captioned, explained
    from .picture import open_picture

    picture = open_picture(job.source, examiner.limits, job.name)
    found = examiner.explain(job.source) if kind is Kind.REGIONS else None
    image = explained(picture, kind, found)
    if caption:
        image = captioned(image, kind, found.words if found else "")
    memory = io.BytesIO()
    image.save(memory, "PNG")
    return memory.getvalue()


def look(examiner: Examiner, job: Job, private: bool = False) -> Look:
    """Everything there is to look at beside the images."""
    from .look import looked
    from .picture import open_picture

    return looked(open_picture(job.source, examiner.limits, job.name), private=private)


def prepared(examiner: Examiner, job: Job, verdict: Verdict | None = None) -> tuple[Verdict, Shown]:
    """The verdict and the pictures of a case file. Without a `verdict` the picture is examined now.

    Signing is left to whoever asked: the process that decodes what strangers send never holds the key.
    """
    from PIL import Image

    from .look import Kind, explained
    from .picture import open_picture
    from .report.casefile import Shown
    from .report.make import thumbnail

    verdict = verdict or job.verdict_by(examiner)
    picture = open_picture(job.source, examiner.limits, job.name)
    found = verdict.regions
    return verdict, Shown(
        thumbnail(Image.fromarray(picture.rgb)),
        thumbnail(explained(picture, Kind.REGIONS, found)) if found else None,
    )


def compared(examiner: Examiner, job: Job, other: Job) -> Comparison:
    """The comparison of the job's picture with that of `other`."""
    from .comparison import compared as told
    from .look.likeness import likeness
    from .picture import open_picture

    jobs = (job, other)
    first, second = (open_picture(one.source, examiner.limits, one.name) for one in jobs)
    verdicts = [replace(one, stability=True).verdict_by(examiner) for one in jobs]
    return told(verdicts[0], verdicts[1], likeness(first, second))
