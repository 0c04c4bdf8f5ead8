"""Where the bytes of pictures lie: the same promises of a folder and of an S3-compatible server."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from brushwork.buckets import S3Access
from brushwork.errors import SettingsError, StoreError
from brushwork.settings import Settings
from brushwork.store.blobs import Blobs, FolderBlobs, open_blobs
from brushwork.store.store import open_store
from tests.made.bucket import bucket_called

DATA = b"\x89PNG and so on" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.fixture(scope="session")
def bucket() -> Iterator[S3Access]:
    """A server that speaks S3, in this process, with one bucket."""
    with bucket_called("pictures") as access:
        yield access


@pytest.fixture(params=["folder", "bucket", "bucket with prefix"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return FolderBlobs(tmp_path / "pictures")
    place = "s3://pictures" if request.param == "bucket" else f"s3://pictures/{tmp_path.name}/kept"
    found = open_blobs(place, request.getfixturevalue("bucket"))
    for digest in found.older_than(-60):
        found.remove(digest)
    return found


def test_what_was_put_is_there_until_it_is_removed(blobs: Blobs) -> None:
    assert (blobs.get(DIGEST), blobs.has(DIGEST)) == (None, False)
    for _ in range(2):  # putting it again is the same as once
        blobs.put(DIGEST, DATA)
    assert (blobs.get(DIGEST), blobs.has(DIGEST), blobs.has(OTHER)) == (DATA, True, False)
    for _ in range(2):
        blobs.remove(DIGEST)
    assert (blobs.get(DIGEST), blobs.has(DIGEST)) == (None, False)


def test_what_is_there_is_listed_by_its_age(blobs: Blobs) -> None:
    blobs.put(DIGEST, DATA)
    assert list(blobs.older_than(3600)) == []
    assert list(blobs.older_than(-60)) == [DIGEST]


def test_a_folder_is_of_this_user_alone_and_shows_no_half_file(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    blobs = FolderBlobs(folder)
    assert not folder.exists()  # made when the first picture comes
    blobs.put(DIGEST, DATA)
    path = folder / DIGEST[:2] / DIGEST[2:4] / DIGEST
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for place in (folder, *path.relative_to(folder).parents[:-1]):
        assert stat.S_IMODE((folder / place).stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == [DIGEST]
    blobs.remove(DIGEST)
    assert list(folder.iterdir()) == []  # empty folders go too


def test_a_draft_of_a_killed_process_is_no_picture_and_is_removed(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    draft = tmp_path / DIGEST[:2] / DIGEST[2:4] / ".draft-1"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"half")
    os.utime(draft, (time.time() - 7200,) * 2)
    assert list(blobs.older_than(3600)) == []
    assert not draft.exists()


def test_a_disk_with_too_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.store.blobs.MIN_FREE_BYTES", 10**18)
    with pytest.raises(StoreError, match="could not keep the picture") as caught:
        FolderBlobs(tmp_path).put(DIGEST, DATA)
    assert str(tmp_path) not in str(caught.value)
    assert not FolderBlobs(tmp_path).has(DIGEST)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 63, "A" * 64, f"{'a' * 64}/b"])
def test_only_a_digest_names_a_picture(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="sha256"):
        FolderBlobs(tmp_path).put(name, DATA)


def test_a_server_that_is_away_or_has_no_such_bucket_is_told_without_its_words(bucket: S3Access) -> None:
    gone = S3Access("http://127.0.0.1:1", "us-east-1", "key", "hunter2")
    for found in (open_blobs("s3://nothing", bucket), open_blobs("s3://pictures", gone)):
        for use in (lambda: found.put(DIGEST, DATA), lambda: list(found.older_than(0))):  # noqa: B023  called at once
            with pytest.raises(StoreError, match="bucket for pictures cannot be used") as caught:
                use()
            assert not {"127.0.0.1", "nothing", "hunter2"} & set(str(caught.value).split())


def test_requests_are_signed_and_the_secret_is_not_sent(bucket: S3Access, monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib3

    seen: list[dict[str, str]] = []
    send = urllib3.PoolManager.urlopen

    def watched(self: urllib3.PoolManager, method: str, url: str, **given: object) -> object:
        seen.append(dict(given["headers"]))  # type: ignore[call-overload]
        return send(self, method, url, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", watched)
    open_blobs("s3://pictures", S3Access(bucket.endpoint, bucket.region, "key", "hunter2")).put(DIGEST, DATA)
    assert seen
    for headers in seen:
        assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        assert "hunter2" not in str(headers)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pictures": "s3://bucket"}, "no key for it"),
        ({"pictures": "s3://UPPER", "s3_access_key": "k", "s3_secret_key": "s"}, "not s3://bucket/prefix"),
        ({"pictures": "s3://okay", "s3_access_key": "k", "s3_secret_key": "s", "s3_endpoint": "ftp://x"}, "ENDPOINT"),
        (
            {"pictures": "s3://okay", "s3_access_key": "k", "s3_secret_key": "s", "s3_endpoint": "http://s3.example"},
            "unencrypted",
        ),
    ],
)
def test_a_bucket_that_cannot_be_used_safely_stops_the_start(changed: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        open_store(Settings(_env_file=None, database_url="sqlite://", **changed))  # type: ignore[arg-type]


def test_the_keys_of_the_bucket_are_not_printed() -> None:
    settings = Settings(_env_file=None, s3_access_key="hunter1", s3_secret_key="hunter2")  # type: ignore[arg-type]
    assert "hunter" not in repr(settings) + str(settings.model_dump()) + repr(
        S3Access("https://x", "r", "hunter1", "hunter2")
    )
