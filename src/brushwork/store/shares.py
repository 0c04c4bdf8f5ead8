"""Links by which an owner shares one verdict: unguessable, expiring, to be taken back. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from ..errors import NotFound
from ..failures import new_id
from ..verdict import Verdict
from .database import Database
from .tables import SavedVerdict, Share
from .verdicts import owned


@dataclass(frozen=True)
class ShareFacts:
    """One link. Its token is told once, when it is made."""

    id: str
    created_at: datetime
    expires_at: datetime


class Shares:
    """The links of one database. Each method is one transaction and blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, owner: str, verdict_id: str, days: int) -> tuple[ShareFacts, str]:
        """A new link and its token. Raises VerdictNotFound."""
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        facts = ShareFacts(new_id(), now, now + timedelta(days=days))
        row = Share(
            id=facts.id, verdict_id=verdict_id, token_sha256=_hash(token), created_at=now, expires_at=facts.expires_at
        )
        with self._database.session("share the verdict") as session:
            owned(session, owner, verdict_id)
            session.execute(delete(Share).where(Share.expires_at <= now))
            session.add(row)
        return facts, token

    def of(self, owner: str, verdict_id: str) -> tuple[ShareFacts, ...]:
        """The links of a verdict that are good now, newest first. Raises VerdictNotFound."""
        asked = select(Share).where(Share.verdict_id == verdict_id, Share.expires_at > datetime.now(UTC))
        with self._database.session("list the links") as session:
            owned(session, owner, verdict_id)
            rows = session.scalars(asked.order_by(Share.created_at.desc(), Share.id))
            return tuple(ShareFacts(row.id, row.created_at, row.expires_at) for row in rows)

    def take_back(self, owner: str, verdict_id: str, share_id: str) -> None:
        """The link is good no longer. Raises VerdictNotFound or NotFound."""
        gone = delete(Share).where(Share.id == share_id, Share.verdict_id == verdict_id).returning(Share.id)
        with self._database.session("take the link back") as session:
            owned(session, owner, verdict_id)
            if session.execute(gone).first() is None:
                raise NotFound("The verdict has no such link.", "Look at the list of its links.")

    def verdict(self, token: str) -> Verdict:
        """What is shared by `token`: the verdict without the name that its owner gave it. Raises NotFound."""
        asked = (
            select(SavedVerdict.body)
            .join(Share, Share.verdict_id == SavedVerdict.id)
            .where(Share.token_sha256 == _hash(token), Share.expires_at > datetime.now(UTC))
        )
        with self._database.session("read the verdict") as session:
            body = session.scalars(asked).first()
        if body is None:
            raise NotFound("Nothing is shared there.", "The link expired or was taken back; ask for a new one.")
        return Verdict.model_validate({**body, "external_id": None})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
