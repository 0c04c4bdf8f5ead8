"""Settings refuse unsafe combinations and name what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.errors import SettingsError
from brushwork.settings import Settings, is_loopback, load_settings


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the repository
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


def test_a_public_address_is_refused_unless_one_says_that_one_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHWORK_HOST", "0.0.0.0")
    with pytest.raises(SettingsError, match="reachable from other machines"):
        load_settings()
    monkeypatch.setenv("BRUSHWORK_I_KNOW", "true")
    assert load_settings().host == "0.0.0.0"


def test_a_wrong_value_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHWORK_MAX_BYTES", "plenty")
    with pytest.raises(SettingsError, match="BRUSHWORK_MAX_BYTES"):
        load_settings()


def test_an_env_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BRUSHWORK_MAX_SIDE=99\n")
    assert load_settings().max_side == 99
    assert Settings(max_side=7).max_side == 7
