"""Text that came with a picture: always hostile, always shortened and cleaned before anyone sees it."""

from __future__ import annotations

import unicodedata

MAX_SHOWN = 500
"""Characters of one metadata field that are kept; the rest is cut and said so."""

# Cc control, Cf format (all bidirectional overrides and zero-width characters), Cs lone surrogates, Co private use,
# Cn unassigned, Zl/Zp line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def shown(text: str, limit: int = MAX_SHOWN) -> str:
    """Return `text` on one line, without control and bidirectional characters, at most `limit` characters long."""
    head = text[: limit * 4]
    clean = "".join(" " if unicodedata.category(c) in _HIDDEN else c for c in head)
    line = " ".join(clean.split())
    cut = len(line) > limit or len(text) > len(head)
    return f"{line[: limit - 1]}…" if cut else line


def spreadsheet_safe(cell: str) -> str:
    """Return `cell` with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
