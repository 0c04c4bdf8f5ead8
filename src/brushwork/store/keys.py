"""API keys and browser sessions. Only hashes are kept; a key is given once, when it is made."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ..errors import NotFound, Unauthenticated
from .audit import entry
from .database import Database
from .tables import ApiKey, BrowserSession

KEY: Final = re.compile(r"bw_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
SESSION_LIFE: Final = timedelta(hours=12)
USE_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class KeyFacts:
    """What is known of a key; never the key."""

    id: str
    label: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def trouble(self, now: datetime) -> str | None:
        """Why it cannot be used at `now`, None where it can."""
        if self.revoked_at is not None:
            return "The key was revoked."
        if self.expires_at is not None and self.expires_at <= now:
            return f"The key expired on {self.expires_at:%Y-%m-%d %H:%M} UTC."
        return None


class Keys:
    """The keys of one database. Each method is one transaction and blocks; `by` is who does it, for the audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, label: str, scopes: Iterable[str], *, by: str, expires_at: datetime | None = None
    ) -> tuple[KeyFacts, str]:
        """Make a key. Returns its facts and the key itself, which cannot be had again."""
        key_id = secrets.token_hex(6)
        key = _new_key(key_id)
        row = ApiKey(
            id=key_id,
            label=label,
            scopes=" ".join(sorted(scopes)),
            sha256=_digest(key),
            created_at=datetime.now(UTC),
            expires_at=expires_at,
        )
        with self._database.session("keep the key") as session:
            session.add(row)
            session.add(entry(by, "create key", key_id))
            session.flush()
            return _facts(row), key

    def all(self) -> tuple[KeyFacts, ...]:
        """Every key, oldest first, also those that were revoked."""
        with self._database.session("list the keys") as session:
            return tuple(_facts(row) for row in session.scalars(select(ApiKey).order_by(ApiKey.created_at, ApiKey.id)))

    def revoke(self, key_id: str, *, by: str) -> None:
        """End a key and its sessions for good. Raises NotFound; one that was revoked before stays as it was."""
        with self._database.session("revoke the key") as session:
            row = _row(session, key_id)
            if row.revoked_at is None:
                row.revoked_at = datetime.now(UTC)
                session.add(entry(by, "revoke key", key_id))
            session.execute(delete(BrowserSession).where(BrowserSession.key_id == key_id))

    def rotate(self, key_id: str, *, by: str, overlap: timedelta = timedelta(0)) -> tuple[KeyFacts, str]:
        """Replace the secret; owner, label and scopes stay. The former one is good for `overlap` more.

        Raises NotFound, also for a key that was revoked.
        """
        key, now = _new_key(key_id), datetime.now(UTC)
        with self._database.session("rotate the key") as session:
            row = _row(session, key_id)
            if row.revoked_at is not None:
                raise _not_found()
            row.former_sha256, row.former_until = row.sha256, now + overlap
            row.sha256 = _digest(key)
            session.execute(delete(BrowserSession).where(BrowserSession.key_id == key_id))
            session.add(entry(by, "rotate key", key_id))
            return _facts(row), key

    def any_usable(self) -> bool:
        """True where at least one key is neither revoked nor expired."""
        asked = select(ApiKey.id).where(
            ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > datetime.now(UTC))
        )
        with self._database.session("look for a key") as session:
            return session.scalars(asked.limit(1)).first() is not None

    def verified(self, given: str) -> KeyFacts:
        """The facts of the key `given`. Raises Unauthenticated where it cannot be used. Notes its use."""
        shape, now = KEY.fullmatch(given), datetime.now(UTC)
        if shape is None:
            raise _unknown("What was sent is no key: one looks like bw_, twelve digits, _ and 43 letters.")
        digest = _digest(given)
        with self._database.session("check the key") as session:
            row = session.get(ApiKey, shape[1])
            if row is None or not _fits(row, digest, now):
                raise _unknown("The key is not one of this service.")
            return _used(row, now)

    def open_session(self, key_id: str) -> tuple[str, datetime]:
        """The token of a new session of that key and when it ends; those that are over are forgotten."""
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        with self._database.session("open the session") as session:
            session.execute(delete(BrowserSession).where(BrowserSession.expires_at <= now))
            session.add(BrowserSession(sha256=_digest(token), key_id=key_id, expires_at=now + SESSION_LIFE))
        return token, now + SESSION_LIFE

    def of_session(self, token: str) -> KeyFacts:
        """The facts of the key that a session was opened with. Raises Unauthenticated where either is over."""
        now = datetime.now(UTC)
        with self._database.session("check the session") as session:
            opened = session.get(BrowserSession, _digest(token))
            row = session.get(ApiKey, opened.key_id) if opened is not None and opened.expires_at > now else None
            if row is None:
                raise Unauthenticated("The session is over.", "Show the key again.")
            return _used(row, now)

    def close_session(self, token: str) -> None:
        """Forget a session; one that is not there is gone already."""
        with self._database.session("end the session") as session:
            session.execute(delete(BrowserSession).where(BrowserSession.sha256 == _digest(token)))


def _new_key(key_id: str) -> str:
    return f"bw_{key_id}_{secrets.token_urlsafe(32)}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _fits(row: ApiKey, digest: str, now: datetime) -> bool:
    """Whether `digest` is that of the key or of its former secret; compared in constant time."""
    former = row.former_sha256 if row.former_until is not None and row.former_until > now else None
    return hmac.compare_digest(row.sha256, digest) | hmac.compare_digest(former or "", digest)


def _used(row: ApiKey, now: datetime) -> KeyFacts:
    facts = _facts(row)
    trouble = facts.trouble(now)
    if trouble is not None:
        raise _unknown(trouble)
    if row.last_used_at is None or not timedelta(0) <= now - row.last_used_at < USE_NOTED_EVERY:
        row.last_used_at = now
    return facts


def _facts(row: ApiKey) -> KeyFacts:
    return KeyFacts(
        id=row.id,
        label=row.label,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _row(session: Session, key_id: str) -> ApiKey:
    row = session.get(ApiKey, key_id, with_for_update=True)
    if row is None:
        raise _not_found()
    return row


def _not_found() -> NotFound:
    return NotFound("No usable key has that id.", "`brushwork keys list` shows those that there are.")


def _unknown(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, "Whoever runs the service makes a new one with `brushwork keys create`.")
