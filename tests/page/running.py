"""The service in a process of its own, and how Chromium is started: for the tests and for the screenshots."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.conftest import chromium, dejavu
from tests.made.ports import free_port

FONTS: Final = Path(__file__).parent / "fonts.conf"

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
START_LIMIT_S = 180


def launched(playwright: Any) -> Any:
    """Chromium with DejaVu's fonts alone, so that a screen looks the same on every machine; with the machine's own
    where it has none of these."""
    fonts = {"FONTCONFIG_FILE": str(FONTS)} if dejavu() else {}
    return playwright.chromium.launch(executable_path=chromium(), args=BROWSER_FLAGS, env={**os.environ, **fonts})


@dataclass
class Service:
    """The real service in a process of its own, for the length of a `with`; it can be stopped and started again on the
    same port meanwhile."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'page.sqlite3'}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        environment = os.environ | {"BRUSHWORK_DATABASE_URL": self.database_url} | self.settings
        command = [sys.executable, "-m", "brushwork.cli", "serve", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def _answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(f"{self.url}/livez", timeout=5).status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
