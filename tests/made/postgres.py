"""A PostgreSQL of the test's own, which may be stopped and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, the newest one; None where there is none, or no user to run it as."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not (found or installed) or (os.geteuid() == 0 and shutil.which("runuser") is None):
        return None
    return Path(found).parent if found else installed[-1].parent


def database_beside(url: str, name: str) -> str:
    """The URL of an empty database `name` on the server of `url`; one that was left there is dropped."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


class Cluster:
    """One server on `port` of loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._binaries = binaries()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"

    def make(self) -> None:
        self._run("initdb", "-D", "data", "-A", "trust", "-U", "postgres", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")

    def hang(self) -> None:
        """Stop its processes where they stand: connections stay open, and nothing is answered."""
        os.kill(self._first(), signal.SIGSTOP)  # it starts no others then, and buries none
        for pid in self._others():
            os.kill(pid, signal.SIGSTOP)

    def wake(self) -> None:
        """Let them go on, the first one last: those it buries meanwhile could not be signalled."""
        for pid in (*self._others(), self._first()):
            os.kill(pid, signal.SIGCONT)

    def _first(self) -> int:
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def _others(self) -> list[int]:
        first = self._first()
        return [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]

    def _run(self, program: str, *words: str) -> None:
        assert self._binaries is not None, "asked for by the marker"
        as_postgres = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        command = [*as_postgres, str(self._binaries / program), *words]
        subprocess.run(command, cwd=self._folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def cluster(port: int) -> Iterator[Cluster]:
    """A running server in a folder of its own, both gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="brushwork-postgres."))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    made = Cluster(folder, port)
    try:
        made.make()
        yield made
    finally:
        subprocess.run(  # noqa: PLW1510  it may have been stopped before
            [*(("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()), str(binaries() / "pg_ctl"),  # type: ignore[operator]
             "-D", "data", "-m", "immediate", "stop"],
            cwd=folder, capture_output=True,
        )  # fmt: skip
        shutil.rmtree(folder)
