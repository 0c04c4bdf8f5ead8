"""The saved verdicts, each of one owner. Each method is one transaction and blocks: call it from a thread.

A verdict of somebody else is not there: it raises VerdictNotFound as one that never was.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from ..errors import VerdictNotFound
from ..failures import is_id
from ..verdict import Answer, Verdict
from .cursors import cursor, place
from .database import Database
from .phashes import bands, candidates, distance, same
from .tables import KeptPicture, SavedVerdict

_HEX: Final = re.compile(r"[0-9a-f]{1,64}")
_UNCHANGED: Final[Any] = object()


@dataclass(frozen=True)
class Kept:
    """What is kept beside one verdict. `picture_at` is when its picture was kept, None where it is not."""

    id: str
    owner: str
    created_at: datetime
    note: str | None
    for_review: bool
    picture_at: datetime | None


@dataclass(frozen=True)
class Page:
    """Some saved verdicts, newest first; `after` asks for the next page and is None on the last.

    `kept` has what is kept beside each, in the same order.
    """

    verdicts: tuple[Verdict, ...]
    after: str | None
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True)
class Near:
    """A saved verdict on a picture that looks alike; `distance` is in how many of 64 bits the hashes differ."""

    id: str
    distance: int
    answer: str
    created_at: datetime


class Verdicts:
    """The saved verdicts of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, owner: str, verdict: Verdict, options: str) -> None:
        """Keep `verdict`, made under `options`. One without an answer or without a file is a caller's mistake."""
        row = saved_row(owner, verdict, options)
        with self._database.session("save the verdict") as session:
            session.add(row)

    def get(self, owner: str, verdict_id: str) -> Verdict:
        """The verdict saved under `verdict_id`. Raises VerdictNotFound."""
        with self._database.session("read the verdict") as session:
            return Verdict.model_validate(owned(session, owner, verdict_id).body)

    def kept(self, owner: str, verdict_id: str) -> Kept:
        """What is kept beside the verdict. Raises VerdictNotFound."""
        with self._database.session("read the verdict") as session:
            return _kept(session, [owned(session, owner, verdict_id)])[0]

    def describe(
        self, owner: str, verdict_id: str, *, note: str | None = _UNCHANGED, for_review: bool = _UNCHANGED
    ) -> Kept:
        """Change the note, or whether reviewers may see the verdict. Raises VerdictNotFound."""
        with self._database.session("change the note") as session:
            row = owned(session, owner, verdict_id)
            if note is not _UNCHANGED:
                row.note, row.words = note, _words(row.body.get("external_id"), note)
            if for_review is not _UNCHANGED:
                row.for_review = for_review
            session.flush()
            return _kept(session, [row])[0]

    def reviewed_owner(self, verdict_id: str) -> str:
        """Whose verdict it is, where its owner put it up for review. Raises VerdictNotFound."""
        with self._database.session("read the verdict") as session:
            row = _row(session, verdict_id)
            if not row.for_review:
                raise not_found()
            return row.owner

    def seen(self, owner: str, sha256: str, bundle_sha256: str, options: str) -> Verdict | None:
        """The newest verdict of `owner` for the same bytes, bundle and options; None where there is none."""
        asked = (
            select(SavedVerdict)
            .where(
                SavedVerdict.owner == owner,
                SavedVerdict.sha256 == sha256,
                SavedVerdict.bundle_sha256 == bundle_sha256,
                SavedVerdict.options == options,
            )
            .order_by(SavedVerdict.created_at.desc())
            .limit(1)
        )
        with self._database.session("look for the verdict") as session:
            row = session.scalars(asked).first()
            return None if row is None else Verdict.model_validate(row.body)

    def near(self, owner: str, phash: str, most: int, limit: int = 20, but: str | None = None) -> tuple[Near, ...]:
        """The `limit` nearest verdicts of `owner`, at most `most` bits away (phashes.MOST_DISTANCE at the largest)."""
        with self._database.session("look for near duplicates") as session:
            found = {row.id: row.phash for row in session.execute(same(owner, phash, limit + 1))}
            if len(found) <= limit:  # a picture that was saved thousands of times fills the answer with itself
                found = {row.id: row.phash for row in session.execute(candidates(owner, phash))}
            found.pop(but or "", None)
            away = {row_id: distance(phash, other) for row_id, other in found.items()}
            nearest = sorted((bits, row_id) for row_id, bits in away.items() if bits <= most)[:limit]
            asked = select(SavedVerdict.id, SavedVerdict.answer, SavedVerdict.created_at)
            facts = {row.id: row for row in session.execute(asked.where(SavedVerdict.id.in_([i for _, i in nearest])))}
        return tuple(Near(i, bits, facts[i].answer, facts[i].created_at) for bits, i in nearest if i in facts)

    def page(
        self, owner: str, after: str | None = None, limit: int = 50, answer: Answer | None = None, words: str = ""
    ) -> Page:
        """`limit` verdicts, newest first, behind the cursor `after`. Raises RequestRefused for a bad cursor.

        With `words`: those whose sha256 begins with them, whose id they are, or in whose name or note they stand.
        """
        return self._page(page_query(owner, answer, words), after, limit)

    def counts(self, owner: str) -> dict[Answer, int]:
        """How many verdicts of `owner` are saved, by answer; an answer that none has is left out."""
        asked = select(SavedVerdict.answer, func.count()).where(SavedVerdict.owner == owner)
        with self._database.session("count the verdicts") as session:
            return {
                Answer(answer): count for answer, count in session.execute(asked.group_by(SavedVerdict.answer)).all()
            }

    def every(self, owner: str, at_once: int = 100) -> Iterator[tuple[Verdict, Kept]]:
        """All of them, newest first, read a few at a time."""
        after: str | None = None
        while True:
            page = self.page(owner, after, at_once)
            yield from zip(page.verdicts, page.kept, strict=True)
            after = page.after
            if after is None:
                return

    def page_for_review(self, after: str | None = None, limit: int = 50) -> Page:
        """Verdicts of any owner that were put up for review, newest first."""
        return self._page(_newest_first().where(SavedVerdict.for_review), after, limit)

    def _page(self, asked: Select[SavedVerdict], after: str | None, limit: int) -> Page:
        if after is not None:
            asked = asked.where(tuple_(SavedVerdict.created_at, SavedVerdict.id) < place(after))
        with self._database.session("list the verdicts") as session:
            rows = list(session.scalars(asked.limit(limit + 1)))
            more = cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
            rows = rows[:limit]
            return Page(tuple(Verdict.model_validate(row.body) for row in rows), more, tuple(_kept(session, rows)))


