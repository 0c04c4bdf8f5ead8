"""Every door to the same engine, each giving the JSON of one file; and what may differ between them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from PIL import Image

from brushwork import Examiner

VOLATILE: Final = ("id", "created_at", "timing_ms", "channel", "path", "external_id")
"""Fields that belong to the asking and not to the picture."""


ENCODED: Final = ("sha256", "bytes", "bits_per_pixel", "phash")
"""Facts of the input that move with the encoder's version; signing takes a fresh key and the time, too."""


def answer_of(verdict: dict[str, Any]) -> str:
    """The verdict without what belongs to the asking, as JSON text, so that two can be compared byte by byte."""
    return json.dumps({k: v for k, v in verdict.items() if k not in VOLATILE}, ensure_ascii=False, indent=1)


def by_path(examiner: Examiner, path: Path) -> str:
    """Python, given the path."""
    return answer_of(json.loads(examiner.examine(path).to_json()))


def by_bytes(examiner: Examiner, path: Path) -> str:
    """Python, given the bytes."""
    return answer_of(json.loads(examiner.examine(path.read_bytes()).to_json()))


def by_image(examiner: Examiner, path: Path) -> str:
    """Python, given a PIL image that was opened and not yet decoded."""
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return answer_of(json.loads(examiner.examine(image).to_json()))


def by_command(paths: list[Path]) -> list[str]:
    """`brushwork scan --format jsonl` over all files at once."""
    command = [sys.executable, "-m", "brushwork.cli", "scan", "--format", "jsonl", *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [answer_of(json.loads(line)) for line in run.stdout.splitlines()]
