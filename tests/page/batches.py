"""What the tests of the batch screen share: how a batch is begun and waited for, and what is read off its table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROWS = ".batch-table .table-body .row"
DONE_MS = 300_000


def begin(page: Any, files: list[Path], name: str = "") -> None:
    """Choose the files and begin a batch with them."""
    page.set_input_files("#files", files)
    press_begin(page, name)


def press_begin(page: Any, name: str = "") -> None:
    """Begin a batch with what is chosen, and wait for its screen."""
    page.wait_for_selector("#begin")
    page.fill("#batch-name", name)
    page.click("#begin")
    page.wait_for_url(re.compile(r"/batch/[\w-]{22}$"))


def done(page: Any, state: str = "Done") -> None:
    """Wait for the batch to end in this state."""
    page.wait_for_selector(f".going p >> text=/^{state}:/", timeout=DONE_MS)


def status_of(page: Any, name: str) -> str:
    """What the table says of the file of this name."""
    row = page.locator(ROWS, has=page.get_by_text(name, exact=True)).first
    return str(row.locator("[data-column=status]").inner_text())


def quiet(watched: Any) -> None:
    """The browser had nothing to say, but that an answer was an error."""
    assert [line for line in watched.said if "Failed to load resource" not in line] == []
