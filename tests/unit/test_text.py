"""Hostile text is cleaned and cut before anyone sees it."""

from __future__ import annotations

import pytest

from brushwork.text import shown


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain", "plain"),
        ("two\nlines\r\n and\ttabs", "two lines and tabs"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("evil\u202egnp.exe", "evil gnp.exe"),
        ("zero\u200bwidth", "zero width"),
        ("\ud800lone", "lone"),
        ("", ""),
        ("größe 絵 🎨", "größe 絵 🎨"),
    ],
)
def test_control_and_direction_characters_go(raw: str, clean: str) -> None:
    assert shown(raw) == clean


def test_long_text_is_cut_and_says_so() -> None:
    assert shown("a" * 600) == "a" * 499 + "…"
    assert shown("a" * 500) == "a" * 500


def test_text_that_is_cut_before_its_end_says_so_even_if_mostly_hidden() -> None:
    assert shown("\x00" * 10_000 + "end", limit=10).endswith("…")
