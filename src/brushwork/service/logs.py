"""Structured logs, one JSON object a line: no file names, no query strings, no addresses, no message of an exception.

An exception's own text may quote what a stranger sent, so that only its type and the places in the code are kept.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from ..failures import places


def log() -> FilteringBoundLogger:
    """The logger of the service."""
    logger: FilteringBoundLogger = structlog.get_logger("brushwork")
    return logger


def configure(level: str = "INFO", file: logging.Handler | None = None) -> None:
    """Send the logs of Brushwork and its libraries as JSON to `file`, or to stderr where there is none.

    For the process that serves, not for tests.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=False,
    )
    handler = file or logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, where, _json()],
        )
    )
    root = logging.getLogger()
    root.handlers, root.level = [handler], logging.getLevelName(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        library = logging.getLogger(name)
        library.handlers, library.propagate, library.level = [], True, logging.WARNING
    logging.getLogger("uvicorn.access").disabled = True  # it would write addresses and query strings


def where(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and the lines of code that it came through."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        event["where"] = places(error)
    return event


def _json() -> Processor:
    return structlog.processors.JSONRenderer(sort_keys=False)
