"""What a change leaves behind: a line in the audit log for each deletion and each act of an administrator, and no kept
answer that still tells of what was deleted. A deletion by somebody without a key leaves no line: nobody is told apart.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import BrushworkError
from ..store.store import Store
from .callers import ACT_OF_ADMIN, AUDITED, SAFE_METHODS, Caller
from .entry import is_api
from .logs import log


class Traces:
    """Writes the audit log for `app`, before the answer that says that it is done."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http" or not is_api(scope["path"]) or scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await _leave(scope)
            await send(message)

        await self._app(scope, receive, sent)


async def _leave(scope: Scope) -> None:
    state, deletion = scope["state"], scope["method"] == "DELETE"
    caller: Caller | None = state.get("caller")
    if caller is None or not (deletion or state.get(ACT_OF_ADMIN)):
        return
    store: Store = scope["app"].state.desk.store
    target = str(next(reversed(scope.get("path_params", {}).values()), ""))
    what = f"{scope['method']} {scope['route'].path}"
    try:
        if not state.get(AUDITED) and (caller.by_key or not deletion):
            await asyncio.to_thread(store.audit.record, caller.owner, what, target)
        if deletion and target:
            await asyncio.to_thread(store.idempotency.forget, caller.owner, target)
    except BrushworkError as error:  # it is done and cannot be undone: the operator's log keeps it instead
        log().error("not in the audit log", who=caller.owner, what=what, problem=error.slug)
