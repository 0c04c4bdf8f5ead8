"""An answer in lines: which stage the examination is at, then its verdict, while the caller waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from ..errors import BrushworkError
from ..verdict import Verdict
from .limits import outlasts
from .logs import log
from .problems import problem_of

MEDIA_TYPE: Final = "application/x-ndjson"
Examination = Callable[[Callable[[str], None]], Coroutine[Any, Any, Verdict]]


def asks_for_lines(request: Request) -> bool:
    """Whether the caller wants to hear of the stages."""
    return MEDIA_TYPE in request.headers.get("accept", "")


async def in_lines(request: Request, examine: Examination) -> Response:
    """The lines of one examination. Raises what `examine` raises before its first stage: that has its own status."""
    loop = asyncio.get_running_loop()
    stages: asyncio.Queue[str | None] = asyncio.Queue()
    work = asyncio.create_task(examine(lambda stage: _hand_over(loop, stages, stage)))
    work.add_done_callback(lambda done: _end(stages, done))
    outlasts(request, work)
    first = await stages.get()
    if first is None:
        return _lines_of(_one(_verdict_line(await work)))
    return _lines_of(_told(request, first, stages, work))


def _hand_over(loop: asyncio.AbstractEventLoop, stages: asyncio.Queue[str | None], stage: str) -> None:
    loop.call_soon_threadsafe(stages.put_nowait, stage)


def _end(stages: asyncio.Queue[str | None], work: asyncio.Task[Verdict]) -> None:
    """Say that there is no further stage. A failure counts as told: where the caller has left, nobody asks for it, and
    asyncio would log it with the name of the file."""
    stages.put_nowait(None)
    if not work.cancelled():
        work.exception()


async def _told(
    request: Request, first: str, stages: asyncio.Queue[str | None], work: asyncio.Task[Verdict]
) -> AsyncIterator[str]:
    stage: str | None = first
    while stage is not None:
        yield json.dumps({"stage": stage}) + "\n"
        stage = await stages.get()
    try:
        yield _verdict_line(await work)
    except Exception as error:  # noqa: BLE001  the status is out already: the last line says what else there is to say
        if not isinstance(error, BrushworkError):
            log().exception("failed")
        state = request.scope["state"]
        problem = problem_of(error, instance=request.scope["path"], request_id=state["request_id"])
        yield json.dumps({"problem": problem.model_dump(mode="json")}) + "\n"


async def _one(line: str) -> AsyncIterator[str]:
    yield line


def _verdict_line(verdict: Verdict) -> str:
    return f'{{"verdict":{verdict.to_json()}}}\n'


def _lines_of(lines: AsyncIterator[str]) -> Response:
    return StreamingResponse(lines, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
