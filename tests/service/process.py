"""The service as a process of its own, as operators run it; stopped, or killed with its workers, at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.made.ports import free_port


class Served:
    """A running service: where it is, and what it wrote to standard error so far."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._drain.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)  # the pipe must not fill up

    def workers(self) -> list[int]:
        """The ids of its worker processes."""
        return [pid for pid in children(self.process.pid) if "spawn_main" in _command(pid)]

    def stop(self, by: signal.Signals = signal.SIGTERM, seconds: float = 60) -> str:
        """Tell it to stop, wait, and give everything that it wrote."""
        self.process.send_signal(by)
        self.process.wait(seconds)
        self._drain.join(10)
        return "".join(self.lines)


@contextmanager
def served(folder: Path, *prefix: str, **settings: Any) -> Iterator[Served]:
    """A service with `settings` and a store in `folder`; `prefix` is a command that runs it, such as faketime."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    given = {"database_url": f"sqlite:///{folder / 'store.sqlite3'}", "spool": folder / "spool"} | settings
    environment = os.environ | {f"BRUSHWORK_{name.upper()}": str(value) for name, value in given.items()}
    command = [*prefix, sys.executable, "-m", "brushwork.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    running = Served(process, port)
    try:
        wait_for(lambda: any("listens on" in line for line in running.lines) or process.poll() is not None)
        assert process.poll() is None, running.lines
        wait_for(lambda: httpx.get(f"{running.url}/readyz", timeout=120).json()["model"] == "ok")
        yield running
    finally:
        for pid in [process.pid, *children(process.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()


def children(pid: int) -> list[int]:
    """The processes that `pid` started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    threads = Path(f"/proc/{pid}/task").glob("*/children") if listed.exists() else ()
    return [int(child) for path in threads for child in path.read_text().split()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it ended meanwhile
        return ""


def resident(pid: int) -> int:
    """Bytes of memory that `pid` holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def wait_for(happened: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something has happened; fail where it does not in a time that is long on any machine."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
