"""The saved verdicts. Each method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, delete, select, tuple_

from ..errors import VerdictNotFound
from ..verdict import Answer, Verdict
from .cursors import cursor, place
from .database import Database
from .tables import SavedVerdict


@dataclass(frozen=True)
class Page:
    """Some saved verdicts, newest first; `after` asks for the next page and is None on the last."""

    verdicts: tuple[Verdict, ...]
    after: str | None


class Verdicts:
    """The saved verdicts of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, verdict: Verdict, options: str) -> None:
        """Keep `verdict`, made under `options`. One without an answer or without a file is a caller's mistake."""
        row = saved_row(verdict, options)
        with self._database.session("save the verdict") as session:
            session.add(row)

    def get(self, verdict_id: str) -> Verdict:
        """The verdict saved under `verdict_id`. Raises VerdictNotFound."""
        with self._database.session("read the verdict") as session:
            row = session.get(SavedVerdict, verdict_id)
            if row is None:
                raise _not_found()
            return Verdict.model_validate(row.body)

    def delete(self, verdict_id: str) -> None:
        """Remove the row for good. Raises VerdictNotFound."""
        with self._database.session("delete the verdict") as session:
            gone = session.execute(
                delete(SavedVerdict).where(SavedVerdict.id == verdict_id).returning(SavedVerdict.id)
            ).first()
            if gone is None:
                raise _not_found()
        self._database.forget_log()

    def seen(self, sha256: str, bundle_sha256: str, options: str) -> Verdict | None:
        """The newest verdict saved for the same bytes, bundle and options; None where there is none."""
        asked = (
            select(SavedVerdict)
            .where(
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

    def page(self, after: str | None = None, limit: int = 50, answer: Answer | None = None) -> Page:
        """`limit` saved verdicts, newest first, behind the cursor `after`. Raises RequestRefused for a bad cursor."""
        asked = _newest_first(after, answer).limit(limit + 1)
        with self._database.session("list the verdicts") as session:
            rows = session.scalars(asked).all()
            verdicts = tuple(Verdict.model_validate(row.body) for row in rows[:limit])
            return Page(verdicts, cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None)


def options_key(*, explain: bool, stability: bool, version: str, trust_list: str) -> str:
    """How a verdict was made, as one line: an answer is used again only where all of it is the same.

    `version` is that of Brushwork, whose readers of provenance change; `trust_list` the hash of the trusted signers.
    """
    return f"brushwork={version};trust={trust_list[:16]};explain={explain:d};stability={stability:d}"


def saved_row(verdict: Verdict, options: str) -> SavedVerdict:
    """The row of a verdict to keep, for whoever writes it together with something else."""
    facts, model = verdict.input, verdict.model
    if verdict.answer is None or verdict.probability is None or facts is None or facts.sha256 is None or model is None:
        raise ValueError("only the verdict of an examined file can be saved")
    return SavedVerdict(
        id=verdict.id,
        created_at=verdict.created_at,
        sha256=facts.sha256,
        phash=facts.phash,
        bundle_sha256=model.sha256,
        options=options,
        answer=verdict.answer.value,
        probability=verdict.probability,
        channel=verdict.channel,
        body=verdict.to_dict(),
    )


def _newest_first(after: str | None, answer: Answer | None) -> Select[SavedVerdict]:
    asked = select(SavedVerdict).order_by(SavedVerdict.created_at.desc(), SavedVerdict.id.desc())
    if answer is not None:
        asked = asked.where(SavedVerdict.answer == answer.value)
    if after is None:
        return asked
    return asked.where(tuple_(SavedVerdict.created_at, SavedVerdict.id) < place(after))


def _not_found() -> VerdictNotFound:
    return VerdictNotFound(
        "No verdict is saved under that id.", "Only verdicts that were asked to be saved are kept, until deleted."
    )
