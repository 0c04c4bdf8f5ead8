"""`brushwork serve`: the page and the HTTP interface on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from .messages import say

app = typer.Typer(rich_markup_mode=None)

_EXAMPLES = """\b
Examples:
  brushwork serve
  brushwork serve --port 8080
  brushwork keys create --label me --scope read --scope write --scope admin && brushwork serve --host 192.168.1.4
  BRUSHWORK_DATABASE_URL=postgresql+psycopg://me@db/brushwork brushwork serve
"""


@app.command(epilog=_EXAMPLES)
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; default 8000.")] = None,
    i_know: Annotated[
        bool, typer.Option("--i-know", help="Listen beyond this machine and ask nobody for a key.")
    ] = False,
) -> None:
    """Serve the page and the HTTP interface. Pictures never leave the machine that serves them."""
    from ..settings import load_settings

    given = {"host": host, "port": port, "i_know": i_know or None}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    from ..service.serve import run

    run(settings, say)
