"""Answers kept for requests that are sent again under the same idempotency key."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Update, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..errors import StoreError
from .database import Database
from .tables import IdempotencyRecord

KEPT: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=90)
"""A request in flight renews its claim in time; one whose process died can be sent again after this."""


@dataclass(frozen=True)
class Claim:
    """The right to answer one idempotency key; `holder` is the secret of whoever has it."""

    owner: str
    key_sha256: str
    holder: str


@dataclass(frozen=True)
class Answered:
    """The answer that was given before, and the fingerprint of the request that it was given to."""

    fingerprint: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Idempotency:
    """The idempotency records of one database. Each method is one transaction and blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, owner: str, key: str) -> Claim | Answered | None:
        """The right to answer, the answer that was given before, or None while another one works on it."""
        wanted = Claim(owner, hashlib.sha256(key.encode()).hexdigest(), secrets.token_hex(16))
        with self._database.session("look for the idempotency key") as session:
            now = datetime.now(UTC)
            _forget_those_that_are_over(session, now)
            found = session.get(IdempotencyRecord, (owner, wanted.key_sha256))
            if found is not None:
                return _answered(found)
        return self._insert(wanted)

    def _insert(self, wanted: Claim) -> Claim | None:
        now = datetime.now(UTC)
        row = IdempotencyRecord(
            owner=wanted.owner,
            key_sha256=wanted.key_sha256,
            holder=wanted.holder,
            created_at=now,
            lease_until=now + LEASE,
            subjects="",
        )
        try:
            with self._database.session("keep the idempotency key") as session:
                session.add(row)
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError):
                return None  # another one was faster by a hair
            raise
        return wanted

    def renew(self, claim: Claim) -> None:
        """Say that the request is still worked on."""
        with self._database.session("renew the idempotency key") as session:
            session.execute(_mine(claim, lease_until=datetime.now(UTC) + LEASE))

    def finish(self, claim: Claim, answered: Answered, subjects: Iterable[str] = ()) -> None:
        """Keep the answer; nothing happens where the claim was lost meanwhile."""
        kept = {
            "fingerprint": answered.fingerprint,
            "status": answered.status,
            "headers": dict(answered.headers),
            "body": answered.body,
            "subjects": " ".join(subjects),
        }
        with self._database.session("keep the answer") as session:
            session.execute(_mine(claim, **kept))

    def release(self, claim: Claim) -> None:
        """Give the claim back: the same request may be sent again, and is done anew."""
        with self._database.session("forget the idempotency key") as session:
            session.execute(delete(IdempotencyRecord).where(*_is(claim)))

    def forget(self, owner: str, subject: str) -> None:
        """Remove the kept answers of `owner` that tell of the deleted `subject`."""
        told_of = IdempotencyRecord.subjects.contains(subject, autoescape=True)
        with self._database.session("forget kept answers") as session:
            gone = delete(IdempotencyRecord).where(IdempotencyRecord.owner == owner, told_of)
            found = session.execute(gone.returning(IdempotencyRecord.owner)).first()
        if found is not None:
            self._database.forget_log()


def _forget_those_that_are_over(session: Session, now: datetime) -> None:
    """Answers older than KEPT, and claims whose lease ran out: their process died."""
    in_flight = IdempotencyRecord.status.is_(None)
    over = or_(IdempotencyRecord.created_at <= now - KEPT, in_flight & (IdempotencyRecord.lease_until <= now))
    due = select(IdempotencyRecord.owner).where(over).limit(1)
    if session.scalars(due).first() is not None:
        session.execute(delete(IdempotencyRecord).where(over))


def _answered(row: IdempotencyRecord) -> Answered | None:
    if row.status is None or row.fingerprint is None:
        return None
    return Answered(row.fingerprint, row.status, row.headers or {}, row.body or b"")


def _is(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyRecord.owner == claim.owner,
        IdempotencyRecord.key_sha256 == claim.key_sha256,
        IdempotencyRecord.holder == claim.holder,
        IdempotencyRecord.status.is_(None),
    )


def _mine(claim: Claim, **values: object) -> Update:
    return update(IdempotencyRecord).where(*_is(claim)).values(**values)
