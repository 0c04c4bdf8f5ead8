"""Whose verdict a caller may look at: their own, and as a reviewer those that were put up for review."""

from __future__ import annotations

from ..errors import VerdictNotFound
from ..store.store import Store
from .callers import Caller


def owner_within_reach(store: Store, caller: Caller, verdict_id: str) -> str:
    """The owner of the verdict, where `caller` may look at it. Raises VerdictNotFound. Blocks."""
    try:
        return store.verdicts.kept(caller.owner, verdict_id).owner
    except VerdictNotFound:
        if "review" not in caller.scopes:
            raise
        return store.verdicts.reviewed_owner(verdict_id)
