"""A model that lies elsewhere: fetched once, by its hash, when it is asked for (S4-25, SECURITY.md 31)."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from brushwork.buckets import client as bucket_client
from brushwork.errors import BundleDamaged, BundleError, BundleNotFound, SettingsError
from brushwork.examine import Examiner
from brushwork.forensics.bundle import RECIPE_FILE, load_bundle
from brushwork.forensics.distant import bundle_of
from brushwork.settings import Settings, load_settings
from tests.made.bucket import bucket_called

SHIPPED = load_bundle("default")


class Shelf:
    """A folder on a web server of this machine; `asked` are the paths that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, list[str]()
        shelf = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                shelf.asked.append(self.path)
                if self.path.startswith("/moved/"):
                    self.send_response(302)
                    self.send_header("Location", "http://192.0.2.1/elsewhere")
                    self.end_headers()
                    return
                super().do_GET()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shutil.copytree(SHIPPED.folder, tmp_path / "web" / "art")
    made = Shelf(tmp_path / "web")
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def settings(folder: Path, model: str, sha256: str | None = SHIPPED.sha256, **more: Any) -> Settings:
    return Settings(_env_file=None, model=model, model_sha256=sha256, model_folder=folder / "models", **more)


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "models").glob("*"))


def test_a_model_at_an_address_is_fetched_once_and_examines(tmp_path: Path, shelf: Shelf, painting: bytes) -> None:
    chosen, told = settings(tmp_path, f"{shelf.url}/art"), list[str]()
    assert bundle_of(chosen, told.append).sha256 == SHIPPED.sha256
    assert sorted(shelf.asked) == sorted(f"/art/{name}" for name in (RECIPE_FILE, *SHIPPED.recipe.files))
    assert len(told) == 1 and "Fetching the model" in told[0]
    shelf.asked.clear()
    verdict = Examiner.from_settings(chosen).examine(painting)
    assert verdict.model is not None and verdict.model.sha256 == SHIPPED.sha256
    assert (shelf.asked, kept(tmp_path)) == ([], [SHIPPED.sha256])


def test_a_model_in_a_bucket_is_fetched_too(tmp_path: Path) -> None:
    with bucket_called("models") as access:
        server = bucket_client(access)
        for file in SHIPPED.folder.iterdir():
            server.fput_object("models", f"shelf/art/{file.name}", str(file))
        keys = {"s3_endpoint": access.endpoint, "s3_access_key": "key", "s3_secret_key": "secret"}
        assert bundle_of(settings(tmp_path, "s3://models/shelf/art", **keys)).sha256 == SHIPPED.sha256
        with pytest.raises(BundleNotFound, match="could not be fetched from s3://models/none"):
            bundle_of(settings(tmp_path / "other", "s3://models/none", **keys))
        with pytest.raises(SettingsError, match="no key"):
            bundle_of(settings(tmp_path / "other", "s3://models/shelf/art"))


@pytest.mark.parametrize("changed", ["CARD.md", RECIPE_FILE])
def test_sec_31_a_model_that_was_changed_is_refused_and_not_kept(tmp_path: Path, shelf: Shelf, changed: str) -> None:
    with (shelf.folder / "art" / changed).open("a") as file:
        file.write(" ")
    with pytest.raises(BundleDamaged, match=f"{changed} of .* is not what was asked for"):
        bundle_of(settings(tmp_path, f"{shelf.url}/art"))
    assert kept(tmp_path) == []


def test_sec_31_a_model_elsewhere_without_its_hash_or_without_tls_is_refused() -> None:
    for model, sha256 in (
        ("https://example.org/art", None), ("s3://models/art", None), ("http://example.org/art", "0" * 64),
    ):  # fmt: skip
        load_settings.cache_clear()
        with pytest.raises(SettingsError, match="a model"):
            load_settings(model=model, model_sha256=sha256)
    load_settings.cache_clear()


def test_sec_31_a_model_here_is_held_to_its_hash_as_well(tmp_path: Path) -> None:
    assert bundle_of(settings(tmp_path, "default")).sha256 == SHIPPED.sha256
    with pytest.raises(BundleDamaged, match="default is not what was asked for"):
        bundle_of(settings(tmp_path, "default", "0" * 64))


def test_a_place_without_a_model_says_so_and_names_no_secret(tmp_path: Path, shelf: Shelf) -> None:
    for path, why in (("none", "the answer for recipe.json is 404"), ("moved", "an address without https")):
        with pytest.raises(BundleNotFound, match=why) as caught:
            bundle_of(settings(tmp_path, f"{shelf.url.replace('//', '//user:hunter2@')}/{path}"))
        assert "hunter2" not in str(caught.value)
    with pytest.raises(BundleNotFound, match="the connection failed"):
        bundle_of(settings(tmp_path, "http://127.0.0.1:1/art"))
    (tmp_path / "models").rmdir()
    (tmp_path / "models").write_text("a file")
    with pytest.raises(BundleError, match="cannot be kept"):
        bundle_of(settings(tmp_path, f"{shelf.url}/art"))
