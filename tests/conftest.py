"""What every test shares: markers for what a test needs, each with one way to ask for it and one way to skip.

A test that needs something that not every machine has says so with a marker from `NEEDS`. Where it is missing, the
test is skipped with the reason and the command that enables it. With BRUSHWORK_REQUIRE_ALL=1 it fails instead, so that
a machine that should have everything cannot pass by skipping.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.made.postgres import binaries, database_beside

ROOT = Path(__file__).resolve().parent.parent
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
SHARED_DATA = ROOT.parent / "shared" / "data"


class Need(NamedTuple):
    """Something a test asks for: the marker's name, whether it is here, and what to do where it is not."""

    marker: str
    present: Callable[[], bool]
    reason: str


def _importable(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)


def chromium() -> str | None:
    """The browser that the page tests drive: BRUSHWORK_CHROMIUM, or the first on the PATH; without a window of its own,
    Chromium does the same in three quarters of the time."""
    named = os.environ.get("BRUSHWORK_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    found = (
        shutil.which(name) for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    )
    return next((path for path in found if path), None)


def dejavu() -> bool:
    """Whether the fonts are here in which the golden pictures of the page were taken."""
    return any(any(folder.rglob("DejaVuSerif.ttf")) for folder in FONT_FOLDERS)


def mounts() -> bool:
    """Whether a disk can be mounted here: one is, for a moment."""
    if shutil.which("mount") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True
        )
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return done.returncode == 0


NEEDS: tuple[Need, ...] = (
    Need(
        "needs_shared",
        SHARED_DATA.is_dir,
        "needs ../shared/data; lay the data beside the repository, as data/README there describes",
    ),
    Need(
        "needs_chromium",
        lambda: chromium() is not None and _importable("playwright"),
        "needs Chromium; run `apt-get install chromium-headless-shell`, or name one with BRUSHWORK_CHROMIUM=path",
    ),
    Need("needs_dejavu", dejavu, "needs the fonts of DejaVu; run `apt-get install fonts-dejavu-core`"),
    Need(
        "needs_postgres",
        lambda: bool(os.environ.get("BRUSHWORK_TEST_POSTGRES_URL")),
        "needs PostgreSQL; set BRUSHWORK_TEST_POSTGRES_URL=postgresql+psycopg://user@host/database",
    ),
    Need(
        "needs_initdb",
        lambda: binaries() is not None,
        "needs PostgreSQL's initdb, for a server that may be stopped; run `apt-get install postgresql`",
    ),
    Need(
        "needs_faketime",
        lambda: any(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")),
        "needs libfaketime, to set a clock back; run `apt-get install faketime`",
    ),
    Need(
        "needs_promtool",
        lambda: shutil.which("promtool") is not None,
        "needs promtool, to check Prometheus' rules; run `apt-get install prometheus`",
    ),
    Need(
        "needs_nginx",
        lambda: shutil.which("nginx") is not None and shutil.which("openssl") is not None,
        "needs nginx and openssl, to check its configuration; run `apt-get install nginx-light openssl`",
    ),
    Need(
        "needs_mount",
        mounts,
        "needs to mount a small disk of its own, to fill it; run as root where mount is allowed",
    ),
    Need("needs_lab", lambda: _importable("torch", "timm", "pyarrow"), "needs the lab; run `make lab`"),
)


def pytest_configure(config: pytest.Config) -> None:
    # No test may make or use the key of whoever runs it; commands and services inherit this.
    if "BRUSHWORK_SIGNING_FOLDER" not in os.environ:
        folder = tempfile.mkdtemp(prefix="brushwork-keys-")
        os.environ["BRUSHWORK_SIGNING_FOLDER"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    if config.getoption("numprocesses", None) and _importable("torch", "torchvision"):
        # The process that hears of the others' warnings imports the modules that they come from, the lab's too.
        from brushwork.lab.torchvision_shim import ensure_torchvision

        ensure_torchvision()
    # Tests that run beside each other may not empty each other's tables.
    worker, server = os.environ.get("PYTEST_XDIST_WORKER"), os.environ.get("BRUSHWORK_TEST_POSTGRES_URL")
    if worker and server:
        os.environ["BRUSHWORK_TEST_POSTGRES_URL"] = database_beside(server, f"brushwork_{worker}")
    config.addinivalue_line("markers", "slow: takes more than a few seconds; leave out with -m 'not slow'")
    for need in NEEDS:
        config.addinivalue_line("markers", f"{need.marker}: {need.reason}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Asking for the fixture is asking for the data: such a test gets the marker by itself."""
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("needs_shared")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever skipped a test, a marker or the test itself: where everything is required, it failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("BRUSHWORK_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr} (BRUSHWORK_REQUIRE_ALL=1 forbids skipping)"
    return report


@pytest.fixture(autouse=True)
def _settings_of_its_own() -> Iterator[None]:
    """Settings are read once a process; what one test set may not reach the next."""
    yield
    if (read := sys.modules.get("brushwork.settings")) is not None:
        read.load_settings.cache_clear()


@pytest.fixture(autouse=True)
def _own_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long command steps back behind other programs; run in here, it would hold up every test after it."""
    if hasattr(os, "nice"):
        monkeypatch.setattr(os, "nice", lambda _step: 0)


@pytest.fixture(scope="session")
def _met() -> dict[str, bool]:
    """Which needs were looked for already in this run, and whether they are here."""
    return {}


@pytest.fixture(autouse=True)
def _needs(request: pytest.FixtureRequest, _met: dict[str, bool]) -> None:
    for need in NEEDS:
        if request.node.get_closest_marker(need.marker) is None:
            continue
        if need.marker not in _met:
            _met[need.marker] = need.present()
        if not _met[need.marker]:
            give_up(need.reason)


def give_up(reason: str) -> None:
    """Skip the running test with `reason`, or fail it where everything is required."""
    if os.environ.get("BRUSHWORK_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason} (BRUSHWORK_REQUIRE_ALL=1 forbids skipping)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder ../shared/data. Asking for it marks the test `needs_shared`; see `NEEDS`."""
    if not SHARED_DATA.is_dir():
        give_up(NEEDS[0].reason)
    return SHARED_DATA
