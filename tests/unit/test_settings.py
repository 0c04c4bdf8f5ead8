"""Settings refuse unsafe combinations and name what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.errors import SettingsError
from brushwork.settings import Settings, is_loopback, load_settings


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BRUSHWORK_ENV_FILE", raising=False)
    load_settings.cache_clear()


@pytest.mark.parametrize(
    ("host", "safe"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True), ("[::1]", True),
        ("0.0.0.0", False), ("192.168.1.4", False), ("::", False), ("example.org", False),
        ("127.0.0.1.evil.org", False),
    ],
)  # fmt: skip
def test_loopback(host: str, safe: bool) -> None:
    assert is_loopback(host) is safe


@pytest.mark.parametrize(
    ("host", "i_know", "require_keys", "asks"),
    [
        ("127.0.0.1", False, False, False), ("127.0.0.1", True, False, False), ("127.0.0.1", False, True, True),
        ("0.0.0.0", False, False, True), ("0.0.0.0", True, False, False), ("0.0.0.0", True, True, True),
    ],
)  # fmt: skip
def test_keys_are_asked_for_beyond_loopback_and_where_wanted(
    host: str, i_know: bool, require_keys: bool, asks: bool
) -> None:
    settings = Settings(_env_file=None, host=host, i_know=i_know, require_keys=require_keys)
    assert settings.asks_for_keys is asks


def test_a_wrong_value_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHWORK_MAX_BYTES", "plenty")
    with pytest.raises(SettingsError, match="BRUSHWORK_MAX_BYTES"):
        load_settings()


def test_an_env_file_is_read_where_the_environment_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("BRUSHWORK_MAX_SIDE=99\nBRUSHWORK_THREADS=2\nBRUSHWORK_ENV_FILE=other\n")
    assert load_settings().max_side == Settings().max_side == Settings.model_fields["max_side"].default
    load_settings.cache_clear()
    monkeypatch.setenv("BRUSHWORK_ENV_FILE", ".env")
    monkeypatch.setenv("BRUSHWORK_THREADS", "3")
    assert (load_settings().max_side, load_settings().threads) == (99, 3)
    assert load_settings(max_side=7).max_side == 7


def test_a_wrong_line_names_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop.env").write_text("BRUSHWORK_MAX_BYTES=plenty\n")
    monkeypatch.setenv("BRUSHWORK_ENV_FILE", "shop.env")
    with pytest.raises(SettingsError, match=r"BRUSHWORK_MAX_BYTES.*shop\.env"):
        load_settings()


@pytest.mark.parametrize("content", [None, b"BRUSHWORK_MODEL=\xff\n"])
def test_an_env_file_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "shop.env").write_bytes(content)
    monkeypatch.setenv("BRUSHWORK_ENV_FILE", "shop.env")
    with pytest.raises(SettingsError, match=r"BRUSHWORK_ENV_FILE: shop\.env"):
        load_settings()
