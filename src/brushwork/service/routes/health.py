"""Is it alive, is it ready, which version is it, what does it count."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from ... import __version__
from ..callers import require
from ..desk import Desk
from ..metrics import MEDIA_TYPE
from ..schemas import BundleName, Health, Live, Queue, Ready, Version
from ..status import Figures, Status
from .common import AtDesk

ASK_AGAIN_S = 5
"""Seconds after which it is worth asking again whether the service is ready."""

router = APIRouter(tags=["operation"])


@router.get("/livez", summary="The process answers")
async def live() -> Live:
    """Touches nothing."""
    return Live()


@router.get(
    "/readyz",
    summary="Whether this process should get requests",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Not ready"}},
)
async def ready(desk: AtDesk) -> Response:
    """Looks at the model in its worker, the database, the disks and the queue. 503 where one is not ready."""
    found = await _ready(desk)
    if found.ready:
        return JSONResponse(found.model_dump(mode="json"))
    return JSONResponse(found.model_dump(mode="json"), 503, {"Retry-After": str(ASK_AGAIN_S)})


@router.get("/health", summary="A summary")
async def health(desk: AtDesk) -> Health:
    """Status, version, bundle, database and queue."""
    found, facts = await _ready(desk), desk.bundle.facts()
    return Health(
        status="ok" if found.ready else "degraded",
        version=__version__,
        bundle=BundleName(name=facts.name, version=facts.version, sha256=facts.sha256),
        database=found.database,
        queue=Queue(waiting=desk.workers.waiting, room=desk.workers.room, workers=desk.workers.count),
    )


@router.get("/v1/status", summary="How the service is, with what it counted")
async def status(desk: AtDesk) -> Status:
    """Health, readiness, verdicts by answer, failures, times and drift of this process, for people to look at."""
    figures = Figures(desk.metrics.text().decode())
    return Status(
        now=datetime.now(UTC),
        health=await health(desk),
        ready=await _ready(desk),
        verdicts=figures.counted("brushwork_verdicts_total", "answer"),
        failures=figures.counted("brushwork_decode_failures_total", "reason"),
        stages=figures.stages(),
        drift=figures.drift(),
    )


@router.get("/version", summary="The version of Brushwork")
async def version() -> Version:
    """As `brushwork --version` prints it."""
    return Version(version=__version__)


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    dependencies=[Depends(require("metrics", "admin"))],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics(desk: AtDesk) -> Response:
    """Counters, durations and the queue, in Prometheus' text format."""
    return Response(desk.metrics.text(), media_type=MEDIA_TYPE)


async def _ready(desk: Desk) -> Ready:
    found = {
        "model": desk.model_state(),
        "database": await asyncio.to_thread(desk.store.database.state),
        "disk": await asyncio.to_thread(desk.disks.state),
        "queue": "full" if desk.full else "ok",
    }
    return Ready.model_validate({"ready": set(found.values()) == {"ok"}, **found})