def options_key(*, explain: bool, stability: bool, version: str, trust_list: str) -> str:
    """How a verdict was made, as one line: an answer is used again only where all of it is the same.

    `version` is that of Brushwork, whose readers of provenance change; `trust_list` the hash of the trusted signers.
    """
    return f"brushwork={version};trust={trust_list[:16]};explain={explain:d};stability={stability:d}"


def made_from(sha256: str, bundle_sha256: str, options: str) -> str:
    """The file, the bundle and the options of an answer as one hash: where it is the same, so is the answer."""
    return hashlib.sha256(f"{sha256};{bundle_sha256};{options}".encode()).hexdigest()


def saved_row(owner: str, verdict: Verdict, options: str) -> SavedVerdict:
    """The row of a verdict to keep, for whoever writes it together with something else."""
    facts, model = verdict.input, verdict.model
    if verdict.answer is None or verdict.probability is None or facts is None or facts.sha256 is None or model is None:
        raise ValueError("only the verdict of an examined file can be saved")
    return SavedVerdict(
        id=verdict.id,
        owner=owner,
        created_at=verdict.created_at,
        sha256=facts.sha256,
        phash=facts.phash,
        bundle_sha256=model.sha256,
        options=options,
        answer=verdict.answer.value,
        probability=verdict.probability,
        channel=verdict.channel,
        words=_words(verdict.external_id, None),
        body=verdict.to_dict(),
        **{f"band{i}": value for i, value in enumerate(bands(facts.phash))},
    )


def owned(session: Session, owner: str, verdict_id: str) -> SavedVerdict:
    """The row of a verdict of `owner`. Raises VerdictNotFound, also where it is somebody else's."""
    row = _row(session, verdict_id)
    if row.owner != owner:
        raise not_found()
    return row


def _row(session: Session, verdict_id: str) -> SavedVerdict:
    row = session.get(SavedVerdict, verdict_id) if is_id(verdict_id) else None
    if row is None:
        raise not_found()
    return row


def page_query(owner: str, answer: Answer | None, words: str) -> Select[SavedVerdict]:
    """What a page of one owner asks the database."""
    asked = _newest_first().where(SavedVerdict.owner == owner)
    if answer is not None:
        asked = asked.where(SavedVerdict.answer == answer.value)
    return asked.where(_says(words)) if words else asked


def _newest_first() -> Select[SavedVerdict]:
    return select(SavedVerdict).order_by(SavedVerdict.created_at.desc(), SavedVerdict.id.desc())


def _says(words: str) -> ColumnElement[bool]:
    """A whole digest is looked up by its index; anything else is looked for in the owner's rows, newest first."""
    folded = words.casefold()
    if len(folded) == 64 and _HEX.fullmatch(folded):
        return SavedVerdict.sha256 == folded
    ways = [SavedVerdict.id == words, SavedVerdict.words.contains(folded, autoescape=True)]
    if _HEX.fullmatch(folded):
        ways.append(and_(SavedVerdict.sha256 >= folded, SavedVerdict.sha256 < f"{folded}g"))
    return or_(*ways)


def _words(external_id: str | None, note: str | None) -> str:
    return "\n".join(part for part in (external_id, note) if part).casefold()


def _kept(session: Session, rows: list[SavedVerdict]) -> list[Kept]:
    asked = select(KeptPicture.verdict_id, KeptPicture.created_at).where(
        KeptPicture.purpose == "verdict", KeptPicture.verdict_id.in_([row.id for row in rows])
    )
    at = {found.verdict_id: found.created_at for found in session.execute(asked)}
    return [Kept(r.id, r.owner, r.created_at, r.note, r.for_review, at.get(r.id)) for r in rows]


def not_found() -> VerdictNotFound:
    """The error of an id that is nobody's, or somebody else's."""
    return VerdictNotFound(
        "No verdict is saved under that id.", "Only verdicts that were asked to be saved are kept, until deleted."
    )
