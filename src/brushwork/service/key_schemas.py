"""What the routes about keys, sessions and the audit log take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from ..text import shown
from .callers import ScopeName

LONGEST_LABEL = 80


def _one_line(label: str) -> str:
    clean = shown(label, LONGEST_LABEL)
    if not clean:
        raise ValueError("a label has at least one visible character")
    return clean


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyAsked(_Strict):
    """The key to make. Without `days` it never expires."""

    label: Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL), AfterValidator(_one_line)] = Field(
        examples=["jury 2026"], description="What the key is for; no name of a person is needed."
    )
    scopes: frozenset[ScopeName] = Field(frozenset(("read", "write")), min_length=1, examples=[["read", "write"]])
    days: int | None = Field(None, ge=1, le=3650, examples=[365], description="Days until it expires.")


class KeyEntry(_Strict):
    """One key, without its secret. `last_used_at` is right to the minute."""

    id: str
    label: str
    scopes: tuple[ScopeName, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    usable: bool


class KeyMade(KeyEntry):
    """A key that was just made: `key` is shown here and never again."""

    key: str


class KeyList(_Strict):
    """Every key, oldest first."""

    keys: tuple[KeyEntry, ...]


class KeyShown(_Strict):
    """The key that a browser's session is to stand for."""

    key: SecretStr = Field(max_length=200, examples=["bw_0123456789ab_..."])


class Who(_Strict):
    """Who asks; `keys_required` is false where the service asks nobody for a key."""

    owner: str
    label: str
    scopes: tuple[ScopeName, ...]
    keys_required: bool


class AuditLine(_Strict):
    """`who` did `what` to `target`."""

    id: str
    at: datetime
    who: str
    what: str
    target: str


class AuditLog(_Strict):
    """Some lines of the audit log, newest first; `after` is the cursor of the next page, null on the last."""

    acts: tuple[AuditLine, ...]
    after: str | None
