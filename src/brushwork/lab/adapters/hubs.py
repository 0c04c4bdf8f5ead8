"""Downloads by the official clients: Kaggle's command line, and huggingface_hub. What they do not give is told how to
fetch by hand."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ...errors import LabError
from .registry import Adapter, HuggingFace, Kaggle
from .streams import first_line

RAW: Final = "raw"
METADATA: Final = "metadata"
Say = Callable[[str], None]


def download(wanted: Adapter, out: Path, force: bool, say: Say) -> Path:
    """The folder with the files of `wanted`, fetched into `out` unless they are there; `force` fetches them again.

    Raises LabError that says what to fetch by hand and where to put it.
    """
    folder = out / (METADATA if wanted.addresses else RAW)
    if force:
        shutil.rmtree(folder, ignore_errors=True)
    if folder.is_dir():
        say(f"{folder} is there and is not fetched again")
        return folder
    unfinished = folder.with_name(folder.name + ".part")
    unfinished.mkdir(parents=True, exist_ok=True)
    if isinstance(wanted.hub, Kaggle):
        _kaggle(wanted, wanted.hub, unfinished)
    elif isinstance(wanted.hub, HuggingFace):
        _hugging_face(wanted, wanted.hub, unfinished)
    else:
        raise by_hand(wanted, "It lies on no hub.")
    unfinished.rename(folder)
    return folder


def fetch_tables(wanted: Adapter, folder: Path) -> None:
    """Fetch the tables of `wanted` again into `folder`, all or none, and no picture.

    Raises LabError where the set has none apart from its pictures.
    """
    if not isinstance(wanted.hub, Kaggle) or not wanted.hub.tables:
        raise LabError(
            f"{wanted.name} has no lists or tables apart from its pictures.",
            "Leave --force-metadata away, or fetch everything again with --force-data.",
        )
    with TemporaryDirectory(dir=folder.parent) as fresh:
        for name in wanted.hub.tables:
            _kaggle(wanted, wanted.hub, Path(fresh), "-f", name)
            if not (Path(fresh) / name).is_file():
                raise by_hand(wanted, f"Kaggle's command line brought no {name}.")
        for name in wanted.hub.tables:
            (Path(fresh) / name).replace(folder / name)


def by_hand(wanted: Adapter, why: str) -> LabError:
    """What happened, and how to do it without us."""
    command = f" (or run `{wanted.hub.by_hand}`)" if wanted.hub else ""
    return LabError(
        f"{wanted.name} cannot be fetched. {why}",
        f"Fetch it by hand from {wanted.page}{command}, lay it out as {wanted.layout}, and run "
        f"`brushwork data get {wanted.name} --from FOLDER`.",
    )


def _kaggle(wanted: Adapter, hub: Kaggle, into: Path, *more: str) -> None:
    client = shutil.which("kaggle")
    if client is None:
        raise by_hand(
            wanted, "Kaggle's command line is not installed (`pip install kaggle`, with a token in ~/.kaggle)."
        )
    command = [client, *hub.by_hand.split()[1:], *more, "-p", str(into)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  no shell
        for path in sorted(into.glob("*.zip")):
            with zipfile.ZipFile(path) as packed:
                packed.extractall(into)
            path.unlink()
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()
        raise by_hand(wanted, f"Kaggle's command line says: {said[-1] if said else error.returncode}.") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise by_hand(wanted, f"What came does not unpack: {error}.") from error


def _hugging_face(wanted: Adapter, hub: HuggingFace, into: Path) -> None:
    import httpx
    from huggingface_hub import HfApi, hf_hub_download

    try:
        names = HfApi().list_repo_files(hub.repository, repo_type="dataset")
        matching = [name for name in sorted(names) if fnmatchcase(name, hub.pattern)][: hub.files]
        if not matching:
            raise by_hand(wanted, f"{hub.repository} has no file {hub.pattern}; there are {', '.join(names[:8])}.")
        for name in matching:
            hf_hub_download(hub.repository, name, repo_type="dataset", local_dir=into)
    except (OSError, httpx.HTTPError, ValueError) as error:
        raise by_hand(wanted, f"Hugging Face is not reached: {first_line(error)}") from error
