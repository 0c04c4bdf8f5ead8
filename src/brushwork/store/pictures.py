"""Kept pictures: which verdict or feedback wants which bytes. Bytes that nothing wants any more are removed.

A picture's row in `blobs` is the lock. Who wants the bytes holds it while looking that they are there; who removes them
holds it while looking that nobody wants them. So neither a crash nor another process leaves a row without its bytes;
bytes without a row may be left by a crash, and `sweep_strays` removes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql as postgres
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from ..errors import NotFound, StoreError
from .blobs import Blobs
from .database import Database
from .tables import Blob, KeptPicture
from .verdicts import owned

Purpose = Literal["verdict", "feedback"]
STRAY_AFTER_S: Final = 3600.0
"""Bytes without a row are left alone for so long: somebody may just be about to write the row."""


class Pictures:
    """The kept pictures of one database; `blobs` holds their bytes, None where no place for them is set."""

    def __init__(self, database: Database, blobs: Blobs | None) -> None:
        self._database = database
        self._blobs = blobs

    def keep(self, verdict_id: str, data: bytes, purpose: Purpose = "verdict") -> None:
        """Keep `data` for a saved verdict. Raises StoreError; where it does, nothing wants the bytes."""
        digest, blobs = hashlib.sha256(data).hexdigest(), self._place()
        blobs.put(digest, data)  # before the transaction, which must not wait for a disk or a bucket
        with self._database.writing("keep the picture") as session:
            self._lock(session, digest, len(data))
            _want(session, verdict_id, digest, purpose)
            if not blobs.has(digest):  # somebody removed them in between
                blobs.put(digest, data)

    def keep_for_feedback(self, verdict_id: str) -> bool:
        """Keep the picture of the verdict for its feedback too; False where it was not kept before."""
        with self._database.writing("keep the picture") as session:
            digest = session.scalars(select(KeptPicture.sha256).where(KeptPicture.verdict_id == verdict_id)).first()
            if digest is None:
                return False
            session.get(Blob, digest, with_for_update=True)
            _want(session, verdict_id, digest, "feedback")
        return True

    def kept(self, verdict_ids: Sequence[str]) -> frozenset[str]:
        """Those of the verdicts whose picture is kept for anything."""
        asked = select(KeptPicture.verdict_id).where(KeptPicture.verdict_id.in_(verdict_ids))
        with self._database.session("look for the pictures") as session:
            return frozenset(session.scalars(asked))

    def read(self, owner: str, verdict_id: str, purpose: Purpose | None = None) -> bytes:
        """The bytes kept for a verdict of `owner`, as they came in. Raises VerdictNotFound or NotFound."""
        with self._database.session("look for the picture") as session:
            owned(session, owner, verdict_id)
            asked = select(KeptPicture.sha256).where(KeptPicture.verdict_id == verdict_id)
            if purpose is not None:
                asked = asked.where(KeptPicture.purpose == purpose)
            digest = session.scalars(asked).first()
        data = None if digest is None else self._place().get(digest)
        if data is None:
            raise NotFound("The picture of this verdict is not kept.", "Send it again; `save_picture=true` keeps it.")
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError("The kept picture is damaged.", "Restore the place for pictures from a backup.")
        return data

    def drop(self, verdict_id: str, purpose: Purpose) -> None:
        """Keep the picture no longer for that purpose, and its bytes only where something else wants them."""
        gone = delete(KeptPicture).where(KeptPicture.verdict_id == verdict_id, KeptPicture.purpose == purpose)
        with self._database.session("delete the picture") as session:
            digests = session.scalars(gone.returning(KeptPicture.sha256)).all()
        self.sweep(digests)

    def drop_older(self, before: datetime, most: int) -> int:
        """Keep up to `most` pictures no longer for verdicts that they were kept with before then; how many."""
        asked = select(KeptPicture.verdict_id).where(KeptPicture.purpose == "verdict", KeptPicture.created_at < before)
        with self._database.session("look for old pictures") as session:
            due = session.scalars(asked.order_by(KeptPicture.created_at).limit(most)).all()
            gone = delete(KeptPicture).where(KeptPicture.purpose == "verdict", KeptPicture.verdict_id.in_(due))
            digests = session.scalars(gone.returning(KeptPicture.sha256)).all()
        self.sweep(digests)
        return len(due)

    def sweep(self, digests: Iterable[str]) -> int:
        """Remove the bytes of those pictures that nothing wants; how many."""
        return sum(self._sweep_one(digest) for digest in dict.fromkeys(digests))

    def _sweep_one(self, digest: str) -> bool:
        if self._blobs is None:
            return False
        with self._database.writing("delete the picture") as session:
            row = session.get(Blob, digest, with_for_update=True)
            if row is None or _wanted(session, digest):
                return False
            self._blobs.remove(digest)
            session.delete(row)
        return True

    def sweep_strays(self, most: int) -> int:
        """Remove what a crash left: rows of pictures that nothing wants, and bytes without a row; how many."""
        if self._blobs is None:
            return 0
        unwanted = ~exists().where(KeptPicture.sha256 == Blob.sha256)
        with self._database.session("look for lost pictures") as session:
            left = session.scalars(select(Blob.sha256).where(unwanted).limit(most)).all()
        found = self.sweep(left)
        for digest in self._blobs.older_than(STRAY_AFTER_S):
            found += self._remove_stray(digest)
        return found

    def _remove_stray(self, digest: str) -> bool:
        assert self._blobs is not None, "checked by sweep_strays"
        with self._database.session("look for lost pictures") as session:
            if session.get(Blob, digest) is not None:
                return False
        with self._database.writing("delete the picture") as session:
            row = self._row(digest, 0).on_conflict_do_nothing().returning(Blob.sha256)
            if session.execute(row).first() is None:
                return False  # somebody keeps it just now
            self._blobs.remove(digest)
            session.execute(delete(Blob).where(Blob.sha256 == digest))
        return True

    def _lock(self, session: Session, digest: str, size: int) -> None:
        """Lock the row, which is added where it is not there. Waits for whoever is adding or removing it."""
        added = self._row(digest, size)
        session.execute(added.on_conflict_do_update(index_elements=[Blob.sha256], set_={"bytes": added.excluded.bytes}))

    def _row(self, digest: str, size: int) -> postgres.Insert | sqlite.Insert:
        insert = sqlite.insert if self._database.dialect == "sqlite" else postgres.insert
        return insert(Blob).values(sha256=digest, bytes=size, created_at=datetime.now(UTC))

    def _place(self) -> Blobs:
        if self._blobs is None:
            raise StoreError("There is no place for pictures here.", "Set BRUSHWORK_PICTURES.")
        return self._blobs


def _want(session: Session, verdict_id: str, digest: str, purpose: Purpose) -> None:
    if session.get(KeptPicture, (verdict_id, purpose)) is None:
        now = datetime.now(UTC)
        session.add(KeptPicture(verdict_id=verdict_id, purpose=purpose, sha256=digest, created_at=now))
        session.flush()


def _wanted(session: Session, digest: str) -> bool:
    return session.scalars(select(KeptPicture.sha256).where(KeptPicture.sha256 == digest).limit(1)).first() is not None
