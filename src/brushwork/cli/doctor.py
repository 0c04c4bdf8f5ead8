"""`brushwork doctor`: what is installed, which model, which settings, and whether a picture can be examined."""

from __future__ import annotations

import json
import platform
from typing import Annotated

import typer

from .checks import Finding, Health, examine_all
from .exits import ExitCode
from .models import Form

app = typer.Typer(rich_markup_mode=None)

_EXAMPLES = """\b
Examples:
  brushwork doctor
  brushwork doctor --format json
  BRUSHWORK_MODEL=../my-bundle brushwork doctor
"""


@app.command(epilog=_EXAMPLES)
def doctor(form: Annotated[Form, typer.Option("--format", help="Form of the report.")] = Form.TABLE) -> None:
    """Say what is installed and whether it works. Ends with 4 where pictures cannot be examined or served."""
    findings = examine_all()
    if form is Form.JSON:
        typer.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        typer.echo("\n".join(_line(finding) for finding in findings))
        typer.echo(_conclusion(findings))
    unusable = any(finding.health is Health.BAD for finding in findings)
    raise typer.Exit(ExitCode.UNUSABLE if unusable else ExitCode.DONE)


def _line(finding: Finding) -> str:
    advice = f"\n{'':28}{finding.advice}" if finding.advice else ""
    return f"{finding.health:<5} {finding.subject:<21} {finding.detail}{advice}"


def _conclusion(findings: list[Finding]) -> str:
    bad = [finding.subject for finding in findings if finding.health is Health.BAD]
    if bad:
        return f"Not usable: {', '.join(bad)}."
    return f"Ready on Python {platform.python_version()}, {platform.system()} {platform.machine()}."
