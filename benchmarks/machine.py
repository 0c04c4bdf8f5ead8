"""What every benchmark prints first: the machine, the versions, the seed. Ratios hold within one run only."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def described(*packages: str, seed: int | None = None) -> str:
    """One line on processor, memory, load and versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    lines = [
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}{load}",
        f"Python {platform.python_version()}{', ' + versions if versions else ''}",
    ]
    return "\n".join(lines if seed is None else [*lines, f"seed {seed}"])


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    named = [line.split(":", 1)[1].strip() for line in names if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown processor"
