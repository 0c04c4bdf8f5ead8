"""The service: FastAPI around the desk. `create_app` is what a server runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from .. import __version__
from ..settings import Settings
from . import assets, problems
from .access import Access
from .activation import following
from .admission import Admission
from .batch_desk import BatchDesk
from .batch_runner import working_off
from .desk import Desk
from .entry import check_entry
from .guards import Guards
from .heads import Heads
from .idempotency import HEADER, Idempotent, takes_key
from .janitor import tidying
from .limits import Limits
from .observed import Observed
from .page import STATIC
from .routes import (
    batch_pages,
    batch_results,
    batch_rows,
    batches,
    comparisons,
    fetched,
    health,
    keys,
    looks,
    models,
    owned,
    pages,
    reports,
    results,
    reviews,
    saved,
    screens,
    verdicts,
)
from .routes.common import may_answer
from .schemas import Line, Problem
from .spool import Spool
from .traces import Traces

DESCRIPTION = "Was this artwork made with AI? Provenance, pixel forensics and an honest error rate."

GROUPS: Final = (
    verdicts, fetched, saved, looks, reports, comparisons, reviews, owned, batches, batch_results, batch_rows, models,
    keys, health, pages, screens, batch_pages, results,
)  # fmt: skip
"""The routes, in the order in which the reference lists them."""


def create_app(settings: Settings) -> FastAPI:
    """The application; it opens workers and store when it starts and finishes what it accepted when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.desk = await asyncio.to_thread(Desk, settings)
        spool = Spool(settings.spool)
        async with (
            tidying(app.state.desk),
            following(app.state.desk) as app.state.activation,
            working_off(app.state.desk, spool) as runner,
        ):
            app.state.batches = BatchDesk(app.state.desk, spool, runner)
            yield
        await asyncio.to_thread(app.state.desk.close)

    app = FastAPI(
        title="Brushwork",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(check_entry)],
    )
    app.state.assets = assets.load(STATIC)
    for group in GROUPS:
        app.include_router(group.router)
    problems.install(app)
    _guard(app, settings)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _guard(app: FastAPI, settings: Settings) -> None:
    """Put everything around the routes that a request passes first; what is added last stands outermost."""
    app.state.access, app.state.limits = Access(settings), Limits(settings)
    app.add_middleware(Traces)
    app.add_middleware(Idempotent)
    app.add_middleware(Admission, access=app.state.access, limits=app.state.limits)
    app.add_middleware(Guards, settings=settings)
    app.add_middleware(Heads)
    app.add_middleware(Observed)
    if settings.trusted_proxies:
        trusted = [str(network) for network in settings.trusted_proxies]
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the shape of every problem."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for told in (Line, Problem):
            shape = told.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
            for name, part in {**shape.pop("$defs", {}), told.__name__: shape}.items():
                document["components"]["schemas"].setdefault(name, part)
        for path, methods in document["paths"].items():
            if "post" in methods and takes_key(path):
                methods["post"].setdefault("parameters", []).append(HEADER)
                for status, problem in may_answer(409, 422).items():
                    methods["post"]["responses"].setdefault(str(status), problem)
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}, {}]  # {}: on loopback nobody is asked
        app.openapi_schema = document
    return app.openapi_schema
