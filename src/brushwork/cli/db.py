"""`brushwork db`: the tables of the store, and what is old enough to go."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Build and change the tables of the store.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Build and change the tables of the store."""


@app.command(epilog="\b\nExamples:\n  brushwork db upgrade\n  brushwork db upgrade --url sqlite:///old.sqlite3\n")
def upgrade(
    url: Annotated[str | None, typer.Option(help="Database; default: BRUSHWORK_DATABASE_URL.")] = None,
) -> None:
    """Bring the database to the version that this Brushwork needs. Run it before a new version serves."""
    from ..settings import load_settings
    from ..store.migrate import upgrade as bring_up

    revision = bring_up(url or load_settings().database_url)
    typer.echo(f"The store is at version {revision}.")


@app.command(epilog="\b\nExamples:\n  brushwork db tidy --dry-run\n  brushwork db tidy\n")
def tidy(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete what is older than the settings keep it, as the running service does every hour."""
    from ..settings import load_settings
    from ..store.retention import Periods
    from ..store.store import open_store

    settings = load_settings()
    periods = Periods.of(settings)
    store = open_store(settings)
    try:
        if dry_run:
            due = store.retention.due(periods)
            typer.echo(f"{due.verdicts} verdicts and {due.pictures} pictures are old enough to go.")
            return
        done = store.retention.tidy(periods, sure=True)
    finally:
        store.close()
    if done is None:
        typer.echo("Another process tidies up just now.")
        return
    typer.echo(f"Deleted {done.verdicts} verdicts, {done.pictures} pictures, {done.batches} batches.")
