"""The key: made once, for its owner alone, and never one that others can read."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from brushwork.errors import SigningError
from brushwork.report.keys import KEY_FILE, PublicKey, known_key, signing_key
from brushwork.settings import Settings


def _settings(folder: Path, **more: object) -> Settings:
    return Settings(_env_file=None, signing_folder=folder / "keys", **more)


def test_it_is_made_at_first_use_for_its_owner_alone_and_then_stays(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    assert known_key(settings) is None
    key = signing_key(settings)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert signing_key(settings).public == key.public == known_key(settings)
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [KEY_FILE]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: signing_key(_settings(tmp_path)).public, range(8)))
    assert len(set(keys)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    signing_key(_settings(tmp_path))
    (tmp_path / "keys" / KEY_FILE).chmod(mode)
    with pytest.raises(SigningError, match="chmod 600"):
        signing_key(_settings(tmp_path))


def _pem(private: object) -> bytes:
    pem: bytes = private.private_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem


@pytest.mark.parametrize("content", [b"", b"no key", _pem(ec.generate_private_key(ec.SECP256R1()))])
def test_what_is_no_ed25519_key_is_refused_without_its_content_or_place(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "given.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SigningError) as caught:
        signing_key(_settings(tmp_path, signing_key=path))
    assert str(tmp_path) not in str(caught.value)


def test_a_given_key_is_used(tmp_path: Path) -> None:
    made = signing_key(_settings(tmp_path / "other"))
    given = _settings(tmp_path, signing_key=tmp_path / "other" / "keys" / KEY_FILE)
    assert signing_key(given).public == made.public
    assert not (tmp_path / "keys").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(SigningError, match="BRUSHWORK_SIGNING_FOLDER"):
        signing_key(_settings(tmp_path))


@pytest.mark.parametrize("text", ["", "!", base64.b64encode(b"short").decode(), "ä"])
def test_a_public_key_that_is_none_is_told(text: str) -> None:
    with pytest.raises(SigningError, match="public key"):
        PublicKey.of(text)


def test_a_public_key_knows_its_own_signature(tmp_path: Path) -> None:
    key = signing_key(_settings(tmp_path))
    public = PublicKey.of(key.public.text)
    assert public.made(key.sign(b"a"), b"a")
    assert not public.made(key.sign(b"a"), b"b")
    assert len(public.id) == 16
