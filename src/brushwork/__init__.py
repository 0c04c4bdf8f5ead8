"""Brushwork: was this artwork made with AI? The public words of the package.

    from brushwork import Examiner

    verdict = Examiner.from_bundle("default").examine("picture.png")
    print(verdict.wording.answer, verdict.wording.error_rate)

Importing the package loads neither the model runtime nor the C2PA library; the first use does.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# ONNX Runtime 1.32 and later call a server of their maker from Linux too, and keep an id of the machine in the user's
# cache folder. They look here when they are loaded, so it has to stand before that; whoever set it is left alone.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from .client import AsyncClient, Client
    from .comparison import Comparison, compare
    from .errors import BrushworkError, BundleError, PictureError
    from .examine import Examiner
    from .verdict import Answer, Evidence, Reason, Verdict

_HOME = {
    "Answer": "verdict",
    "AsyncClient": "client",
    "BrushworkError": "errors",
    "BundleError": "errors",
    "Client": "client",
    "Comparison": "comparison",
    "Evidence": "verdict",
    "Examiner": "examine",
    "PictureError": "errors",
    "Reason": "verdict",
    "Verdict": "verdict",
    "compare": "comparison",
}

__all__ = [
    "Answer",
    "AsyncClient",
    "BrushworkError",
    "BundleError",
    "Client",
    "Comparison",
    "Evidence",
    "Examiner",
    "PictureError",
    "Reason",
    "Verdict",
    "__version__",
    "compare",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'brushwork' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
