"""The machine that figures were measured on, in words."""

from __future__ import annotations

import platform
from pathlib import Path


def hardware(threads: int) -> str:
    """The processor in words, and how many threads were used."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        models = [x.split(":", 1)[1].strip() for x in cpuinfo.read_text().splitlines() if x.startswith("model name")]
        name = models[0] if models else name
    return f"{threads} thread{'s' if threads > 1 else ''} of {name}"


def half_is_fast() -> bool:
    """Whether this processor multiplies bfloat16 by itself; without, half precision takes several times as long."""
    import torch

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
