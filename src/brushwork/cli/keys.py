"""`brushwork keys`: who may use the service. Works on the database, also while nothing serves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ..text import shown
from .messages import say, usage
from .models import Form

if TYPE_CHECKING:
    from ..store.keys import KeyFacts, Keys

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True, rich_markup_mode=None)

WHO = "cli"
_LONGEST_LABEL = 80
_Url = Annotated[str | None, typer.Option("--url", help="Database; default: BRUSHWORK_DATABASE_URL.")]
_KeyId = Annotated[str, typer.Argument(metavar="ID", help="The id that `brushwork keys list` shows.")]


class KeyScope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"
    REVIEW = "review"
    METRICS = "metrics"
    ADMIN = "admin"


@app.callback()
def group() -> None:
    """Make, list and revoke API keys."""


@app.command(
    epilog="\b\nExamples:\n  brushwork keys create --label 'jury 2026' --days 90\n"
    "  brushwork keys create --label operator --scope read --scope write --scope admin\n"
)
def create(
    label: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[KeyScope] | None, typer.Option(help="What it may do; default: read and write.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until it expires; default: never.")] = None,
    url: _Url = None,
) -> None:
    """Make a key and print it on stdout. It is shown this once: only its hash is kept."""
    clean = shown(label, _LONGEST_LABEL)
    if not clean:
        raise usage("A label has at least one visible character.", option="--label")
    scopes = {one.value for one in scope or (KeyScope.READ, KeyScope.WRITE)}
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with _keys(url) as keys:
        facts, key = keys.create(clean, scopes, by=WHO, expires_at=expires_at)
    _print_once(facts, key)


@app.command("list", epilog="\b\nExamples:\n  brushwork keys list\n  brushwork keys list --format json\n")
def list_keys(
    form: Annotated[Form, typer.Option("--format", help="Form of the list.")] = Form.TABLE, url: _Url = None
) -> None:
    """List every key: what it may do, when it was used last, whether it is good. Never the key itself."""
    with _keys(url) as keys:
        rows = keys.all()
    if form is Form.JSON:
        typer.echo(json.dumps([_row(facts) for facts in rows], indent=2))
        return
    for facts in rows:
        state = facts.trouble(datetime.now(UTC)) or "good"
        used = "never used" if facts.last_used_at is None else f"used {facts.last_used_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{facts.id}  {facts.label}  {' '.join(sorted(facts.scopes))}  {used}  {state}")


@app.command(epilog="\b\nExample:\n  brushwork keys revoke 0123456789ab\n")
def revoke(key_id: _KeyId, url: _Url = None) -> None:
    """End a key for good, with the browser sessions opened by it. What it saved stays."""
    with _keys(url) as keys:
        keys.revoke(key_id, by=WHO)
    say(f"{key_id} is revoked.")


@app.command(epilog="\b\nExample:\n  brushwork keys rotate 0123456789ab --overlap-hours 24\n")
def rotate(
    key_id: _KeyId,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=720, help="Hours for which the former secret stays good.")
    ] = 0,
    url: _Url = None,
) -> None:
    """Replace the secret of a key and print the new one. Its id, scopes and what it saved stay."""
    with _keys(url) as keys:
        facts, key = keys.rotate(key_id, by=WHO, overlap=timedelta(hours=overlap_hours))
    _print_once(facts, key)


@contextmanager
def _keys(url: str | None) -> Iterator[Keys]:
    """The keys of the database; a SQLite one is made where there is none."""
    from ..settings import load_settings
    from ..store.migrate import prepare
    from ..store.store import Store

    where = url or load_settings().database_url
    prepare(where)
    store = Store(where)
    try:
        yield store.keys
    finally:
        store.close()


def _print_once(facts: KeyFacts, key: str) -> None:
    say(f"Key {facts.id} ({facts.label}; {' '.join(sorted(facts.scopes))}). It is shown this once:")
    typer.echo(key)


def _row(facts: KeyFacts) -> dict[str, object]:
    return {
        "id": facts.id,
        "label": facts.label,
        "scopes": sorted(facts.scopes),
        "created_at": facts.created_at.isoformat(),
        "expires_at": facts.expires_at and facts.expires_at.isoformat(),
        "last_used_at": facts.last_used_at and facts.last_used_at.isoformat(),
        "revoked_at": facts.revoked_at and facts.revoked_at.isoformat(),
        "usable": facts.trouble(datetime.now(UTC)) is None,
    }
