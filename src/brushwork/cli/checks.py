"""The checks of `brushwork doctor`, in the order in which they are printed."""

from __future__ import annotations

import io
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final, NamedTuple

from .. import __version__
from ..errors import BrushworkError
from ..settings import ENV_FILE, Settings, load_settings
from ..text import shown

PREFIX: Final = "BRUSHWORK_"
TEST_PREFIXES: Final = ("BRUSHWORK_TEST_", "BRUSHWORK_REQUIRE_ALL", "BRUSHWORK_CHROMIUM")
"""Variables that only the tests read."""


class Health(StrEnum):
    """`note` is worth knowing, `bad` makes Brushwork unusable."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


class Finding(NamedTuple):
    """One line of the report; `advice` is the next step where there is one."""

    health: Health
    subject: str
    detail: str
    advice: str = ""


def examine_all() -> list[Finding]:
    """Every finding. A check that ends with an error of ours is a bad finding, and the others go on.

    An error that several checks meet, such as a wrong setting, is told by the first of them.
    """
    findings: list[Finding] = []
    told: set[str] = set()
    for subject, check in CHECKS:
        try:
            findings += check()
        except BrushworkError as error:
            if error.detail not in told:
                findings.append(Finding(Health.BAD, subject, shown(error.detail), shown(error.advice)))
            told.add(error.detail)
    return findings


def _python() -> Iterator[Finding]:
    yield Finding(Health.OK, "brushwork", f"{__version__} in {Path(__file__).parent.parent}")
    yield Finding(Health.OK, "python", f"{platform.python_version()} on {platform.platform()}")


def _packages() -> Iterator[Finding]:
    for name, extra in _required():
        if extra is None:
            found = _installed(name)
            missing = Finding(Health.BAD, name, "missing", f"pip install {name}")
            yield missing if found is None else Finding(Health.OK, name, found)


def _extras() -> Iterator[Finding]:
    wanted: dict[str, list[str]] = {}
    for name, extra in _required():
        if extra is not None:
            wanted.setdefault(extra, []).append(name)
    for extra, names in wanted.items():
        absent = [name for name in names if _installed(name) is None]
        subject = f"extra {extra}"
        if absent:
            yield Finding(
                Health.OK, subject, f"not installed ({', '.join(absent)})", f"pip install 'brushwork[{extra}]'"
            )
        else:
            yield Finding(Health.OK, subject, ", ".join(f"{name} {_installed(name)}" for name in names))


def _required() -> Iterator[tuple[str, str | None]]:
    """Names that the package asks for, each with the extra that it belongs to."""
    for line in requires("brushwork") or ():
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"""extra\s*==\s*['"]([^'"]+)""", line)
        if name is not None:
            yield name.group(), extra.group(1) if extra else None


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _settings() -> Iterator[Finding]:
    settings = load_settings()
    changed = [name for name, field in Settings.model_fields.items() if getattr(settings, name) != field.default]
    for name in changed:
        yield Finding(Health.NOTE, "setting", f"{PREFIX}{name.upper()} = {_told(settings, name)}")
    if os.environ.get(ENV_FILE):
        yield Finding(Health.NOTE, "setting", f"{ENV_FILE} = {shown(os.environ[ENV_FILE])}")
    if not changed:
        yield Finding(Health.OK, "settings", "all at their defaults")
    known = [ENV_FILE, *(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known and not name.startswith(TEST_PREFIXES):
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Remove it; nothing reads it."
            yield Finding(Health.NOTE, "setting", f"{shown(name)} is set and means nothing", hint)


def _told(settings: Settings, name: str) -> str:
    """The value of a setting; a database URL without its password."""
    if name == "database_url":
        from ..store.engine import open_engine

        return open_engine(settings.database_url).url.render_as_string(hide_password=True)
    return shown(str(getattr(settings, name)))


def _bundle() -> Iterator[Finding]:
    from ..forensics.distant import bundle_of

    bundle = bundle_of(load_settings())
    recipe = bundle.recipe
    yield Finding(Health.OK, "model", f"{recipe.name} {recipe.version}, sha256 {bundle.sha256[:12]}, {bundle.folder}")
    yield Finding(Health.OK, "model files", f"{len(recipe.files)} match their hashes")
    made_with = recipe.origin.libraries.get("onnxruntime")
    here = _installed("onnxruntime")
    if made_with not in (None, here):
        yield Finding(Health.NOTE, "onnxruntime", f"{here} here, {made_with} where the model was measured")


def _examination() -> Iterator[Finding]:
    import numpy as np
    from PIL import Image

    from ..examine import Examiner

    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "PNG")
    examiner = Examiner.from_settings(load_settings())
    start = time.perf_counter()
    examiner.examine(stream.getvalue(), name="the picture of the doctor")
    yield Finding(Health.OK, "examination", f"a drawn picture in {(time.perf_counter() - start) * 1000:.0f} ms")


def _database() -> Iterator[Finding]:
    from sqlalchemy import text

    from ..store.engine import open_engine, told
    from ..store.migrate import current, newest

    engine = open_engine(load_settings().database_url)
    name = engine.url.render_as_string(hide_password=True)
    if engine.url.get_backend_name() == "sqlite" and not Path(engine.url.database or "").is_file():
        yield _no_file_yet(name, Path(engine.url.database or ""))
        return
    with told("be reached"), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        here, needed = current(connection), newest()
    engine.dispose()
    if here == needed:
        yield Finding(Health.OK, "database", f"{name} at version {here}")
    else:
        yield Finding(
            Health.NOTE, "database", f"{name} at version {here}, needs {needed}", "Run `brushwork db upgrade`."
        )


def _no_file_yet(name: str, path: Path) -> Finding:
    """A store that `serve` will make: nothing is written by looking."""
    folder = path.parent
    if os.access(folder, os.W_OK):
        return Finding(Health.OK, "database", f"{name} is not there yet; `brushwork serve` makes it")
    return Finding(
        Health.BAD,
        "database",
        f"{name} cannot be made in {shown(str(folder.absolute()))}",
        "Set BRUSHWORK_DATABASE_URL.",
    )


CHECKS: Final[tuple[tuple[str, Callable[[], Iterator[Finding]]], ...]] = (
    ("python", _python),
    ("packages", _packages),
    ("extras", _extras),
    ("settings", _settings),
    ("model", _bundle),
    ("examination", _examination),
    ("database", _database),
)
