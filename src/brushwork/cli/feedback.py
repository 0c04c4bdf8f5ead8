"""`brushwork feedback`: what people said about verdicts. Nothing here trains anything: it is listed and handed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .messages import say

if TYPE_CHECKING:
    from ..store.feedback import FeedbackFacts
    from ..store.store import Store

app = typer.Typer(help="List feedback and hand over what was accepted.", no_args_is_help=True, rich_markup_mode=None)


class FeedbackState(StrEnum):
    """What a reviewer made of it."""

    NEW = "new"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@app.callback()
def group() -> None:
    """List feedback and hand over what was accepted."""


@app.command("list", epilog="\b\nExamples:\n  brushwork feedback list --state new\n")
def list_(
    state: Annotated[FeedbackState | None, typer.Option(help="Only in this state.")] = None,
) -> None:
    """One JSON object a line, newest first."""
    with _store() as store:
        for facts in store.feedback.every(None if state is None else state.value):
            typer.echo(_line(facts))


@app.command(epilog="\b\nExamples:\n  brushwork feedback export --pictures for-training > accepted.jsonl\n")
def export(
    pictures: Annotated[Path | None, typer.Option(help="Folder to write the pictures to, by their sha256.")] = None,
) -> None:
    """Accepted feedback whose giver consents to training, one JSON object a line.

    With --pictures, also the files that were kept with consent, as they came in: metadata and all. Guard them.
    """
    with _store() as store:
        if pictures is not None:
            pictures.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = written = 0
        for facts in store.feedback.every("accepted"):
            if not facts.consent_training:
                continue
            typer.echo(_line(facts))
            told += 1
            if pictures is not None and facts.consent_store_image:
                data = store.pictures.read(facts.owner, facts.verdict_id, "feedback")
                (pictures / facts.sha256).write_bytes(data)
                written += 1
    say(f"{told} feedbacks, {written} pictures.")


def _line(facts: FeedbackFacts) -> str:
    return json.dumps(asdict(facts), default=str)


@contextmanager
def _store() -> Iterator[Store]:
    from ..settings import load_settings
    from ..store.store import open_store

    store = open_store(load_settings())
    try:
        yield store
    finally:
        store.close()
