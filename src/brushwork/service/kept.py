"""What routes that make something of a saved verdict need: the verdict, and its picture where that was kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import NotFound
from ..examine import Examiner
from ..verdict import Verdict
from ..workers import Job
from .callers import Caller
from .desk import Desk
from .reaching import owner_within_reach
from .uploads import Upload, clean_name

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Saved:
    """A saved verdict that a caller may look at, and whose it is."""

    owner: str
    verdict: Verdict


async def saved_verdict(desk: Desk, caller: Caller, verdict_id: str) -> Saved:
    """The verdict, the caller's own or one that was put up for the caller's review. Raises VerdictNotFound."""

    def look() -> Saved:
        owner = owner_within_reach(desk.store, caller, verdict_id)
        return Saved(owner, desk.store.verdicts.get(owner, verdict_id))

    return await asyncio.to_thread(look)


async def kept_picture(desk: Desk, saved: Saved) -> Upload:
    """The picture as it came in. Raises NotFound where it was not kept."""
    data = await asyncio.to_thread(desk.store.pictures.read, saved.owner, saved.verdict.id)
    return Upload(clean_name(saved.verdict.external_id), data)


async def picture_if_kept(desk: Desk, saved: Saved) -> Upload | None:
    """The same; None where it was not kept."""
    try:
        return await kept_picture(desk, saved)
    except NotFound:
        return None


async def made_of_kept(desk: Desk, saved: Saved, task: Callable[[Examiner, Job], _Made]) -> _Made:
    """What `task` makes of the kept picture, in a worker."""
    return await desk.make(await kept_picture(desk, saved), saved.verdict.channel, task)
