"""The documents keep their word: settings with their defaults, links that lead somewhere, nothing foreign."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from brushwork.settings import ENV_FILE, Settings
from brushwork.verdict import Answer

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", [n for n in Settings.model_fields if n != "port"])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`BRUSHWORK_{name.upper()}`" in (ROOT / "docs" / "settings.md").read_text()


def test_no_setting_is_documented_that_does_not_exist() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    named = {n.removeprefix("BRUSHWORK_").lower() for n in re.findall(r"\bBRUSHWORK_[A-Z0-9_]*[A-Z0-9]\b(?!_)", text)}
    assert named <= {*Settings.model_fields, ENV_FILE.removeprefix("BRUSHWORK_").lower()}


def test_every_answer_is_documented_in_its_own_words() -> None:
    text = (ROOT / "docs" / "answers.md").read_text()
    for answer in Answer:
        assert f"| `{answer}` | {answer.words} |" in text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name} points to {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_documents_speak_of_the_project_alone(path: Path) -> None:
    for private in ("/work/", "/root/", "files.pythonhosted", "pypi.org", "registry.npmjs", "deb.debian"):
        assert private not in path.read_text()


def test_pictures_of_the_documents_are_there_and_small() -> None:
    """S2-14: the animation that the README begins its tour with is one of them."""
    texts = {path: path.read_text("utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))}
    shown = {path.parent / name for path, text in texts.items() for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)}
    images = ROOT / "docs" / "images"
    assert shown == set(images.glob("*.*"))
    assert images / "check.gif" in shown
    for path in shown:
        assert path.stat().st_size <= (1_000_000 if path.suffix == ".gif" else 150_000), path.name
