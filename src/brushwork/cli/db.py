"""`brushwork db`: the tables of the store."""

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
