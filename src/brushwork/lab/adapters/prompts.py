"""Prompts for image generators: one a line, with {this|that} for what varies, drawn by seed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ...errors import LabError
from ..weather import stream

_CHOICE: Final = re.compile(r"\{([^{}]*)\}")


def read_prompts(path: Path, count: int | None, seed: int) -> list[str]:
    """`count` prompts of a file, its lines in turn and each choice drawn by seed; without `count`, one of each line.

    Lines that begin with # are comments. Raises LabError where the file has none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"The prompts {path} cannot be read: {error}.", "Give a text file, a prompt a line.") from error
    templates = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not templates:
        raise LabError(f"{path} has no prompt.", "Write one a line; {this|that} is drawn by chance.")
    return [varied(templates[n % len(templates)], seed, n) for n in range(count or len(templates))]


def varied(template: str, seed: int, number: int) -> str:
    """One prompt of a template: every {this|that} replaced by one of its words."""
    rng = stream("prompt", seed, number, template)

    def one(found: re.Match[str]) -> str:
        words = found.group(1).split("|")
        return words[int(rng.integers(0, len(words)))].strip()

    return _CHOICE.sub(one, template)
